package stage_test

import (
	"testing"

	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// TestWhatWasRefusedAndMadeAllTheSame is removed in the end: a gateway may say no to what the service behind it has done.
func TestWhatWasRefusedAndMadeAllTheSame(t *testing.T) {
	t.Parallel()
	for _, custodian := range []bool{true, false} {
		w := stagetest.New(custodian)
		w.Deny = []int{1}
		plan, err := w.Begin(stage.Request{Replace: stagetest.OldKey})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Process(plan); err != nil {
			t.Fatal(err)
		}
		assertWhole(t, w, "an attempt that was refused")
		if w.Run.Attempt != 2 || w.Run.State != renewal.Done {
			t.Errorf("attempt %d, state %s: the test looks at too little", w.Run.Attempt, w.Run.State)
		}
	}
}
