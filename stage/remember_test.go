package stage

import (
	"context"
	"testing"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/target"
)

// shelf is a store with one run.
type shelf struct {
	store.Reader
	run     renewal.Run
	history store.History
}

func (s shelf) Runs(context.Context, store.Filter) ([]renewal.Run, error) {
	return []renewal.Run{s.run}, nil
}
func (s shelf) History(context.Context, string) (store.History, error) { return s.history, nil }

// TestWhatAnOpenRunBroughtEverywhereIsKnown, be it by a mark or, in a place that can't keep one, by the receipt: were it tried
// again, the reports would show our sign-in as a consumer's, and that lets the old secret go.
func TestWhatAnOpenRunBroughtEverywhereIsKnown(t *testing.T) {
	t.Parallel()
	kept := shelf{
		run: renewal.Run{ID: "r", Attempt: 2, VerifiedAt: planDay},
		history: store.History{Deliveries: []renewal.Delivery{
			{N: 1, Target: "setting", Receipt: "before"}, {N: 2, Target: "setting", Receipt: "print"}, {N: 2, Target: "other"},
		}},
	}
	unproven := kept
	unproven.run.VerifiedAt = unproven.run.EndedAt
	for name, c := range map[string]struct {
		in       shelf
		place    string
		standing target.Standing
		proven   bool
	}{
		"its mark":                    {kept, "vault", target.Standing{Tag: "r.2", Receipt: "v"}, true},
		"an earlier attempt's":        {kept, "vault", target.Standing{Tag: "r.1"}, false},
		"its receipt":                 {kept, "setting", target.Standing{Receipt: "print"}, true},
		"an earlier attempt's print":  {kept, "setting", target.Standing{Receipt: "before"}, false},
		"a place that shows nothing":  {kept, "other", target.Standing{}, false},
		"a place that it never wrote": {kept, "new", target.Standing{Receipt: "print"}, false},
		"it isn't verified yet":       {unproven, "setting", target.Standing{Receipt: "print"}, false},
	} {
		if got := Remember(t.Context(), c.in, Request{}, "app").Proven(c.place, c.standing); got != c.proven {
			t.Errorf("%s: proven %v", name, got)
		}
	}
}
