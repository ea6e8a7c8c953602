package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/stage"
)

// TestTheFirstLookBeginsWithWhatEndsFirst; what nobody knows the end of comes last, and where nothing is known, all come
// as they are listed.
func TestTheFirstLookBeginsWithWhatEndsFirst(t *testing.T) {
	t.Parallel()
	const atOnce = 8
	for name, c := range map[string]struct {
		fails error
		first string // so many as are looked at side by side
	}{
		"the tenant tells": {nil, "i j k l m n o p"},
		"the tenant can't": {errors.New("not now"), "a b c d e f g h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			u := b.unattended("a", nil)
			now := b.clock().Now()
			u.Rounds.Apps = strings.Fields("a b c d e f g h i j k l m n o p")
			u.Rounds.Ends = func(context.Context) (map[string]time.Time, error) {
				if c.fails != nil {
					return nil, c.fails
				}
				ends := map[string]time.Time{}
				for i, app := range u.Rounds.Apps[2:] { // nobody knows of the first two
					ends[app] = now.AddDate(0, 0, 20-i)
				}
				return ends, nil
			}
			var mu sync.Mutex
			var looked []string
			full := make(chan struct{})
			u.Rounds.Plan = func(_ context.Context, app string) (stage.Setup, stage.Plan, error) {
				mu.Lock()
				if looked = append(looked, app); len(looked) == atOnce {
					close(full)
				}
				mu.Unlock()
				<-full
				return stage.Setup{}, stage.Plan{}, problem.NeedsPerson("test", app, "not read", "nothing")
			}
			if err := u.Look(t.Context()); err != nil {
				t.Error(err)
			}
			first := slices.Sorted(slices.Values(looked[:atOnce]))
			if got := strings.Join(first, " "); got != c.first || len(looked) != len(u.Rounds.Apps) {
				t.Errorf("looked at %v first, want %s; %d in all", first, c.first, len(looked))
			}
		})
	}
}

// TestALookWaitsWhileTheTenantTakesNoRequests, instead of failing at every application that is left.
func TestALookWaitsWhileTheTenantTakesNoRequests(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil)
	plan, held := u.Rounds.Plan, 2
	u.Rounds.Plan = func(ctx context.Context, app string) (stage.Setup, stage.Plan, error) {
		if held > 0 {
			held--
			return stage.Setup{}, stage.Plan{}, problem.Later(problem.Throttled, "Microsoft Graph", time.Millisecond, errors.New("later"))
		}
		return plan(ctx, app)
	}
	if err := u.Look(t.Context()); err != nil || u.reads.Load() != 1 {
		t.Errorf("read %d times: %v", u.reads.Load(), err)
	}
}
