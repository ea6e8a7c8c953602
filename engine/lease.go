package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	beatEvery = 3 * time.Second
	beatTTL   = 10 * time.Second
	// beatMargin is how long before our own lease ends every act must have ended, so that nobody who takes a run over
	// finds us still acting on it.
	beatMargin = 2 * time.Second
)

// ErrLeaseLost ends every act of a process that couldn't say in time that it lives.
var ErrLeaseLost = errors.New("the store couldn't be reached in time to keep this process's lease")

// live keeps this process's lease until leave is called. The context it returns ends before the lease does.
func (e *Engine) live(ctx context.Context) (context.Context, func(), error) {
	if err := e.Store.Beat(ctx, e.Node, beatTTL); err != nil {
		return nil, nil, fmt.Errorf("say that this process lives: %w", err)
	}
	live, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.beat(live, cancel)
	}()
	leave := func() {
		cancel(nil)
		<-done
		last, stop := context.WithTimeout(context.WithoutCancel(ctx), beatMargin)
		defer stop()
		if err := e.Store.Leave(last, e.Node); err != nil {
			e.Log.Warn("could not give the lease back; it ends by itself", "error", err)
		}
	}
	return live, leave, nil
}

// beat renews the lease until ctx ends, and ends ctx when it can't be renewed in time. These are the machine's own
// seconds, never the policy's clock.
func (e *Engine) beat(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	lost := time.AfterFunc(beatTTL-beatMargin, func() { cancel(ErrLeaseLost) })
	defer lost.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := e.Store.Beat(ctx, e.Node, beatTTL); err != nil {
				e.Log.Warn("heartbeat failed", "error", err)
				continue
			}
			lost.Reset(beatTTL - beatMargin)
		}
	}
}
