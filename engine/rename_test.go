package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
)

func TestAnAppUnderANewNameIsNotRenewedASecondTimeAtOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, s := b.process("a", func(renewal.Event) {}, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
	if err != nil || run.State.Ended() {
		t.Fatalf("%s: %v", run.State, err)
	}
	renamed, plan := b.world.Setup(), b.plan()
	renamed.App, plan.App = "renamed", "renamed"
	_, err = e.Renew(t.Context(), renamed, plan, time.Minute)
	if p := problem.Of(err); p == nil || p.Code != "run.elsewhere" || !strings.Contains(p.Fix, run.ID) {
		t.Errorf("renewed: %v", err)
	}
	if _, _, err = e.Open(t.Context(), renamed, plan); !problem.Is(err, "run.elsewhere") {
		t.Errorf("opened: %v", err)
	}
	b.pass(dueIn)
	u := b.unattended("b", nil)
	u.Rounds.Apps = []string{"renamed"}
	read := u.Rounds.Plan
	u.Rounds.Plan = func(ctx context.Context, app string) (stage.Setup, stage.Plan, error) {
		setup, plan, err := read(ctx, app)
		setup.App, plan.App, plan.Due.Due = app, app, true
		return setup, plan, err
	}
	if err := u.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := u.store.Findings(t.Context()); err != nil || len(found) != 1 || found[0].Code != "run.elsewhere" {
		t.Errorf("found %+v, %v", found, err)
	}
	if runs := b.runs(s); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}
