package engine_test

import (
	"context"
	"testing"
	"time"

	"keyturn/engine"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
	"keyturn/store/sqlite"
)

// under is a process whose application has its own policy, with a plan of that moment.
func (b *bench) under(edit func(*policy.Policy)) (*engine.Engine, *sqlite.Store, func() (renewal.Run, error)) {
	b.t.Helper()
	e, s := b.process(renewal.NewID(), nil, nil)
	setup := b.world.Setup()
	edit(&setup.Policy)
	e.Setup = func(context.Context, string) (stage.Setup, error) { return setup, nil }
	return e, s, func() (renewal.Run, error) {
		plan, err := stage.MakePlan(b.t.Context(), setup, stage.Request{}, b.clock().Now)
		if err != nil {
			b.t.Fatal(err)
		}
		return e.Renew(b.t.Context(), setup, plan, time.Minute)
	}
}

func (b *bench) wantDoor(when string, run renewal.Run, err error, state renewal.State, door renewal.Door, code policy.Code) {
	b.t.Helper()
	if err != nil || run.State != state || run.Door != door || run.Reason.Code != string(code) {
		b.t.Fatalf("%s: %s behind door %q (%s): %v", when, run.State, run.Door, run.Reason.Code, err)
	}
}

// The world begins on a Sunday at noon.
func TestAWindowHoldsTheBeginningAndTheRemoval(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, _, renew := b.under(func(p *policy.Policy) {
		p.Window = policy.Window{Cron: "0 2 * * *", Length: 30 * time.Minute}
	})
	run, err := renew()
	b.wantDoor("before the window", run, err, renewal.Planned, renewal.Wait, policy.PermitClosed)
	if len(b.world.Live()) != 2 {
		t.Error("something was made outside the window")
	}
	if want := b.world.Time.Add(14 * time.Hour); !run.WakeAt.Equal(want) {
		t.Errorf("wakes at %s, want %s", run.WakeAt, want)
	}
	b.pass(14 * time.Hour)
	run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
	if err != nil || run.State != renewal.Overlapping {
		t.Fatalf("in the window: %s (%s): %v", run.State, run.Reason.Text, err)
	}
	b.pass(2 * time.Hour)
	run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
	b.wantDoor("after the overlap, outside the window", run, err, renewal.Retiring, renewal.Wait, policy.PermitClosed)
	if b.world.Live()[stagetest.OldKey] == "" {
		t.Error("the old secret was removed outside the window")
	}
	b.pass(run.WakeAt.Sub(b.clock().Now()))
	run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
	b.assertRenewed(run, err)
}

func TestAPersonsRenewalWaitsForNoWindow(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, _ := b.process("a", nil, nil)
	setup := b.world.Setup()
	setup.Policy.Window = policy.Window{Cron: "0 2 * * *", Length: 30 * time.Minute}
	plan, err := stage.MakePlan(t.Context(), setup, stage.Request{ByPerson: true}, b.clock().Now)
	if err != nil {
		t.Fatal(err)
	}
	run, err := e.Renew(t.Context(), setup, plan, time.Minute)
	if err != nil || run.State != renewal.Overlapping {
		t.Fatalf("%s (%s): %v", run.State, run.Reason.Text, err)
	}
}

func TestApprovalsAreAskedOneByOne(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, s, renew := b.under(func(p *policy.Policy) { p.Approval = policy.Approval{Deliver: true, Retire: true} })
	approve := func(ctx context.Context, j *stage.Job) error { return stage.Approve(ctx, j, "anna") }
	run, err := renew()
	b.wantDoor("at first", run, err, renewal.Planned, renewal.Person, policy.PermitApproval)
	if len(b.world.Live()) != 2 {
		t.Error("something was made without approval")
	}
	run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
	b.wantDoor("resumed, not approved", run, err, renewal.Planned, renewal.Person, policy.PermitApproval)
	run, err = e.Resume(t.Context(), run.ID, time.Minute, approve)
	if err != nil || run.State != renewal.Overlapping || run.Order.AllowedBy != "anna" || run.ApprovedBy != "" {
		t.Fatalf("approved: %s, allowed by %q, approved by %q: %v", run.State, run.Order.AllowedBy, run.ApprovedBy, err)
	}
	b.pass(2 * time.Hour)
	run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
	b.wantDoor("after the overlap", run, err, renewal.Overlapping, renewal.Person, policy.GateApproval)
	if b.world.Live()[stagetest.OldKey] == "" {
		t.Error("the old secret was removed without approval")
	}
	run, err = e.Resume(t.Context(), run.ID, time.Minute, approve)
	b.assertRenewed(run, err)
	if run, err = s.Run(t.Context(), run.ID); err != nil || run.ApprovedBy != "anna" {
		t.Errorf("approved by %q: %v", run.ApprovedBy, err)
	}
}

// evidence is a report in which everything speaks for removing the old secret, but for what is added.
func evidence(b *bench, added func(map[string]issuer.Use)) {
	b.world.Report = func() issuer.Usage {
		now := b.clock().Now()
		uses := map[string]issuer.Use{"new-key-1": {Last: now, ByOthers: now}}
		if added != nil {
			added(uses)
		}
		return issuer.Usage{Source: "report", Uses: uses}
	}
}

// A month may lie between the evidence and the window in which the old secret may go: it is asked for again.
func TestTheEvidenceIsAskedForAgainWhenTheWindowOpens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		added func(*bench) func(map[string]issuer.Use)
		code  policy.Code // "" = it is removed
	}{
		"nobody used it": {func(*bench) func(map[string]issuer.Use) { return nil }, ""},
		"somebody used it meanwhile": {func(b *bench) func(map[string]issuer.Use) {
			used := b.clock().Now()
			return func(uses map[string]issuer.Use) { uses[stagetest.OldKey] = issuer.Use{Last: used, ByOthers: used} }
		}, policy.GateInUse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			e, s, renew := b.under(func(p *policy.Policy) {
				p.Overlap = policy.Overlap{Minimum: time.Hour, Evidence: renewal.EvidencePreferred}
				p.Window = policy.Window{Cron: "0 12 * * 0", Length: 30 * time.Minute} // the world begins then
			})
			run, err := renew()
			if err != nil || run.State != renewal.Overlapping {
				t.Fatalf("%s (%s): %v", run.State, run.Reason.Text, err)
			}
			evidence(b, nil)
			b.pass(policy.ReportLag + 3*time.Hour)
			for range 2 { // the first sets a watermark
				run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
				b.pass(7 * time.Hour)
			}
			b.wantDoor("before the window", run, err, renewal.Retiring, renewal.Wait, policy.PermitClosed)
			evidence(b, c.added(b))
			b.pass(run.WakeAt.Sub(b.clock().Now()))
			run, err = e.Resume(t.Context(), run.ID, time.Minute, nil)
			if c.code == "" {
				b.assertRenewed(run, err)
				return
			}
			b.wantDoor("in the window", run, err, renewal.Retiring, renewal.Person, c.code)
			if b.world.Live()[stagetest.OldKey] == "" {
				t.Error("the old secret was removed although it is in use")
			}
			if kept, err := s.Run(t.Context(), run.ID); err != nil || kept.Evidence != run.Reason.Text {
				t.Errorf("the evidence kept is %q: %v", kept.Evidence, err)
			}
			run, err = e.Resume(t.Context(), run.ID, time.Minute, func(ctx context.Context, j *stage.Job) error { return stage.Approve(ctx, j, "anna") })
			b.assertRenewed(run, err)
		})
	}
}
