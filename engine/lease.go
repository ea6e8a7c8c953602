package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"keyturn/store"
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

// lease is this process's sign of life, shared by everything that it drives. It is kept while anybody uses it.
type lease struct {
	mu    sync.Mutex
	users int
	held  context.Context // ends, with ErrLeaseLost, before the lease does
	stop  func()
}

// live returns a context that ends with ctx or before this process's lease does, and keeps the lease until leave is
// called.
func (e *Engine) live(ctx context.Context) (context.Context, func(), error) {
	e.lease.mu.Lock()
	defer e.lease.mu.Unlock()
	if e.lease.users == 0 {
		if err := e.takeLease(ctx); err != nil {
			return nil, nil, err
		}
	}
	e.lease.users++
	live, cancel := context.WithCancelCause(ctx)
	held := e.lease.held
	unhook := context.AfterFunc(held, func() { cancel(context.Cause(held)) })
	var once sync.Once
	return live, func() { once.Do(func() { unhook(); cancel(nil); e.leave(ctx) }) }, nil
}

// leave gives the lease back when nobody uses it any more, so that parked runs may be taken at once.
func (e *Engine) leave(ctx context.Context) {
	e.lease.mu.Lock()
	defer e.lease.mu.Unlock()
	e.lease.users--
	if e.lease.users > 0 {
		return
	}
	e.lease.stop()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatMargin)
	defer cancel()
	if err := e.Store.Leave(last, e.Node); err != nil {
		e.Log.Warn("could not give the lease back; it ends by itself", "error", err)
	}
}

// takeLease says for the first time that this process lives, and goes on saying so until stop is called.
func (e *Engine) takeLease(ctx context.Context) error {
	began := time.Now()
	if err := e.sayAlive(ctx); err != nil {
		return fmt.Errorf("say that this process lives: %w", err)
	}
	held, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.beat(held, cancel, began)
	}()
	e.lease.held = held
	e.lease.stop = func() {
		cancel(nil)
		<-done
	}
	return nil
}

// beat renews the lease until ctx ends, and ends ctx when it can't be renewed in time. A lease counts from some instant
// within the call that renews it, so from its beginning at the earliest. These are the machine's own seconds, never the
// policy's clock.
func (e *Engine) beat(ctx context.Context, cancel context.CancelCauseFunc, began time.Time) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	lost := time.AfterFunc(ownDeadline(began), func() { cancel(ErrLeaseLost) })
	defer lost.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			began := time.Now()
			if err := e.sayAlive(ctx); err != nil {
				e.Log.Warn("heartbeat failed", "error", err)
				continue
			}
			lost.Reset(ownDeadline(began))
		}
	}
}

// sayAlive renews the lease, as a process that serves where it does.
func (e *Engine) sayAlive(ctx context.Context) error {
	if servers, ok := e.Store.(store.Servers); ok && e.serving.Load() {
		return servers.Serve(ctx, e.Node, beatTTL)
	}
	return e.Store.Beat(ctx, e.Node, beatTTL)
}

// ownDeadline is how long from now a lease that was asked for at began is surely good for.
func ownDeadline(began time.Time) time.Duration { return beatTTL - beatMargin - time.Since(began) }
