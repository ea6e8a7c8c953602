package stage_test

import (
	"testing"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// TestWhatAPersonPutsInPlaceIsNotAskedForTwice: the value was shown once and is lost with the process; the person's word is
// enough to go on, wherever processes die afterwards, and no second secret is made.
func TestWhatAPersonPutsInPlaceIsNotAskedForTwice(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		w := stagetest.NewByHand()
		plan, err := w.Begin(stage.Request{Replace: stagetest.OldKey})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Process(plan); !problem.Is(err, "manual.waiting") {
			t.Fatalf("%v", err)
		}
		if failing := w.Failing(); len(failing) > 0 {
			t.Fatalf("%v fail before the person did anything", failing)
		}
		if err := w.Place(); err != nil {
			t.Fatal(err)
		}
		for _, w.DieAt = range []int{at, 0} {
			if _, err := w.Process(nil); err != nil {
				t.Fatalf("killed at %d: %v", at, err)
			}
		}
		if failing := w.Failing(); w.Run.State != renewal.Done || w.Run.Attempt != 1 || len(failing) > 0 || len(w.Live()) != 2 {
			t.Errorf("killed at %d: %s, attempt %d, failing %v, live %v", at, w.Run.State, w.Run.Attempt, failing, w.Live())
		}
		if w.Deaths == 0 {
			return
		}
	}
}

func TestNobodysWordIsTakenForNothing(t *testing.T) {
	t.Parallel()
	w := stagetest.NewByHand()
	if _, err := w.Begin(stage.Request{Replace: stagetest.OldKey}); err != nil {
		t.Fatal(err)
	}
	if err := w.Place(); !problem.Is(err, "manual.nothing") {
		t.Errorf("%v", err)
	}
}
