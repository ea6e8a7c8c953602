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

// TestKilledWhileASecretThatWasRemovedIsReplaced, at every point, with and without a power cut.
func TestKilledWhileASecretThatWasRemovedIsReplaced(t *testing.T) {
	t.Parallel()
	for _, dark := range []bool{false, true} {
		for _, state := range []renewal.State{renewal.Delivering, renewal.Verifying, renewal.Overlapping, renewal.Retiring} {
			t.Run(fmt.Sprintf("%s, power cut %v", state, dark), func(t *testing.T) {
				t.Parallel()
				points := 0
				for died := true; died; points++ {
					w := stagetest.New(true)
					w.Stolen, w.Dark, w.DieAt = state, dark, points+1
					plan, err := w.Begin(stage.Request{})
					if err != nil {
						t.Fatal(err)
					}
					if died, err = w.Process(plan); died {
						assertUnproven(t, w, points+1)
						w.DieAt = 0
						_, err = w.Process(nil)
					}
					if err != nil {
						t.Fatalf("killed at point %d: %v", points+1, err)
					}
					assertWhole(t, w, fmt.Sprint("killed at point ", points+1))
				}
				if points < 40 {
					t.Errorf("only %d points were passed: the test looks at too little", points)
				}
			})
		}
	}
}

// assertUnproven sees that nothing is said to be delivered or proven of a secret that isn't everywhere yet.
func assertUnproven(t *testing.T, w *stagetest.World, point int) {
	t.Helper()
	switch r := w.Run; r.State {
	case renewal.Issuing, renewal.Settling, renewal.Delivering:
		if !r.DeliveredAt.IsZero() || !r.VerifiedAt.IsZero() || !r.WatermarkAt.IsZero() {
			t.Errorf("killed at point %d, %s: delivered %s, verified %s, watermark %s", point, r.State, r.DeliveredAt, r.VerifiedAt, r.WatermarkAt)
		}
	}
}

// TestAReplicaThatIsBehindAsksNobody: that one look before the old secret goes doesn't show the new one is no stranger's doing.
func TestAReplicaThatIsBehindAsksNobody(t *testing.T) {
	t.Parallel()
	for blind := 1; blind <= 2; blind++ {
		w := stagetest.New(true)
		w.Blind = blind
		plan, err := w.Begin(stage.Request{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Process(plan); err != nil {
			t.Fatalf("%d looks: %v", blind, err)
		}
		assertWhole(t, w, fmt.Sprint(blind, " looks"))
		if w.Run.Attempt != 1 || w.Blind != 0 {
			t.Errorf("%d looks: attempt %d, %d looks left", blind, w.Run.Attempt, w.Blind)
		}
	}
}
