package engine_test

import (
	"errors"
	"testing"
	"time"

	"keyturn/engine"
	"keyturn/problem"
)

// TestNothingIsForgottenBeforeTheClockIsSetRight: a machine that starts with a wrong date has only that date until the tenant
// answers, and history that looks old by it may not be.
func TestNothingIsForgottenBeforeTheClockIsSetRight(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]bool{"no answer": false, "an answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := setUp(t).unattended("a", func() error {
				if answers {
					return nil
				}
				return problem.Later("network", "the tenant", 0, errors.New("no network"))
			})
			if err := u.Once(t.Context()); (err == nil) != answers {
				t.Fatal(err)
			}
			stop := u.serve(t)
			for u.reads.Load() < 3 { // a second look begins when the first, and what follows it, is over
				time.Sleep(5 * time.Millisecond)
			}
			stop()
			if untouched, err := u.store.Take(t.Context(), engine.PruneDuty, time.Hour); err != nil || untouched == answers {
				t.Errorf("nobody took the turn at forgetting: %v, %v", untouched, err)
			}
		})
	}
}
