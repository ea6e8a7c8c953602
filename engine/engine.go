// Package engine drives runs: it claims one, lets the stages do their work until a door closes, and keeps this process's
// lease alive meanwhile. It holds no rule of the business: what to do next is the stages' word, and whether a failure is
// tried again is the failure's own class.
//
// Start at [Engine.Renew].
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

// Store is what the engine needs of a store.
type Store interface {
	store.Reader
	store.Writer
	store.Nodes
}

// Options are the parts of an engine. All but Stop and Log are required.
type Options struct {
	Store Store
	Node  string // names this process; unique among those alive
	Clock stage.Clock
	Watch func(renewal.Event) // hears every event of the runs driven or followed here
	Setup func(ctx context.Context, app string) (stage.Setup, error)
	Stop  <-chan struct{} // closed: finish the effect in hand, then park
	Log   *slog.Logger

	Notify Notify // how people are told
	Rounds Rounds // of an engine that works unattended
	Pulse  func() // called every few seconds while serving goes on; nil = nobody listens
}

// Engine drives runs in this process.
type Engine struct {
	Options
	lease      lease
	memory     *memory
	turns      turns
	dropped    dropped
	shut       shut
	failing    failing
	waker      atomic.Pointer[Waker] // while this process serves
	room       atomic.Int64          // renewals that a look may begin before the line is looked at again
	serving    atomic.Bool           // this process drives whatever is due
	unattended atomic.Bool           // somebody comes back by itself for what is parked
}

// New returns an engine.
func New(o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Pulse == nil {
		o.Pulse = func() {}
	}
	if o.Rounds.Again == 0 {
		o.Rounds.Again = readAgain
	}
	return &Engine{Options: o, memory: newMemory(o.Rounds.Again)}
}

// ErrStopped is the reason for parking a run because this process was asked to stop.
var ErrStopped = errors.New("stopped before the next step")

// Renew begins the run that plan describes and drives it until it ends, parks, or would have to wait longer than
// patience. When the application already has an open run, that one is followed or driven instead: there is never a
// second one. The run is returned as it then stands; the error is nil when it merely stands still.
func (e *Engine) Renew(ctx context.Context, setup stage.Setup, plan stage.Plan, patience time.Duration) (renewal.Run, error) {
	run, lost, err := e.underLease(ctx, func(live context.Context) (renewal.Run, error) {
		return e.renew(live, setup, plan, patience)
	})
	if !lost || run.ID == "" {
		return run, err
	}
	again, found := e.Resume(ctx, run.ID, patience, nil)
	if errors.Is(found, store.ErrNotFound) { // it was never begun
		return run, err
	}
	return again, found
}

func (e *Engine) renew(live context.Context, setup stage.Setup, plan stage.Plan, patience time.Duration) (renewal.Run, error) {
	if last, err := e.since(live, setup.App, plan.At); err != nil || last.ID != "" {
		return last, err
	}
	if err := e.underAnotherName(live, setup); err != nil {
		return renewal.Run{}, err
	}
	run, told := e.fresh(setup, plan)
	run, err := e.Store.Begin(live, run, told)
	if errors.Is(err, store.ErrOpen) {
		return e.join(live, run, patience)
	}
	if err != nil {
		return run, fmt.Errorf("begin the run: %w", err)
	}
	e.Watch(renewal.Event{Kind: "begun", Run: run.ID, App: run.App, State: run.State, At: run.CreatedAt, Text: told.Events[0].Text})
	job := e.job(setup, run)
	job.Plan = &plan
	return e.drive(live, job, patience)
}

// fresh is the run that plan describes, in this process's hands, with what is told of its beginning.
func (e *Engine) fresh(setup stage.Setup, plan stage.Plan) (renewal.Run, store.Told) {
	now := e.Clock.Now()
	return renewal.Run{
		ID: renewal.NewID(), App: setup.App, ClientID: setup.ClientID, State: renewal.Planned, Order: plan.Order,
		Retires: plan.Retires, Node: e.Node, CreatedAt: now, UpdatedAt: now,
	}, begun(setup, plan)
}

// begun is what is told of a run that begins.
func begun(setup stage.Setup, plan stage.Plan) store.Told {
	text := "a renewal of " + setup.App
	if plan.Order.AskedBy == "" {
		return store.Told{Events: []renewal.Event{{Kind: "begun", Text: text}}}
	}
	return store.Told{
		Events: []renewal.Event{{Kind: "begun", Text: text + ", asked for by " + plan.Order.AskedBy}},
		Audit:  []audit.Entry{{Who: setup.Who, Action: "begin", Object: setup.App, Outcome: audit.Noted, Detail: plan.Order.AskedBy}},
	}
}

// Resume goes on with an open run from where it stands; prepare, if not nil, first changes it as a person told. A run
// that another living process drives is followed instead; a person's word waits until that one lets go of it, for half a
// minute or as long as patience. It fails with a problem "run.held" where that was too short, and "run.ended" where nothing
// is left to be told anything.
func (e *Engine) Resume(ctx context.Context, id string, patience time.Duration, prepare Prepare) (renewal.Run, error) {
	for {
		next := prepare
		run, lost, err := e.underLease(ctx, func(live context.Context) (renewal.Run, error) {
			return e.resume(live, id, patience, prepare.noting(&next))
		})
		if !lost {
			return run, err
		}
		prepare = next
	}
}

func (e *Engine) resume(live context.Context, id string, patience time.Duration, prepare Prepare) (renewal.Run, error) {
	run, err := e.Store.Run(live, id)
	switch {
	case err != nil:
		return run, err
	case prepare == nil && run.State.Ended():
		return run, nil
	case prepare == nil:
		return e.join(live, run, patience)
	}
	job, err := e.claimFor(live, run, patience)
	if err != nil {
		return run, err
	}
	if err := prepare(live, job); err != nil {
		parked := job.Park(live, e.asBefore(run, err))
		if parked != nil {
			e.dropped.add(id)
		}
		return job.Run, errors.Join(err, parked)
	}
	return e.drive(live, job, patience)
}

// claim takes an open run over and brings its history. Whenever that fails, the store may say that the run is in the hands of
// this process, which drives nothing: a claim whose answer was lost may have been kept.
func (e *Engine) claim(ctx context.Context, id string) (*stage.Job, error) {
	run, err := e.Store.Claim(ctx, id, e.Node)
	if err != nil {
		if !errors.Is(err, store.ErrHeld) {
			e.dropped.add(id)
		}
		return nil, fmt.Errorf("take run %s over: %w", id, err)
	}
	job, err := e.prepare(ctx, run)
	if err != nil {
		e.dropped.add(id)
	}
	return job, err
}

// prepare brings what a claimed run is driven with. A run that can't be driven is let go.
func (e *Engine) prepare(ctx context.Context, run renewal.Run) (*stage.Job, error) {
	setup, err := e.Setup(ctx, run.App)
	if err != nil && run.Order.Person != "" && strings.HasPrefix(problem.Of(err).Code, "identity.") {
		err = stage.NeedsSignIn(run.App, problem.Of(err).Message)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set %s up: %w", run.App, err), e.letGo(ctx, run, err))
	}
	job := e.job(setup, run)
	job.JustPlanned = e.justPlanned(run)
	job.History, err = e.Store.History(ctx, run.ID)
	if err != nil {
		return nil, fmt.Errorf("read the run's history: %w", err)
	}
	if err := job.Admit(ctx); err != nil {
		return nil, errors.Join(err, e.letGo(ctx, job.Run, err))
	}
	return job, job.Reopen(ctx)
}

const (
	// planLife is how long a plan that a look made is good enough to begin with, whoever does: whatever it read may have
	// changed, and each stage looks again before it acts.
	planLife = 2 * time.Minute
	// firstClaim is the version of a run that was begun, and then claimed for the first time.
	firstClaim = 2
)

// justPlanned reports whether a look at the tenant has planned the run a moment ago, and nobody has driven it since. What a
// person asked for was planned with other rights, perhaps.
func (e *Engine) justPlanned(run renewal.Run) bool {
	asked := run.Order.ByPerson || run.Order.Person != "" || run.Order.Reuse
	return run.State == renewal.Planned && run.Version == firstClaim && !asked && e.Clock.Now().Sub(run.CreatedAt).Abs() <= planLife
}

// letGo parks a run that couldn't even be set up, or isn't for the identity at hand, so that it isn't held by a process that does nothing for it.
func (e *Engine) letGo(ctx context.Context, run renewal.Run, cause error) error {
	job := e.job(stage.Setup{App: run.App, ClientID: run.ClientID}, run)
	pause := doorFor(cause)
	if problem.Of(cause).Class == problem.Retry || ctx.Err() != nil {
		pause.Door, pause.Until = renewal.Retry, e.Clock.Now().Add(setUpAgain)
	}
	return job.Park(ctx, named(pause, job))
}

// setUpAgain is when a run is looked at again whose application couldn't be set up for want of a network.
const setUpAgain = time.Minute

func (e *Engine) job(setup stage.Setup, run renewal.Run) *stage.Job {
	return &stage.Job{
		Setup: setup, Book: e.book(), Run: run, Tell: e.Watch,
		Clock: stage.Clock{Now: e.Clock.Now, Sleep: func(ctx context.Context, d time.Duration) error { return e.sleep(ctx, run.ID, d) }},
	}
}

// sleep waits, unless this process is asked to stop, or what it does for the run is.
func (e *Engine) sleep(ctx context.Context, run string, d time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	halted := e.turns.halted(run)
	go func() {
		select {
		case <-e.Stop:
			cancel(ErrStopped)
		case <-halted:
			cancel(ErrStopped)
		case <-ctx.Done():
		}
	}()
	if err := e.Clock.Sleep(ctx, d); err != nil {
		return fmt.Errorf("wait: %w", context.Cause(ctx))
	}
	return nil
}

func (e *Engine) stopped() bool { return isClosed(e.Stop) }

func isClosed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}

// doorFor says which door a failure closes.
func doorFor(err error) stage.Pause {
	found := problem.Of(err)
	pause := stage.Pause{Door: renewal.Person, Reason: renewal.Reason{Code: found.Code, Text: problem.Sentence(err), Fix: found.Fix}}
	if pause.Reason.Fix == "" {
		pause.Reason.Fix = "when the cause is mended: keyturn resume RUN; to give up: keyturn abort RUN"
	}
	return pause
}
