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

// TestARunThatWaitedIsNotCarriedOutOverAPersonsRenewal: between its plan and its beginning days may pass. The old value that a
// tool writes again in that time is no reason to ask anybody.
func TestARunThatWaitedIsNotCarriedOutOverAPersonsRenewal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(*stagetest.World)
		request   stage.Request
		code      string // of why it stands still; "" = it doesn't
	}{
		"nothing happened":              {func(*stagetest.World) {}, stage.Request{}, ""},
		"the old value, written again":  {func(w *stagetest.World) { w.Overwrite("custodian", w.Live()[stagetest.OldKey]) }, stage.Request{}, ""},
		"a person renewed it":           {(*stagetest.World).RenewByHand, stage.Request{}, problem.Drift},
		"and that in an emergency":      {(*stagetest.World).RenewByHand, stage.Request{Emergency: true}, ""},
		"another secret is to be ended": {func(*stagetest.World) {}, stage.Request{Replace: stagetest.ForeignKey}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := stagetest.New(true)
			if _, err := w.Begin(c.request); err != nil {
				t.Fatal(err)
			}
			c.meanwhile(w)
			before := len(w.Live())
			_, err := w.Process(nil)
			switch {
			case c.code == "" && (err != nil || w.Run.State != renewal.Done):
				t.Errorf("%s: %v", w.Run.State, err)
			case c.code != "" && (!problem.Is(err, c.code) || w.Run.State != renewal.Planned || len(w.Live()) != before):
				t.Errorf("%s, %d secrets of %d: %v", w.Run.State, len(w.Live()), before, err)
			}
		})
	}
}
