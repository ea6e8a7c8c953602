package storetest

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"keyturn/notice"
	"keyturn/store"
)

func noticePages(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	var told []notice.Notice
	for i := range 5 {
		n := about("subject "+strconv.Itoa(i), "drift")
		n.ID, n.App = strconv.Itoa(i), []string{"even", "odd"}[i%2]
		told = append(told, n)
	}
	must(t, box.Tell(t.Context(), told...))
	for _, p := range carry(t, b.Store, node) {
		if p.ID < "2" {
			finish(t, b.Store, node, p)
		}
	}
	must(t, box.Tell(t.Context(), over("subject 1")))
	for name, c := range map[string]struct {
		filter store.PostingFilter
		want   string
	}{
		"of one application": {store.PostingFilter{App: "even"}, "4 2 0"},
		"the newest":         {store.PostingFilter{App: "even", Limit: 2}, "4 2"},
		"what follows them":  {store.PostingFilter{App: "even", Limit: 2, Before: "2"}, "0"},
		"after the last":     {store.PostingFilter{Before: "0"}, ""},
		"those sent":         {store.PostingFilter{State: store.PostingSent}, "1 0"},
		"those not over":     {store.PostingFilter{State: store.PostingSent, Open: true}, "0"},
	} {
		found, err := box.Postings(t.Context(), c.filter)
		must(t, err)
		var ids []string
		for _, p := range found {
			ids = append(ids, p.ID)
		}
		same(t, "the notices "+name, strings.Join(ids, " "), c.want)
	}
	if _, err := box.Postings(t.Context(), store.PostingFilter{Before: "never kept"}); !errors.Is(err, store.ErrNoNotice) {
		t.Errorf("before a notice that isn't kept: %v", err)
	}
}
