package engine_test

import (
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// TestWhatNobodyKnowsAFixForIsTriedAgain beside the person who is asked, where somebody comes back by itself: the secret would
// end because of one odd answer.
func TestWhatNobodyKnowsAFixForIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure error
		again   bool
	}{
		"a refusal that nobody knows": {&problem.Error{Class: problem.Permanent, Code: "request.refused", Message: "405"}, true},
		"what a person must mend":     {problem.NeedsPerson(problem.Locked, "connection", "locked", "unlock it"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			b.pass(dueIn)
			u := b.unattended("a", nil)
			b.world.Fail = map[string]error{"connection": c.failure}
			asked := func() renewal.Run {
				if err := u.Once(t.Context()); err != nil {
					t.Fatal(err)
				}
				runs, err := u.store.Runs(t.Context(), store.Filter{})
				if err != nil || len(runs) != 1 {
					t.Fatalf("runs %+v: %v", runs, err)
				}
				return runs[0]
			}
			if run := asked(); run.Door != renewal.Person || run.State != renewal.Delivering {
				t.Fatalf("the run is %s behind door %q", run.State, run.Door)
			}
			b.world.Fail = nil
			b.pass(59 * time.Minute)
			if run := asked(); run.Door != renewal.Person {
				t.Errorf("within the hour it is %s behind door %q", run.State, run.Door)
			}
			b.pass(time.Minute)
			if run := asked(); (run.State == renewal.Overlapping) != c.again || run.Attempt != 1 {
				t.Errorf("an hour later it is %s, with attempt %d", run.State, run.Attempt)
			}
		})
	}
}
