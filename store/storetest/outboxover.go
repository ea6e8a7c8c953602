package storetest

import (
	"testing"
	"time"

	"keyturn/store"
)

// noticeIsOver checks that nothing of a matter comes after its recovery: not what some notifier hasn't taken, not what was
// given up, and not what somebody has in hand.
func noticeIsOver(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	must(t, box.Tell(t.Context(), about("app", "part"), about("app", "never"), about("app", "in hand"), about("other", "part")))
	for _, p := range carry(t, b.Store, node) {
		switch p.Code {
		case "part":
			p.Sent, p.Failure = []string{"mail"}, "webhook: no answer"
		case "never":
			p.State, p.Failure = store.PostingGivenUp, "mail: refused"
			p.Sent = []string{"webhook"}
		default:
			continue
		}
		must(t, box.Settle(t.Context(), node, p, time.Hour))
	}
	last := over("app")
	must(t, box.Tell(t.Context(), last))
	hand := carry(t, b.Store, node)
	if len(hand) != 2 || hand[0].Code != "in hand" || hand[1].ID != last.ID {
		t.Fatalf("to be sent are %+v", hand)
	}
	hand[0].Failure, hand[1].Failure = "webhook: no answer", "webhook: no answer"
	for _, p := range hand {
		must(t, box.Settle(t.Context(), node, p, 0))
	}
	all := postings(t, box)
	got := map[string]store.PostingState{}
	for _, p := range all {
		got[p.Subject+" "+p.Code] = p.State
	}
	same(t, "what is left", got, map[string]store.PostingState{
		"app part": store.PostingOver, "app never": store.PostingOver, "app in hand": store.PostingOver,
		"app ": store.PostingPending, "other part": store.PostingPending,
	})
	sum, err := box.Outbox(t.Context())
	must(t, err)
	if sum.Pending != 2 || sum.Failing != 2 || sum.GivenUp != 0 {
		t.Errorf("the backlog is %+v", sum)
	}
}
