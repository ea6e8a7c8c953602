package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

// longestHalt is how long a person's word waits for the effect in hand.
const longestHalt = 30 * time.Second

// Open begins the run that plan describes, for whoever serves to drive: at once where that is this process. When the
// application already has an open run, or was renewed since the plan was made, that run is returned with begun false:
// there is never a second one.
func (e *Engine) Open(ctx context.Context, setup stage.Setup, plan stage.Plan) (run renewal.Run, begun bool, err error) {
	if last, err := e.since(ctx, setup.App, plan.At); err != nil || last.ID != "" {
		return last, false, err
	}
	if err := e.underAnotherName(ctx, setup); err != nil {
		return renewal.Run{}, false, err
	}
	run, told := e.fresh(setup, plan)
	run.Node = ""
	run, err = e.Store.Begin(ctx, run, told)
	if errors.Is(err, store.ErrOpen) {
		return run, false, nil
	}
	if err != nil {
		return run, false, fmt.Errorf("begin the renewal of %s: %w", setup.App, err)
	}
	e.Watch(renewal.Event{Kind: "begun", Run: run.ID, App: run.App, At: run.CreatedAt, Text: told.Events[0].Text})
	e.ring(ctx, run)
	return run, true, nil
}

// Any as a version means the run as it stands now, whatever happened to it since somebody saw it.
const Any = 0

// Tell lets prepare change an open run as a person told, who saw it at that version, and lets whoever serves go on with
// it. With [Any], a run that this process drives is stopped first, after the effect in hand. It fails with a problem
// "run.changed" when the run has another version meanwhile, "run.held" while it is driven, and "run.ended" when it has ended.
func (e *Engine) Tell(ctx context.Context, id string, version int64, prepare Prepare) (renewal.Run, error) {
	live, done, err := e.live(ctx)
	if err != nil {
		return renewal.Run{}, err
	}
	defer done()
	run, err := e.tellable(live, id, version)
	if err != nil {
		return run, err
	}
	leave, err := e.halt(live, id)
	if err != nil {
		return run, err
	}
	if run, err = e.tellable(live, id, version); err == nil {
		run, err = e.tell(live, run, prepare)
	}
	leave()
	if !run.State.Ended() {
		e.ring(ctx, run)
	}
	return run, err
}

// tellable returns the run that is to be told something, and refuses where it isn't as whoever tells saw it.
func (e *Engine) tellable(ctx context.Context, id string, version int64) (renewal.Run, error) {
	run, err := e.Store.Run(ctx, id)
	switch {
	case err != nil:
		return run, err
	case run.State.Ended():
		return run, ended(run)
	case version != Any && run.Version != version:
		return run, changed(run)
	case version != Any && run.Node != "":
		return run, held(run.ID)
	}
	return run, nil
}

func changed(run renewal.Run) error {
	return problem.NeedsPerson("run.changed", "run "+run.ID, "has changed since you saw it", "look at it again, then decide")
}

// Prepare changes a claimed run as a person told, before it is driven.
type Prepare func(context.Context, *stage.Job) error

// Abort ends an open run for good, as who told; see [stage.Abort].
func (e *Engine) Abort(ctx context.Context, id, who string) (renewal.Run, error) {
	return e.Resume(ctx, id, 0, func(ctx context.Context, j *stage.Job) error { return stage.Abort(ctx, j, who) })
}

func ended(run renewal.Run) error {
	return problem.NeedsPerson("run.ended", "run "+run.ID, "it has ended: "+string(run.Outcome), "keyturn renew "+run.App+" begins another one")
}

// claimFor takes a run over for a person's word, which waits while another process has it in hand.
func (e *Engine) claimFor(ctx context.Context, run renewal.Run, patience time.Duration) (*stage.Job, error) {
	after, err := e.lastEvent(ctx, run.ID)
	for end := time.Now().Add(max(patience, longestHalt)); err == nil && !run.State.Ended(); {
		job, err := e.claim(ctx, run.ID)
		if !errors.Is(err, store.ErrHeld) {
			return job, err
		}
		if time.Now().After(end) {
			return nil, held(run.ID)
		}
		if run, after, err = e.follow(ctx, run.ID, after); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, ended(run)
}

// halt waits until this process drives the run no further.
func (e *Engine) halt(ctx context.Context, id string) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, longestHalt)
	defer cancel()
	leave, err = e.turns.seize(ctx, id)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, held(id)
	}
	return leave, err
}

func held(id string) error {
	return problem.NeedsPerson("run.held", "run "+id, "is being driven at the moment, and can't be told anything before it stands still", "try again in a minute")
}

// tell claims the run, lets prepare change it, and lets go of it again, free to go on.
func (e *Engine) tell(ctx context.Context, seen renewal.Run, prepare Prepare) (renewal.Run, error) {
	job, err := e.claim(ctx, seen.ID)
	switch {
	case errors.Is(err, store.ErrHeld):
		return seen, held(seen.ID)
	case err != nil:
		return seen, err
	}
	saves := int64(1) // the claim
	if seen.Door == renewal.Person {
		saves++ // the door was opened
	}
	if job.Run.Version != seen.Version+saves {
		err = changed(seen)
	} else {
		err = prepare(ctx, job)
	}
	if job.Run.State.Ended() {
		return job.Run, err
	}
	pause := stage.Pause{Door: renewal.Retry, Until: e.Clock.Now(), Reason: renewal.Reason{
		Code: "told", Text: "it goes on as a person told", Fix: "it goes on by itself; or: keyturn resume " + job.App,
	}}
	if err != nil && !problem.Is(err, "run.changed") {
		pause = named(e.asBefore(seen, err), job)
	}
	if parked := job.Park(ctx, pause); parked != nil {
		e.dropped.add(seen.ID)
		err = errors.Join(err, parked)
	}
	return job.Run, err
}

// asBefore is how a run goes on standing when a person's word was refused, or couldn't be carried out: as before, since nothing
// has changed. One that stood still for a person, or turned out to be changed by others, tells why now; one that was being driven
// is driven on.
func (e *Engine) asBefore(seen renewal.Run, refused error) stage.Pause {
	found := problem.Of(refused)
	if found.Class != problem.Retry && (seen.Door == renewal.Person || found.Code == problem.Drift) {
		return doorFor(refused)
	}
	return e.asItStood(seen, renewal.Reason{
		Code: "told", Text: "it goes on, since what a person told couldn't be done", Fix: "it goes on by itself; or: keyturn resume " + seen.App,
	})
}

// ring lets whoever serves go on with a run at once where that is this process; any other looks every few seconds.
func (e *Engine) ring(ctx context.Context, run renewal.Run) {
	waker := e.waker.Load()
	if waker == nil {
		return
	}
	if err := (*waker).Wake(ctx, run.ID); err != nil {
		e.Log.Warn("could not wake a run; the next look does", "run_id", run.ID, "error", err)
	}
}
