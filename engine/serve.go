package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/problem"
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

const (
	// dueEvery is how often the open runs are looked through for those that are due and that no alarm will ring for: a run
	// of a process that died, or an alarm that was lost. With a lease of ten seconds, and an alarm that may ring a second
	// late, somebody else has such a run after 13.
	dueEvery = 2 * time.Second
	// lookEvery is how often a process asks whether the look at the tenant is its turn.
	lookEvery = 5 * time.Second
)

const (
	// wakeAtOnce is how many of those are woken at a time, what ends first before all: a run's own alarm rings in time, so
	// only few need it, however many are due.
	wakeAtOnce = 64
	// wakeAgain is after what time one that still stands where it stood is woken again: its alarm waits for a free hand.
	wakeAgain = 10 * time.Second
)

// woken is when runs were woken because they were due, at which version, by id. One goroutine uses it.
type woken map[string]ring

type ring struct {
	version int64
	at      time.Time
}

// Serve drives whatever is due and makes its rounds, here and among others on the same store, until ctx ends or Stop is
// closed. Then it finishes the effects in hand and returns. ErrLeaseLost says that the store couldn't be reached for a
// while: Serve may be called again, with a new waker.
func (e *Engine) Serve(ctx context.Context, waker Waker) error {
	service, err := e.service()
	if err != nil {
		return err
	}
	e.unattended.Store(true)
	e.serving.Store(true)
	defer e.serving.Store(false)
	live, leave, err := e.live(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := waker.Start(live, e.wake); err != nil {
		if errors.Is(context.Cause(live), ErrLeaseLost) {
			err = ErrLeaseLost
		}
		return fmt.Errorf("start the alarm clock: %w", err)
	}
	e.waker.Store(&waker)
	defer e.waker.Store(nil)
	posting := e.startPosting(live, service)
	defer posting()
	looking := e.lookAround(live, waker, service)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveGrace)
	defer cancel()
	return errors.Join(looking, waker.Stop(last))
}

// startPosting sends notices beside everything else; the returned function waits for the one in hand.
func (e *Engine) startPosting(ctx context.Context, box store.Outbox) (wait func()) {
	var group sync.WaitGroup
	if len(e.Notify.Notifiers) > 0 {
		group.Go(func() { e.post(ctx, box) })
	}
	return group.Wait
}

// saveGrace is how long the effects in hand may take when serving ends.
const saveGrace = time.Minute

// lookAround wakes what is due and takes its turns at looking at the tenant, at once and then every few seconds.
func (e *Engine) lookAround(ctx context.Context, waker Waker, service Service) error {
	tick := time.NewTicker(dueEvery)
	defer tick.Stop()
	rounds, stop := e.startRounds(ctx, service)
	defer stop()
	before := woken{}
	seen := time.Now()
	for {
		e.Pulse()
		seen = e.tellJump(seen, time.Now())
		if err := e.wakeDue(ctx, waker, before); err != nil {
			e.Log.Warn("could not look for runs that are due", "error", err)
		}
		select {
		case <-rounds:
		case <-tick.C:
		case <-e.Stop:
			return nil
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), ErrLeaseLost) {
				e.tellJump(seen, time.Now()) // which may be why
				return ErrLeaseLost
			}
			return nil
		}
	}
}

// Once looks at the tenant and drives whatever is due, each run until it ends or has to wait, and returns. Its error says
// what didn't work; a run that stands still is no error. Somebody calls it again, such as cron.
func (e *Engine) Once(ctx context.Context) error {
	service, err := e.service()
	if err != nil {
		return err
	}
	e.unattended.Store(true)
	for {
		_, lost, err := e.underLease(ctx, func(live context.Context) (renewal.Run, error) {
			return renewal.Run{}, e.once(live, service)
		})
		if !lost {
			return err
		}
	}
}

func (e *Engine) once(live context.Context, service Service) error {
	looked := e.lookUntilStopped(live) // first, because it also sets the clock right
	if e.stopped() {
		return nil
	}
	if looked == nil {
		e.tidy(live, service)
	}
	due, err := e.Store.Runs(live, store.Filter{Open: true, Due: e.Clock.Now(), Limit: everything})
	if err != nil {
		return errors.Join(looked, fmt.Errorf("read the open runs: %w", err))
	}
	errs := make([]error, len(due))
	var group errgroup.Group
	group.SetLimit(driveAtOnce)
	for i, run := range due {
		group.Go(func() error { errs[i] = e.wake(live, run.ID, run.Version); return nil })
	}
	_ = group.Wait() // each run keeps its own failure
	return errors.Join(append(errs, looked, e.postAll(live, service))...)
}

// lookUntilStopped is Look, which ends when this process is asked to stop: it may be waiting for a tenant that takes no requests.
func (e *Engine) lookUntilStopped(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-e.Stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return e.Look(ctx)
}

// driveAtOnce is how many runs Once drives side by side: as many as a waker's workers.
const driveAtOnce = 16

// wakeDue wakes what is due, and keeps in before what was woken.
func (e *Engine) wakeDue(ctx context.Context, waker Waker, before woken) error {
	if err := e.letDroppedGo(ctx); err != nil {
		return err
	}
	due, err := e.Store.Runs(ctx, store.Filter{Open: true, Due: e.Clock.Now(), Limit: wakeAtOnce})
	if err != nil {
		return fmt.Errorf("read the open runs: %w", err)
	}
	maps.DeleteFunc(before, func(_ string, rung ring) bool { return time.Since(rung.at) > wakeAgain })
	for _, run := range due {
		if before[run.ID].version == run.Version {
			continue
		}
		if err := waker.Wake(ctx, run.ID); err != nil {
			return fmt.Errorf("wake run %s: %w", run.ID, err)
		}
		before[run.ID] = ring{run.Version, time.Now()}
	}
	return nil
}

// wake drives one run whose alarm rang. An alarm of an older version means nothing any more, and one of a run that
// somebody else drives is theirs.
func (e *Engine) wake(ctx context.Context, id string, version int64) error {
	ctx, end := e.asking(ctx) // the alarm clock's context is one that doesn't ask
	defer end(nil)
	run, err := e.Store.Run(ctx, id)
	if err != nil {
		return fmt.Errorf("read run %s: %w", id, err)
	}
	if run.Version != version || run.State.Ended() || e.asksPerson(run) || e.stopped() {
		return nil
	}
	leave, mine := e.turns.take(id)
	if !mine {
		return nil
	}
	defer leave()
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

// asksPerson reports whether only a person opens the run's door, by now.
func (e *Engine) asksPerson(run renewal.Run) bool {
	return run.Door == renewal.Person && (run.WakeAt.IsZero() || e.Clock.Now().Before(run.WakeAt))
}

// Ready returns nil when this store is reached, some serving process has looked at the tenant lately, and it isn't Keyturn's
// own identity that kept the last look from seeing anything; else a problem that says which isn't so.
func (e *Engine) Ready(ctx context.Context) error {
	service, err := e.service()
	if err != nil {
		return err
	}
	duty, err := service.Duty(ctx, LookDuty)
	if err != nil {
		return problem.Later("store.unreachable", "store", 0, err)
	}
	why := ""
	if duty.Failure != "" {
		why = ": " + duty.Failure
		if err := e.ownFinding(ctx, service); err != nil {
			return err
		}
	}
	switch {
	case !duty.Done:
		return problem.Later("look.none", "tenant", 0, errors.New("it wasn't looked at with success yet"+why))
	case duty.Ago > 2*e.Rounds.Every+lookGrace:
		return problem.Later("look.stale", "tenant", 0,
			fmt.Errorf("it was last looked at with success %s ago%s", duty.Ago.Round(time.Second), why))
	}
	return nil
}

// ownFinding is what is wrong with Keyturn itself, as a finding of any application has it; nil = nothing that is known.
func (e *Engine) ownFinding(ctx context.Context, service Service) error {
	found, err := service.Findings(ctx)
	if err != nil {
		return problem.Later("store.unreachable", "store", 0, err)
	}
	for _, finding := range found {
		if isOwn(finding.Code) {
			return problem.NeedsPerson(finding.Code, "Keyturn itself", "no application could be looked at: "+finding.Text, finding.Fix)
		}
	}
	return nil
}

// lookGrace is how long a look may take before Ready doubts it.
const lookGrace = 10 * time.Minute
