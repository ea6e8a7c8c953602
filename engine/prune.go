package engine

import (
	"context"
	"time"
)

const (
	// PruneDuty is forgetting old events, as the store names what serving processes owe together.
	PruneDuty = "forget old events"
	// pruneEvery is how often that is done, and keepEvents how old the events of a run are by then that ended and isn't one
	// of its application's newest: what a year's audit asks for beyond that is in the audit log.
	pruneEvery = 24 * time.Hour
	tidyEvery  = time.Hour // how often a process asks whether it is its turn
	keepEvents = 400 * 24 * time.Hour
)

// tidy forgets old events when it is this process's turn.
func (e *Engine) tidy(ctx context.Context, service Service) {
	mine, err := service.Take(ctx, PruneDuty, pruneEvery)
	if err == nil && mine {
		err = e.Prune(ctx)
	}
	if err != nil && ctx.Err() == nil {
		e.Log.Warn("could not forget old events", "error", err)
	}
}

// Prune forgets the events of runs that are over since more than a year, in steps that hold nobody up. See [store.Pruner]
// for what stays.
func (e *Engine) Prune(ctx context.Context) error {
	service, err := e.service()
	if err != nil {
		return err
	}
	before := e.Clock.Now().Add(-keepEvents)
	for more := true; more && err == nil && ctx.Err() == nil; {
		more, err = service.Prune(ctx, before)
	}
	return err
}
