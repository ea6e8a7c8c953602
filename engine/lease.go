package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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
	end   atomic.Pointer[time.Time] // when held ends, unless the lease is renewed
}

// over reports whether the lease must be taken for lost. Of the machine's two clocks, one stands still while the machine
// sleeps, and the other may be set back; what either of them says counts.
func (l *lease) over() bool {
	end, now := l.end.Load(), time.Now()
	return end != nil && (now.After(*end) || now.Round(0).After(end.Round(0)))
}

// leased is a context that asks the clocks itself, before anybody is told that it goes on. A timer alone would be late
// where it matters: in a process that was suspended, the effect in hand might be sent before the timer rings.
type leased struct {
	context.Context
	over func() bool
	lose context.CancelCauseFunc
}

// Done implements [context.Context].
func (l leased) Done() <-chan struct{} {
	l.look()
	return l.Context.Done()
}

// Err implements [context.Context].
func (l leased) Err() error {
	l.look()
	return l.Context.Err()
}

func (l leased) look() {
	if l.over() {
		l.lose(ErrLeaseLost)
	}
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
	live, cancel := e.asking(ctx)
	held := e.lease.held
	unhook := context.AfterFunc(held, func() { cancel(context.Cause(held)) })
	var once sync.Once
	return live, func() { once.Do(func() { unhook(); cancel(nil); e.leave(ctx) }) }, nil
}

// asking returns a context that ends with ctx, and asks by itself whether the lease is lost; see [leased]. One that others
// derived from it before they were suspended doesn't ask any more.
func (e *Engine) asking(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, lose := context.WithCancelCause(ctx)
	return leased{ctx, e.lease.over, lose}, lose
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
	e.lease.end.Store(ownEnd(began))
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
		e.lease.end.Store(nil)
	}
	return nil
}

// beat renews the lease until ctx ends, and ends ctx when it can't be renewed in time. A lease counts from some instant
// within the call that renews it, so from its beginning at the earliest. These are the machine's own seconds, never the
// policy's clock.
func (e *Engine) beat(ctx context.Context, cancel context.CancelCauseFunc, began time.Time) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	lost := time.AfterFunc(time.Until(*ownEnd(began)), func() { cancel(ErrLeaseLost) })
	defer lost.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			began := time.Now()
			if e.lease.over() { // a lease that ran out isn't taken up again: others may have taken the runs over
				cancel(ErrLeaseLost)
				return
			}
			if err := e.sayAlive(ctx); err != nil {
				e.Log.Warn("heartbeat failed", "error", err)
				continue
			}
			e.lease.end.Store(ownEnd(began))
			lost.Reset(time.Until(*ownEnd(began)))
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

// ownEnd is until when a lease that was asked for at began is surely good for what is done with it.
func ownEnd(began time.Time) *time.Time {
	end := began.Add(beatTTL - beatMargin)
	return &end
}
