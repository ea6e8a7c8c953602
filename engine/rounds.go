package engine

import (
	"context"
	"sync"
	"time"
)

// startRounds looks at the tenant beside everything else, whenever this process gets the turn. The channel tells when a
// look has ended; stop ends the one in hand and waits for it.
func (e *Engine) startRounds(ctx context.Context, service Service) (ended <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{}, 1)
	var group sync.WaitGroup
	if len(e.Rounds.Apps) > 0 {
		group.Go(func() { e.makeRounds(ctx, service, done) })
	}
	return done, func() { cancel(); group.Wait() }
}

func (e *Engine) makeRounds(ctx context.Context, service Service, done chan<- struct{}) {
	tick := time.NewTicker(min(lookEvery, e.Rounds.Every))
	defer tick.Stop()
	var tidied time.Time
	looked := false
	for ctx.Err() == nil {
		mine, err := service.Take(ctx, LookDuty, e.lookAgain())
		if err == nil && mine {
			err = e.makeRound(ctx, done)
			looked = looked || err == nil
		}
		if err != nil && ctx.Err() == nil {
			e.Log.Warn("could not look at the tenant", "error", err)
		}
		if looked && time.Since(tidied) > tidyEvery { // what is old is known once a look has set the clock right
			tidied = time.Now()
			e.tidy(ctx, service)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// makeRound is one look, and tells done that it has ended.
func (e *Engine) makeRound(ctx context.Context, done chan<- struct{}) error {
	err := e.Look(ctx)
	if e.Rounds.Ended != nil {
		e.Rounds.Ended()
	}
	select {
	case done <- struct{}{}:
	default:
	}
	return err
}
