package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// takenAge is how old a secret must be before its absence counts at all: the replicas that answer a read may not know a younger
// one. Until the doubt window is over it counts only where the secret is refused too, since all replicas may lag for minutes.
const takenAge = 30 * time.Second

// errTaken is why a secret that doesn't settle is given up before its time.
var errTaken = errors.New("somebody removed it from the app")

// errGone is in what a person hears of a new secret that isn't there.
var errGone = errors.New("no replica that was asked shows it")

// another makes a new secret where the one that this run made is gone from the app: somebody removed it, and whoever holds
// it fails until it holds another. Where a place was changed too, it was an installer or another Keyturn, and a person
// decides. Any other failure is passed on as it is.
func (j *Job) another(ctx context.Context, cause error) error {
	if !errors.Is(cause, errTaken) {
		taken, err := j.taken(ctx)
		if err != nil || !taken {
			return cause
		}
	}
	for _, t := range j.Targets {
		if unwritten(j.delivery(t.Place().ID)) {
			continue
		}
		switch err := j.unchanged(ctx, t); {
		case problem.Is(err, problem.Drift):
			if standing, unread := t.Look(ctx); unread == nil && j.mine(t, standing) {
				continue // an earlier write of ours, which arrived late
			}
			return j.resetByOthers(t.Place())
		case err != nil:
			return err
		}
	}
	attempt, _ := j.attempt()
	return j.startOver(ctx, attempt, "somebody removed it from the app, so another is made")
}

// newIsKept sees, whenever a run that waits out its overlap is looked at again, that nobody removed the new secret meanwhile.
func (j *Job) newIsKept(ctx context.Context) error {
	attempt, _ := j.attempt()
	if attempt.KeyID == "" || j.Now().Sub(j.Run.VerifiedAt) < takenAge {
		return nil
	}
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return fmt.Errorf("look at the app: %w", err)
	}
	if _, there := app.Find(attempt.KeyID); there {
		return nil
	}
	if taken, err := j.taken(ctx); err != nil || !taken {
		return err
	}
	return problem.Later(problem.SignIn, "secret "+attempt.KeyID, 0, errTaken)
}

// newIsSeen is newIsThere, except that a replica may be behind: only looks that agree count as a stranger's doing, and those
// tell only of a secret that wasn't made a moment ago.
func (j *Job) newIsSeen(ctx context.Context) (err error) {
	attempt, _ := j.attempt()
	for look := range goneReads {
		if look > 0 {
			if err := j.Sleep(ctx, gonePace); err != nil {
				return err
			}
		}
		if err = j.newIsThere(ctx); !problem.Is(err, problem.Drift) {
			return err
		}
		if j.Now().Sub(attempt.At) < takenAge {
			return j.lags()
		}
	}
	if !errors.Is(err, errGone) || j.Run.Order.Reuse {
		return err
	}
	switch taken, unread := j.taken(ctx); {
	case unread != nil:
		return unread
	case taken:
		return problem.Later(problem.SignIn, "secret "+attempt.KeyID, 0, errTaken)
	}
	return j.lags()
}

// lags is the problem of replicas that don't agree on the new secret.
func (j *Job) lags() error {
	attempt, _ := j.attempt()
	return problem.Later("replica.lag", "secret "+attempt.KeyID, 0, errors.New("it isn't shown whole by every replica yet"))
}

// resetByOthers is what a person hears when somebody removed the new secret and wrote to a place too: only a person knows whose value counts.
func (j *Job) resetByOthers(changed target.Place) error {
	attempt, _ := j.attempt()
	return problem.NeedsPerson(problem.Drift, "secret "+attempt.KeyID,
		"somebody removed the new secret from the app and changed "+changed.Title+", as an installer that is run again does",
		"keyturn abort "+j.Run.ID+"; then, if what the Key Vault holds is good: keyturn renew "+j.App+" --reuse, which spreads it; else keyturn renew "+j.App+" --replace SECRET-ID")
}

// mayBeTaken reports whether a failure is one that a removed secret causes: it is refused, or a place that tried it says so.
func (j *Job) mayBeTaken(cause error) bool {
	holding := []renewal.State{renewal.Settling, renewal.Delivering, renewal.Verifying, renewal.Overlapping, renewal.Retiring}
	return cause != nil && slices.Contains(holding, j.Run.State) &&
		(problem.Is(cause, problem.SignIn) || problem.Of(cause).Class == problem.Person)
}

// taken reports whether the current attempt's secret is gone, by looks that agree, two rounds of them.
func (j *Job) taken(ctx context.Context) (bool, error) {
	attempt, ok := j.attempt()
	if !ok || attempt.KeyID == "" || j.Run.Order.Reuse || j.Now().Sub(attempt.At) < takenAge {
		return false, nil
	}
	if j.Now().Sub(attempt.At) < doubtWindow && !j.refused(ctx) {
		return false, nil
	}
	for look := range 2 {
		if look > 0 {
			if err := j.Sleep(ctx, gonePace); err != nil {
				return false, err
			}
		}
		if gone, err := j.gone(ctx, attempt.KeyID, attempt.Mark); err != nil || !gone {
			return false, err
		}
	}
	return true, nil
}

// refused reports whether the current attempt's value is at hand and isn't accepted. One that hasn't settled may be refused
// because it is new.
func (j *Job) refused(ctx context.Context) bool {
	attempt, _ := j.attempt()
	if j.Run.State == renewal.Settling || j.Run.Order.Spread > 0 {
		return false
	}
	if j.valueOf != attempt.N || j.value.IsZero() {
		_, err := j.recover(ctx)
		return problem.Is(err, problem.SignIn)
	}
	return problem.Is(j.newSignsIn(ctx), problem.SignIn)
}
