package stage_test

import (
	"fmt"
	"testing"
	"time"

	"keyturn/problem"
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

// TestWhatNoReplicaShowsYetIsNoOrphan kills a process at every point while all replicas lag behind by a minute: that a secret
// which was made a moment ago isn't shown yet doesn't mean that it is gone.
func TestWhatNoReplicaShowsYetIsNoOrphan(t *testing.T) {
	t.Parallel()
	for _, custodian := range []bool{true, false} {
		points := 0
		for died := true; died; points++ {
			w := stagetest.New(custodian)
			w.Slow, w.DieAt = time.Minute, points+1
			plan, err := w.Begin(stage.Request{Replace: stagetest.OldKey})
			if err != nil {
				t.Fatal(err)
			}
			if died, err = w.Process(plan); died {
				w.DieAt = 0
				_, err = w.Process(nil)
			}
			if err != nil {
				t.Fatalf("custodian %v, killed at point %d: %v", custodian, points+1, err)
			}
			assertWhole(t, w, fmt.Sprintf("custodian %v, killed at point %d", custodian, points+1))
		}
		if points < 30 {
			t.Errorf("only %d points were passed: the test looks at too little", points)
		}
	}
}

// TestAnAbortLeavesNothingToFindOut: what no replica shows when a run is ended, nobody looks for afterwards. Should it turn up,
// the next plan tells of it, as of everything that this store took for never made or gone.
func TestAnAbortLeavesNothingToFindOut(t *testing.T) {
	t.Parallel()
	for point := 1; point <= 11; point++ { // from the twelfth on a place may know the value, which then stays
		w := stagetest.New(true)
		w.Slow, w.Late, w.DieAt = time.Minute, time.Minute, point
		plan, err := w.Begin(stage.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if died, err := w.Process(plan); !died || err != nil {
			t.Fatalf("killed at point %d: %v", point, err)
		}
		if err := w.Abort(); err != nil {
			t.Fatalf("killed at point %d: %v", point, err)
		}
		for _, a := range w.Attempts() {
			if a.State != renewal.AttemptVoid && a.State != renewal.AttemptRemoved {
				t.Errorf("killed at point %d: attempt %d is left %s", point, a.N, a.State)
			}
		}
	}
}

// TestARunWhoseAppIsGoneCanBeEnded: nobody could end it otherwise. A cloud that is away for a moment is no reason to leave anything.
func TestARunWhoseAppIsGoneCanBeEnded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		look  error
		ended bool
	}{
		"it was deleted": {problem.NeedsPerson(problem.NotFound, "app", "there is no such app", "none"), true},
		"it is away":     {stagetest.Passing(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := stagetest.New(true)
			if _, err := w.Begin(stage.Request{}); err != nil {
				t.Fatal(err)
			}
			w.Deaf = map[string]error{"": c.look}
			if err := w.Abort(); (err == nil) != c.ended || w.Run.State.Ended() != c.ended {
				t.Errorf("%s: %v", w.Run.State, err)
			}
		})
	}
}
