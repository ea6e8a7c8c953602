package engine

import (
	"context"
	"time"

	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/stage"
	"keyturn/store"
)

const (
	// inLine is how many renewals may be begun and in nobody's hands before the look at the tenant waits: enough that
	// nobody who drives has to wait for it, few enough that each is still driven by the plan that the look has made.
	// Without it, ten thousand that are due at once would all be planned twice.
	inLine = 64
	// paceEvery is how often the line is looked at while it is full, and longestPace how long the look waits for a line
	// that nobody shortens.
	paceEvery   = 250 * time.Millisecond
	longestPace = time.Minute
)

// keepPace keeps the look at the tenant from running far ahead of those who drive what it begins: it waits while more
// renewals are begun than are taken, whoever takes them. Where this process doesn't serve, they are driven after the look,
// and nothing is waited for.
func (e *Engine) keepPace(ctx context.Context) {
	if e.Rounds.Apart == 0 || !e.serving.Load() || e.room.Load() > 0 {
		return
	}
	for end := time.Now().Add(longestPace); time.Now().Before(end); {
		due, err := e.Store.Runs(ctx, store.Filter{Open: true, Due: e.Clock.Now(), Limit: inLine/2 + 1})
		if err != nil {
			break // whoever needs the store next says so
		}
		if len(due) <= inLine/2 { // not for each single one
			e.room.Store(int64(inLine - len(due)))
			return
		}
		if cloud.Sleep(ctx, paceEvery) != nil {
			return
		}
	}
	e.room.Store(lookAtOnce)
}

const (
	// mostHolds is how often a look waits for the same application while the tenant takes no requests, longestHold for how
	// long at most. Whoever calls for a single look is kept waiting for no longer than briefHold: it is called again.
	mostHolds   = 3
	longestHold = 5 * time.Minute
	briefHold   = time.Minute
)

// planOf reads what decides one application's renewal. While the tenant takes no more requests it waits, since everything
// that is left of the look would fail at once.
func (e *Engine) planOf(ctx context.Context, app string) (stage.Setup, stage.Plan, error) {
	for held := 0; ; held++ {
		setup, plan, err := e.Rounds.Plan(ctx, app)
		if err == nil {
			err = passing(plan)
		}
		if !problem.Is(err, problem.Throttled) || held == mostHolds {
			return setup, plan, err
		}
		wait := problem.Of(err).After
		if wait > briefHold && !e.serving.Load() {
			return setup, plan, err
		}
		if cloud.Sleep(ctx, min(max(wait, paceEvery), longestHold)) != nil {
			return setup, plan, err
		}
	}
}
