package storetest

import (
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

func runPages(t *testing.T, b Bench) {
	first, second, third := begin(t, b.Store, "a"), begin(t, b.Store, "b"), begin(t, b.Store, "c")
	second.Door = renewal.Person
	second = advance(t, b.Store, store.Change{Run: second, Release: true})
	for name, c := range map[string]struct {
		filter store.Filter
		want   []string
	}{
		"the newest":                {store.Filter{Limit: 1}, []string{third.ID}},
		"those before":              {store.Filter{Before: third.ID, Limit: 1}, []string{second.ID}},
		"the rest":                  {store.Filter{Before: second.ID}, []string{first.ID}},
		"nothing before the oldest": {store.Filter{Before: first.ID}, nil},
		"before one that isn't":     {store.Filter{Before: "nobody's"}, nil},
		"what waits for a person":   {store.Filter{Waiting: true}, []string{second.ID}},
	} {
		runs, err := b.Store.Runs(t.Context(), c.filter)
		must(t, err)
		var ids []string
		for _, run := range runs {
			ids = append(ids, run.ID)
		}
		same(t, name, ids, c.want)
	}
}

func auditPages(t *testing.T, b Bench) {
	pages := part[store.Pages](t, b.Store)
	for i, app := range []string{"a", "b", "a"} {
		run := fresh(app)
		run.UpdatedAt = noon.Add(time.Duration(i) * time.Minute)
		saved, err := b.Store.Begin(t.Context(), run, told(i))
		must(t, err)
		end(t, b.Store, saved)
	}
	list := func(f store.EntryFilter) []audit.Entry {
		t.Helper()
		entries, err := pages.Entries(t.Context(), f)
		must(t, err)
		return entries
	}
	all := list(store.EntryFilter{})
	same(t, "how many entries there are", len(all), 3)
	same(t, "the newest of all", all[0].Object, "object 2")
	var paged []audit.Entry
	for page := list(store.EntryFilter{Limit: 1}); len(page) > 0; {
		last := page[0]
		paged = append(paged, last)
		page = list(store.EntryFilter{Limit: 1, Before: store.Entry{At: last.At, App: last.App, Number: last.Number}})
	}
	same(t, "the pages together", paged, all)
	same(t, "those of one application", list(store.EntryFilter{App: "b"}), all[1:2])
}

func lastEvent(t *testing.T, b Bench) {
	pages := part[store.Pages](t, b.Store)
	last := func() int64 {
		t.Helper()
		got, err := pages.LastEvent(t.Context())
		must(t, err)
		return got
	}
	same(t, "the last event of a store that is new", last(), 0)
	_, err := b.Store.Begin(t.Context(), fresh("a"), told(1))
	must(t, err)
	events, err := b.Store.Events(t.Context(), "", 0)
	must(t, err)
	same(t, "the last event", last(), events[len(events)-1].Sequence)
	later, err := b.Store.Events(t.Context(), "", last())
	must(t, err)
	same(t, "events after the last", len(later), 0)
}
