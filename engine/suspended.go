package engine

import (
	"context"
	"errors"

	"keyturn/renewal"
	"keyturn/stage"
)

// underLease does work for as long as this process keeps its lease. lost reports that it lost the lease meanwhile, as one that
// was suspended does, and may come again like one that has just been started. While serving, that is Serve's business.
func (e *Engine) underLease(ctx context.Context, work func(live context.Context) (renewal.Run, error)) (run renewal.Run, lost bool, err error) {
	live, leave, err := e.live(ctx)
	if err != nil {
		return run, false, err
	}
	defer leave()
	run, err = work(live)
	lost = live.Err() != nil && errors.Is(context.Cause(live), ErrLeaseLost) && ctx.Err() == nil && !e.stopped() && !e.serving.Load()
	if lost {
		e.Log.Info("this process lost its lease, as one that was suspended does, and begins again", "failed", err != nil)
	}
	return run, lost, err
}

// noting is prepare; once it is done, left is nil.
func (p Prepare) noting(left *Prepare) Prepare {
	if p == nil {
		return nil
	}
	return func(ctx context.Context, j *stage.Job) error {
		err := p(ctx, j)
		if err == nil {
			*left = nil
		}
		return err
	}
}
