package stage

import (
	"context"
	"fmt"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
)

// Pause is why a run can't go on now; its zero value means that it can.
type Pause struct {
	Door   renewal.Door
	Reason renewal.Reason
	Until  time.Time // for a wait: when to look again; for a person: when the question answers itself, zero = never
	// Evidence is what is known so far of the use of both passwords, kept so that status can show it; "" = as it was.
	Evidence string
}

// waitUntil is a pause in which nothing is wrong.
func waitUntil(until time.Time, code, text string) Pause {
	return Pause{Door: renewal.Wait, Until: until, Reason: renewal.Reason{Code: code, Text: text}}
}

// askPerson is a pause that only a person ends.
func askPerson(code, text, fix string) Pause {
	return Pause{Door: renewal.Person, Reason: renewal.Reason{Code: code, Text: text, Fix: fix}}
}

// room is what one state does: it advances the run and returns the zero Pause, or it says why it can't.
type room func(context.Context, *Job) (Pause, error)

// rooms is the whole renewal, in order.
var rooms = map[renewal.State]room{
	renewal.Planned:     begin,
	renewal.MakingRoom:  makeRoom,
	renewal.Issuing:     issue,
	renewal.Settling:    settle,
	renewal.Delivering:  deliver,
	renewal.Verifying:   verify,
	renewal.Overlapping: overlap,
	renewal.Retiring:    retire,
}

// Step does what the run's present state asks for. On success the run has advanced, or the Pause says why it stands
// still. An error has a class (see package problem) that says whether the same step may succeed later; the run is then
// as last saved, and stepping again is always safe.
func Step(ctx context.Context, j *Job) (Pause, error) {
	enter, ok := rooms[j.Run.State]
	if !ok {
		return Pause{}, fmt.Errorf("run %s is %q: nothing is left to do", j.Run.ID, j.Run.State)
	}
	pause, err := enter(ctx, j)
	if problem.Is(err, problem.Drift) {
		if again, looked := j.writeAgain(ctx); again || looked != nil {
			return Pause{}, looked
		}
	}
	if j.mayBeTaken(err) {
		return Pause{}, j.another(ctx, err)
	}
	return pause, err
}

// Park saves that the run stands still, and lets go of it. Wait and retry wake it again at pause.Until.
func (j *Job) Park(ctx context.Context, pause Pause) error {
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			r.Door, r.Reason, r.WakeAt = pause.Door, pause.Reason, pause.Until
			if pause.Evidence != "" {
				r.Evidence = pause.Evidence
			}
		},
		events:  event("parked", pause.Reason.Text, "door", string(pause.Door), "code", pause.Reason.Code, "fix", pause.Reason.Fix),
		release: true,
	})
}

// Reopen opens a door that was closed for a person, who has come back: tries are counted anew. Where the time has come at which
// the question was to be asked again by itself, they aren't. Other doors need nothing.
func (j *Job) Reopen(ctx context.Context) error {
	if j.Run.Door != renewal.Person {
		return nil
	}
	j.reopened = j.Run.WakeAt.IsZero() || j.Now().Before(j.Run.WakeAt)
	tries := j.Run.Tries
	return j.save(ctx, draft{run: func(r *renewal.Run) {
		to(j.Run.State)(r)
		if !j.reopened {
			r.Tries = tries
		}
	}})
}

// CountTry saves that a step failed and will be tried again, so that a run that fails for ever ends before a person
// even if the process dies between tries.
func (j *Job) CountTry(ctx context.Context, cause error) error {
	return j.save(ctx, draft{
		run:    func(r *renewal.Run) { r.Tries++ },
		events: event("retry", cause.Error(), "state", string(j.Run.State)),
	})
}

// to edits a run so that it stands at the door of the next state.
func to(state renewal.State) func(*renewal.Run) {
	return func(r *renewal.Run) {
		r.State, r.Tries, r.Door, r.Reason, r.WakeAt = state, 0, renewal.Open, renewal.Reason{}, time.Time{}
	}
}
