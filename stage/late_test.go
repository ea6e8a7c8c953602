package stage_test

import (
	"fmt"
	"slices"
	"testing"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// TestAPlaceThatIsAddedLateIsWritten adds one to the configuration at every point of the overlap and the removal.
func TestAPlaceThatIsAddedLateIsWritten(t *testing.T) {
	t.Parallel()
	for _, custodian := range []bool{true, false} {
		added := 0
		for point, died := 1, true; died; point++ {
			w := stagetest.New(custodian)
			old := w.Live()[stagetest.OldKey]
			w.DieAt = point
			plan, err := w.Begin(stage.Request{Replace: stagetest.OldKey})
			if err != nil {
				t.Fatal(err)
			}
			if died, err = w.Process(plan); err != nil {
				t.Fatal(err)
			}
			if w.Run.State != renewal.Overlapping && w.Run.State != renewal.Retiring {
				continue
			}
			added++
			w.DieAt = 0
			w.AddPlace(old)
			when := fmt.Sprintf("custodian %v, added at point %d", custodian, point)
			if _, err := w.Process(nil); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			assertWhole(t, w, when)
			if !slices.Contains(w.Run.Order.Targets, "late") {
				t.Errorf("%s: the run's places are %v", when, w.Run.Order.Targets)
			}
		}
		if added < 5 {
			t.Errorf("it was added at %d points only: the test looks at too little", added)
		}
	}
}

// TestThePlaceThatNobodyCanReadKeepsTheOldSecret: it holds what was written, and whoever lives on the old value can't change over.
func TestThePlaceThatNobodyCanReadKeepsTheOldSecret(t *testing.T) {
	t.Parallel()
	w := stagetest.New(true)
	w.Shut = "custodian"
	plan, err := w.Begin(stage.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Process(plan); !problem.Is(err, problem.Drift) {
		t.Errorf("%s: %v", w.Run.State, err)
	}
	if w.Live()[stagetest.OldKey] == "" {
		t.Error("the old secret was removed")
	}
}
