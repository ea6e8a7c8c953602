package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyturn/renewal"
	"keyturn/store"
)

// followEvery is how often a run that another process drives is looked at.
const followEvery = 250 * time.Millisecond

// join drives an open run, or follows it for as long as another living process does.
func (e *Engine) join(ctx context.Context, run renewal.Run, patience time.Duration) (renewal.Run, error) {
	e.Watch(renewal.Event{
		Kind: "joined", Run: run.ID, App: run.App, State: run.State, At: e.Clock.Now(),
		Text: "a renewal is already open: " + string(run.State),
	})
	after, err := e.lastEvent(ctx, run.ID)
	if err != nil {
		return run, err
	}
	for {
		job, err := e.claim(ctx, run.ID)
		if err == nil {
			return e.drive(ctx, job, patience)
		}
		if !errors.Is(err, store.ErrHeld) {
			return run, err
		}
		run, after, err = e.follow(ctx, run.ID, after)
		if err != nil || run.State.Ended() || run.Node == "" {
			return run, err
		}
	}
}

// follow tells what another process does until it lets go, or for one lease: then its life is asked about again.
func (e *Engine) follow(ctx context.Context, id string, after int64) (renewal.Run, int64, error) {
	for end := time.Now().Add(beatTTL); ; {
		events, err := e.Store.Events(ctx, id, after)
		if err != nil {
			return renewal.Run{}, after, fmt.Errorf("follow run %s: %w", id, err)
		}
		for _, event := range events {
			after = event.Sequence
			e.Watch(event)
		}
		run, err := e.Store.Run(ctx, id)
		if err != nil || run.State.Ended() || run.Node == "" || time.Now().After(end) {
			return run, after, err
		}
		if err := e.pause(ctx); err != nil {
			return run, after, err
		}
	}
}

// pause waits a moment of the machine's own time.
func (e *Engine) pause(ctx context.Context) error {
	select {
	case <-time.After(followEvery):
		return nil
	case <-e.Stop:
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (e *Engine) lastEvent(ctx context.Context, id string) (int64, error) {
	var last int64
	for {
		events, err := e.Store.Events(ctx, id, last)
		if err != nil {
			return last, fmt.Errorf("read the run's events: %w", err)
		}
		if len(events) == 0 {
			return last, nil
		}
		last = events[len(events)-1].Sequence
	}
}

// since returns the run of app that ended after a plan was made, so that a plan which another process has outdated
// meanwhile isn't carried out a second time.
func (e *Engine) since(ctx context.Context, app string, planned time.Time) (renewal.Run, error) {
	runs, err := e.Store.Runs(ctx, store.Filter{App: app, Limit: 1})
	if err != nil {
		return renewal.Run{}, fmt.Errorf("look for earlier runs: %w", err)
	}
	if len(runs) == 0 || runs[0].EndedAt.IsZero() || runs[0].EndedAt.Before(planned) || runs[0].State != renewal.Done {
		return renewal.Run{}, nil
	}
	e.Watch(renewal.Event{Kind: "joined", Run: runs[0].ID, App: app, State: runs[0].State, At: e.Clock.Now(), Text: "renewed meanwhile by another process"})
	return runs[0], nil
}
