package engine_test

import (
	"context"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/engine"
	"keyturn/problem"
	"keyturn/stage"
)

// TestAPlaceThatFailsForAMomentIsNobodysBusiness: no finding, no question, and no renewal is begun before it answers. A
// person hears of what lasts for a day.
func TestAPlaceThatFailsForAMomentIsNobodysBusiness(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil)
	options, failing := u.Options, true
	plan := options.Rounds.Plan
	options.Rounds.Plan = func(ctx context.Context, app string) (stage.Setup, stage.Plan, error) {
		setup, made, err := plan(ctx, app)
		if failing {
			c := check.Fail("place.look", "connection", "service.failing", "the service failed", "")
			c.Passing = true
			made.Checks = append(made.Checks, c)
		}
		return setup, made, err
	}
	u.Engine = engine.New(options)
	looks := func(after time.Duration, runs, findings int) {
		t.Helper()
		b.pass(after)
		err := u.Look(t.Context())
		if problem.Of(err) != nil && problem.Of(err).Code != "service.failing" {
			t.Fatal(err)
		}
		found, err := u.store.Findings(t.Context())
		if err != nil || len(found) != findings || len(b.runs(u.store)) != runs {
			t.Errorf("after %s more: %d runs, findings %v, %v; want %d and %d", after, len(b.runs(u.store)), found, err, runs, findings)
		}
	}
	looks(0, 0, 0)
	looks(23*time.Hour, 0, 0)
	looks(time.Hour, 0, 1)
	failing = false
	looks(time.Hour, 1, 0)
}
