package stage_test

import (
	"fmt"
	"testing"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// TestASecretThatAStrangerRemovesIsReplaced, in whichever state, since whoever holds it fails until it is. Where the stranger changed a place too,
// a person decides.
func TestASecretThatAStrangerRemovesIsReplaced(t *testing.T) {
	t.Parallel()
	for _, custodian := range []bool{true, false} {
		for _, state := range []renewal.State{
			renewal.Settling, renewal.Delivering, renewal.Verifying, renewal.Overlapping, renewal.Retiring,
		} {
			t.Run(fmt.Sprintf("%s, custodian %v", state, custodian), func(t *testing.T) {
				t.Parallel()
				w := stagetest.New(custodian)
				w.Stolen = state
				plan, err := w.Begin(stage.Request{Replace: stagetest.OldKey})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Process(plan); err != nil {
					t.Fatal(err)
				}
				assertWhole(t, w, "removed while "+string(state))
				if w.Stolen != "" {
					t.Fatal("nothing was removed: the test looks at too little")
				}
			})
		}
	}
	for _, state := range []renewal.State{renewal.Verifying, renewal.Overlapping, renewal.Retiring} {
		w := stagetest.New(true)
		w.Stolen, w.Meddles = state, true
		plan, err := w.Begin(stage.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Process(plan); !problem.Is(err, problem.Drift) || w.Run.Attempt != 1 {
			t.Errorf("an installer while %s: %v, attempt %d", state, err, w.Run.Attempt)
		}
	}
}
