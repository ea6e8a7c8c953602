package engine_test

import (
	"context"
	"testing"
	"time"

	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// strict is a policy under which an ordinary renewal would wait for months, a window and two approvals.
func strict(p *policy.Policy) {
	p.Overlap = policy.Overlap{Minimum: 60 * 24 * time.Hour, Evidence: renewal.EvidenceRequired}
	p.Window = policy.Window{Cron: "0 2 * * *", Length: 30 * time.Minute}
	p.Freezes = []policy.Freeze{{From: "2026-11-01", To: "2026-12-31"}}
	p.Approval = policy.Approval{Deliver: true, Retire: true}
}

func TestAnEmergencyIsHeldByNothingButTheLifeOfAToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first   bool
		oldGone bool // after the first call
	}{
		"with the shortest safe overlap":   {false, false},
		"the leaked secret removed before": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			e, _, _ := b.under(strict)
			setup, _ := e.Setup(t.Context(), "")
			plan, err := stage.MakePlan(t.Context(), setup, stage.Request{Emergency: true, RevokeFirst: c.first}, b.clock().Now)
			if err != nil {
				t.Fatal(err)
			}
			run, err := e.Renew(t.Context(), setup, plan, time.Minute)
			if err != nil || (b.world.Live()[stagetest.OldKey] == "") != c.oldGone {
				t.Fatalf("%s (%s), live %v: %v", run.State, run.Reason.Text, b.world.Live(), err)
			}
			b.pass(policy.TokenLife)
			run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
			b.assertRenewed(run, err)
		})
	}
}

func TestAnEmergencySupersedesAnOpenRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		approved bool // and so in its overlap
		first    bool
	}{
		"one that hasn't begun":                         {},
		"one that hasn't begun, revoked first":          {first: true},
		"one in its overlap":                            {approved: true},
		"one in its overlap, the old one to go at once": {approved: true, first: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			e, _, renew := b.under(func(p *policy.Policy) {
				strict(p)
				p.Window, p.Freezes = policy.Window{}, nil
			})
			run, err := renew()
			if c.approved {
				run, err = e.Resume(t.Context(), run.ID, time.Minute, func(ctx context.Context, j *stage.Job) error { return stage.Approve(ctx, j, "anna") })
			}
			if err != nil || (run.State == renewal.Overlapping) != c.approved {
				t.Fatalf("%s: %v", run.State, err)
			}
			hurry := func(ctx context.Context, j *stage.Job) error { return stage.Hurry(ctx, j, "anna", c.first) }
			hurried, err := e.Resume(t.Context(), run.ID, time.Minute, hurry)
			if err != nil || hurried.ID != run.ID {
				t.Fatalf("run %s: %v", hurried.ID, err)
			}
			if gone := b.world.Live()[stagetest.OldKey] == ""; gone != c.first {
				t.Errorf("the old secret is gone: %v", gone)
			}
			b.pass(policy.TokenLife)
			run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
			b.assertRenewed(run, err)
		})
	}
}
