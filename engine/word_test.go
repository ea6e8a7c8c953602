package engine_test

import (
	"context"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// TestAWordThatIsRefusedChangesNothing: a run that waits goes on waiting, whether a person told it what makes no sense or the cloud was
// away when they told it.
func TestAWordThatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code string
		word func(*bench) func(context.Context, *stage.Job) error
	}{
		"nothing was asked": {"manual.nothing", func(*bench) func(context.Context, *stage.Job) error {
			return func(ctx context.Context, j *stage.Job) error { return stage.Delivered(ctx, j, "Ada") }
		}},
		"the cloud is away": {problem.Unreachable, func(b *bench) func(context.Context, *stage.Job) error {
			b.world.Deaf = map[string]error{"": stagetest.Passing()}
			return func(ctx context.Context, j *stage.Job) error { return stage.Abort(ctx, j, "Ada") }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			e, _ := b.process("a", nil, nil)
			waits, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
			if err != nil || waits.Door != renewal.Wait {
				t.Fatalf("%s, door %q: %v", waits.State, waits.Door, err)
			}
			run, err := e.Resume(t.Context(), waits.ID, 0, c.word(b))
			if !problem.Is(err, c.code) || run.Door != renewal.Wait || run.Reason.Code != waits.Reason.Code || !run.WakeAt.Equal(waits.WakeAt) {
				t.Errorf("resumed: door %q (%s) until %s: %v", run.Door, run.Reason.Code, run.WakeAt, err)
			}
			run, err = e.Tell(t.Context(), waits.ID, 0, c.word(b))
			if !problem.Is(err, c.code) || run.Door != renewal.Wait || run.Reason.Code != waits.Reason.Code {
				t.Errorf("told: door %q (%s): %v", run.Door, run.Reason.Code, err)
			}
		})
	}
}
