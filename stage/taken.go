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

// takenAge is how old a secret must be before its absence counts: the replicas that answer a read may not know a younger one.
const takenAge = 30 * time.Second

// errTaken is why a secret that doesn't settle is given up before its time.
var errTaken = errors.New("somebody removed it from the app")

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

// newIsSeen is newIsThere, except that a replica may be behind: only several looks that agree count as a stranger's doing, and
// none of them where the secret was made a moment ago.
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
			return problem.Later("replica.lag", "secret "+attempt.KeyID, 0, errors.New("it isn't shown whole by every replica yet"))
		}
	}
	return err
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
