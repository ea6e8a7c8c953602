package years_test

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/sqlite"
)

// alarm is an [engine.Waker] on the simulated clock: it rings for every run whose time has come when it is told to, and
// knows when the next one's will.
type alarm struct {
	store *sqlite.Store
	now   func() time.Time
	work  func(ctx context.Context, run string, version int64) error
	ready chan struct{} // closed by Start
}

// Wake does nothing: the run's row says when its time has come.
func (a *alarm) Wake(context.Context, string) error { return nil }

// Start keeps what is to be called.
func (a *alarm) Start(_ context.Context, work func(ctx context.Context, run string, version int64) error) error {
	a.work = work
	close(a.ready)
	return nil
}

// Stop has nothing to wait for: ring returns when the work is done.
func (a *alarm) Stop(context.Context) error { return nil }

// atOnce is how many runs are driven side by side.
const atOnce = 8

// ring drives every run that is due, those too that became due meanwhile.
func (a *alarm) ring(ctx context.Context) error {
	for {
		due, err := a.store.Runs(ctx, store.Filter{Open: true, Due: a.now(), Limit: 10_000})
		if err != nil || len(due) == 0 {
			return err
		}
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(atOnce)
		for _, run := range due {
			group.Go(func() error { return a.work(inner, run.ID, run.Version) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
}

// next is when the next run's time comes; the zero time when none waits.
func (a *alarm) next(ctx context.Context) (next time.Time, err error) {
	open, err := a.store.Runs(ctx, store.Filter{Open: true, Limit: 10_000})
	for _, run := range open {
		if run.Door != renewal.Person && (next.IsZero() || run.WakeAt.Before(next)) {
			next = run.WakeAt
		}
	}
	return next, err
}
