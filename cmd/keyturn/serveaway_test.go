package main

import (
	"errors"
	"fmt"
	"testing"

	"keyturn/engine"
	"keyturn/problem"
)

// TestServingBeginsAgainWhenItsStoreMayBeBack, and ends where waiting helps nobody.
func TestServingBeginsAgainWhenItsStoreMayBeBack(t *testing.T) {
	t.Parallel()
	person := func(code string) error { return problem.NeedsPerson(code, "store", "no", "mend it") }
	for name, c := range map[string]struct {
		err  error
		away bool
	}{
		"the lease was lost":               {errors.Join(engine.ErrLeaseLost, errors.New("stop the alarm clock")), true},
		"the server doesn't answer":        {problem.Later("store.server", "store", 0, errors.New("no answer")), true},
		"its disk is full":                 {fmt.Errorf("say that this process lives: %w", person("store.full")), true},
		"it only reads, after a failover":  {person("store.standby"), true},
		"the password was changed":         {person("store.signin"), true},
		"a right was taken away":           {person("store.rights"), true},
		"the file was removed or replaced": {person("store.moved"), false},
		"a newer release migrated it":      {person("store.newer"), false},
		"something else":                   {errors.New("a mistake of ours"), false},
	} {
		if got := isAway(c.err); got != c.away {
			t.Errorf("%s: begins again %v, want %v", name, got, c.away)
		}
		if again, end := afterServing(c.err, false); again != c.away || (end == nil) != c.away {
			t.Errorf("%s: begins again %v, ends with %v", name, again, end)
		}
		if again, end := afterServing(c.err, true); again || (end == nil) != c.away {
			t.Errorf("%s, asked to stop: begins again %v, ends with %v", name, again, end)
		}
	}
}
