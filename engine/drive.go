package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

// backOff is how long a failed step is left alone before the next try, when the failure doesn't say so itself. After
// the last one a person is asked: half a minute covers the blips of a cloud, and what lasts longer needs eyes.
var backOff = []time.Duration{time.Second, 3 * time.Second, 9 * time.Second, 20 * time.Second}

// longBackOff goes on where backOff ends, when somebody comes back by itself: a cloud that is down over night is no
// reason to wake anybody. The last wait is repeated until a day is over.
var longBackOff = []time.Duration{2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// longestTry is how many tries a step gets when somebody comes back by itself: about a day's. While a value is only in memory
// its waits are shorter, and there are longestKept.
const (
	longestTry  = 30
	longestKept = 52
)

// delayOf is how long to wait after so many failed tries; false means that a person is asked instead.
func (e *Engine) delayOf(ctx context.Context, job *stage.Job) (time.Duration, bool) {
	tries, most, longest := job.Run.Tries, longestTry, longBackOff[len(longBackOff)-1]
	if job.HoldsValue() { // parked for longer, it would be lost, and another secret made
		most, longest = longestKept, longestHere
	}
	if tries < len(backOff) {
		return backOff[tries], true
	}
	if tries >= most || !e.returns(ctx) {
		return 0, false
	}
	return min(longest, longBackOff[min(tries-len(backOff), len(longBackOff)-1)]), true
}

// returns reports whether somebody comes back by itself for what is parked.
func (e *Engine) returns(ctx context.Context) bool {
	if e.unattended.Load() {
		return true
	}
	servers, ok := e.Store.(store.Servers)
	if !ok {
		return false
	}
	served, err := servers.Served(ctx)
	return err == nil && served
}

// longestHere is how long a retry waits inside this process while a value is only in memory; without one, a wait that
// long is left to the alarm clock.
const longestHere = 30 * time.Minute

// drive steps a claimed run until it ends, its door closes, or it would wait longer than patience.
func (e *Engine) drive(ctx context.Context, job *stage.Job, patience time.Duration) (renewal.Run, error) {
	defer e.show(ctx, job)
	run, err := e.stepOn(ctx, job, patience)
	if err != nil {
		e.dropped.add(job.Run.ID)
	}
	return run, err
}

// stepOn is drive; an error says that the run couldn't be let go, or is somebody else's by now.
func (e *Engine) stepOn(ctx context.Context, job *stage.Job, patience time.Duration) (renewal.Run, error) {
	deadline := e.Clock.Now().Add(patience)
	ctx = cloud.Urgent(ctx, job.Run.Order.RetiresEnd)
	for !job.Run.State.Ended() {
		pause, err := e.step(ctx, job)
		switch {
		case errors.Is(err, store.ErrFenced):
			return job.Run, err
		case err != nil:
			pause = e.afterFailure(ctx, job, err)
		default:
			e.sawOpen(ctx, job.Run.ID)
		}
		if pause.Door == renewal.Open {
			continue
		}
		if ctx.Err() == nil && e.worthWaiting(job, pause, deadline) {
			e.Watch(renewal.Event{
				Kind: "waiting", Run: job.Run.ID, App: job.Run.App, State: job.Run.State, At: e.Clock.Now(), Text: pause.Reason.Text,
				Fields: map[string]string{"until": pause.Until.Format(time.RFC3339)},
			})
			if job.Sleep(ctx, pause.Until.Sub(e.Clock.Now())) == nil {
				continue
			}
		}
		if err := job.Park(ctx, pause); err != nil {
			return job.Run, err
		}
		return job.Run, nil
	}
	return job.Run, nil
}

func (e *Engine) step(ctx context.Context, job *stage.Job) (stage.Pause, error) {
	if e.stopped() || isClosed(e.turns.halted(job.Run.ID)) {
		return stage.Pause{}, ErrStopped
	}
	if err := ctx.Err(); err != nil {
		return stage.Pause{}, context.Cause(ctx)
	}
	before := job.Run.State
	began := time.Now()
	pause, err := stage.Step(ctx, job)
	e.Log.Debug("step", "run_id", job.Run.ID, "app", job.App, "state", string(before), "door", string(pause.Door),
		"ms", time.Since(began).Milliseconds(), "failed", err != nil)
	return pause, err
}

// worthWaiting reports whether a pause ends by itself soon enough to stay.
func (e *Engine) worthWaiting(job *stage.Job, pause stage.Pause, deadline time.Time) bool {
	switch pause.Door {
	case renewal.Wait:
		return !pause.Until.After(deadline)
	case renewal.Retry:
		return job.HoldsValue() && !e.stopped() && !isClosed(e.turns.halted(job.Run.ID)) && pause.Until.Sub(e.Clock.Now()) <= longestHere
	}
	return false
}

// afterFailure decides by the failure's class alone: try again soon, park and try later, or ask a person. Nobody is asked
// about a run because of the store.
func (e *Engine) afterFailure(ctx context.Context, job *stage.Job, cause error) stage.Pause {
	if errors.Is(cause, ErrStopped) || ctx.Err() != nil {
		text := "the process that drove this run was stopped"
		if errors.Is(context.Cause(ctx), ErrLeaseLost) {
			text = "the process that drove this run was suspended, or couldn't reach its store, for longer than its lease"
		}
		return stage.Pause{Door: renewal.Retry, Until: e.Clock.Now(), Reason: renewal.Reason{
			Code: "stopped", Text: text, Fix: problem.Attended("keyturn resume "+job.App, job.Run.Order.Person),
		}}
	}
	found := problem.Of(cause)
	if found.Class != problem.Retry && !errors.Is(cause, stage.ErrUnsaved) && !mayBeFresh(found, job.Run.Tries) {
		return e.askBeside(ctx, job, cause)
	}
	delay, again := e.delayOf(ctx, job)
	if !again {
		return e.askBeside(ctx, job, cause)
	}
	delay = max(delay, found.After)
	later := stage.Pause{Door: renewal.Retry, Until: e.Clock.Now().Add(delay), Reason: renewal.Reason{
		Code: found.Code, Text: problem.Sentence(cause), Fix: problem.Attended(againFix(job.App, found), job.Run.Order.Person),
	}}
	e.sawShut(ctx, job.Run, found)
	if err := job.CountTry(ctx, cause); err != nil {
		// A store that is away is no reason to ask a person. Either it is back when the run is parked, or that fails too.
		e.Log.Warn("could not count a failed try", "run_id", job.Run.ID, "app", job.App, "error", err)
		return later
	}
	if delay > time.Minute || e.handsBack(job, found, delay) || job.Sleep(ctx, delay) != nil {
		return later
	}
	return stage.Pause{}
}

// askedAgain is when a step is tried once more that nobody knows a fix for, beside the person who is asked about it.
const askedAgain = time.Hour

// askBeside asks a person about a failure. One that nobody knows a fix for may be over by the time somebody reads of it, and a
// secret that isn't renewed for it ends: where somebody comes back by itself, it is tried again now and then all the same.
func (e *Engine) askBeside(ctx context.Context, job *stage.Job, cause error) stage.Pause {
	pause := named(doorFor(cause), job)
	if problem.Of(cause).Class == problem.Person || job.Run.Order.Person != "" || !e.returns(ctx) {
		return pause
	}
	pause.Until = e.Clock.Now().Add(askedAgain)
	pause.Reason.Fix += "; it is tried again by itself every hour"
	return pause
}

// againFix is what to do about a failure that may pass: nothing, or what its wire says where it doesn't.
func againFix(app string, found *problem.Error) string {
	fix := "it is tried again by itself; or: keyturn resume " + app
	if found.Fix != "" {
		fix += ". If it stays so: " + found.Fix
	}
	return fix
}

// handsBack reports whether a run is better parked than waited for here: a limit that holds it up may not hold the others
// that wait for a hand, and its alarm rings in time.
func (e *Engine) handsBack(job *stage.Job, found *problem.Error, delay time.Duration) bool {
	return e.serving.Load() && found.Code == problem.Throttled && delay > lookEvery && !job.HoldsValue()
}

// mayBeFresh reports whether a right that is missing may only have been granted a moment ago. The plan saw that the
// rights are there, and a fresh grant takes a while to be known everywhere, so a refusal is tried again for as long as
// a blip would be.
func mayBeFresh(found *problem.Error, tries int) bool {
	return found.Code == problem.Denied && tries < len(backOff)
}

// named puts the run's own names into a fix that speaks of RUN and APP.
func named(pause stage.Pause, job *stage.Job) stage.Pause {
	pause.Reason.Fix = problem.Name(strings.ReplaceAll(pause.Reason.Fix, "resume RUN", "resume APP"), job.App, job.Run.ID)
	pause.Reason.Fix = problem.Attended(pause.Reason.Fix, job.Run.Order.Person)
	return pause
}
