package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyturn/renewal"
	"keyturn/store"
)

// Waker is the alarm clock as the engine sees it. It may ring twice or late; the run's row is the truth.
type Waker interface {
	// Wake asks for a look at the run as soon as somebody has a hand free. Safe to repeat.
	Wake(ctx context.Context, run string) error
	// Start begins to call work for each run whose time has come.
	Start(ctx context.Context, work func(ctx context.Context, run string, version int64) error) error
	// Stop takes no new work and waits for the work in hand.
	Stop(ctx context.Context) error
}

// lookEvery is how often the open runs are looked through for those that are due and that no alarm will ring for: a
// run of a process that died, or an alarm that was lost.
const lookEvery = 5 * time.Second

// Serve drives whatever is due, here and among others on the same store, until ctx ends or Stop is closed. Then it
// finishes the effects in hand and returns.
func (e *Engine) Serve(ctx context.Context, waker Waker) error {
	live, leave, err := e.live(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := waker.Start(live, e.wake); err != nil {
		return fmt.Errorf("start the alarm clock: %w", err)
	}
	looking := e.lookAround(live, waker)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveGrace)
	defer cancel()
	return errors.Join(looking, waker.Stop(last))
}

// saveGrace is how long the effects in hand may take when serving ends.
const saveGrace = time.Minute

// lookAround wakes what is due, at once and then every few seconds.
func (e *Engine) lookAround(ctx context.Context, waker Waker) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := e.wakeDue(ctx, waker); err != nil {
			e.Log.Warn("could not look for runs that are due", "error", err)
		}
		select {
		case <-tick.C:
		case <-e.Stop:
			return nil
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), ErrLeaseLost) {
				return ErrLeaseLost
			}
			return nil
		}
	}
}

func (e *Engine) wakeDue(ctx context.Context, waker Waker) error {
	due, err := e.Store.Runs(ctx, store.Filter{Open: true, Due: e.Clock.Now()})
	if err != nil {
		return fmt.Errorf("read the open runs: %w", err)
	}
	for _, run := range due {
		if err := waker.Wake(ctx, run.ID); err != nil {
			return fmt.Errorf("wake run %s: %w", run.ID, err)
		}
	}
	return nil
}

// wake drives one run whose alarm rang. An alarm of an older version means nothing any more, and one of a run that
// somebody else drives is theirs.
func (e *Engine) wake(ctx context.Context, id string, version int64) error {
	run, err := e.Store.Run(ctx, id)
	if err != nil {
		return fmt.Errorf("read run %s: %w", id, err)
	}
	if run.Version != version || run.State.Ended() || run.Door == renewal.Person {
		return nil
	}
	job, err := e.claim(ctx, id)
	if errors.Is(err, store.ErrHeld) || errors.Is(err, store.ErrFenced) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = e.drive(ctx, job, 0)
	return err
}
