package stage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/audit"
	"keyturn/credential"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// gateLife is how long the gate's answer is good for; then everything is asked again.
const gateLife = 5 * time.Minute

// retire asks the gate and then removes the old password, the one thing in a renewal that can't be undone.
func retire(ctx context.Context, j *Job) (Pause, error) {
	if late, err := j.deliverLate(ctx); err != nil || late {
		return Pause{}, err
	}
	for _, hold := range []func(context.Context) (Pause, error){j.awaitRemoval, j.awaitFlight, j.askRulesAgain, j.gate} {
		if pause, err := hold(ctx); err != nil || pause.Door != renewal.Open {
			return pause, err
		}
	}
	if err := j.releaseOld(ctx); err != nil {
		return Pause{}, err
	}
	if err := j.removeOld(ctx); err != nil {
		return Pause{}, err
	}
	if pause, err := j.sweepAll(ctx); err != nil || pause.Door != renewal.Open {
		return pause, err
	}
	return Pause{}, j.finish(ctx)
}

// awaitRemoval holds the removal while windows and freezes allow no change. A renewal that retires nothing isn't held.
func (j *Job) awaitRemoval(ctx context.Context) (Pause, error) {
	may := policy.Permit(policy.Input{Now: j.Now(), Policy: j.Policy, Run: j.Run})
	if j.Run.Retires == "" || may.Allowed {
		return Pause{}, nil
	}
	if err := j.newIsKept(ctx); err != nil {
		return Pause{}, err
	}
	return j.orDue(ctx, waitUntil(may.From, string(may.Code), may.Text))
}

// gate asks again whatever must hold before the old password goes: the new one is there and signs in, and every place
// still shows what we wrote. Any no closes the run's door.
func (j *Job) gate(ctx context.Context) (Pause, error) {
	if !j.Run.GateAt.IsZero() && j.Now().Sub(j.Run.GateAt).Abs() < gateLife {
		return Pause{}, nil
	}
	have, err := j.recover(ctx)
	if err == nil {
		err = j.allHolds(ctx, have)
	}
	if spreads(j.Run, j.Now(), err) {
		return waitUntil(j.Now().Add(10*time.Minute), "spread", "the new secret isn't accepted everywhere yet"), j.newIsKept(ctx)
	}
	if err != nil {
		return Pause{}, fmt.Errorf("the gate before retiring: %w", err)
	}
	if pause, err := j.signsWithOld(ctx); err != nil || pause.Door != renewal.Open {
		return pause, err
	}
	text := "the new secret works and every place still holds it"
	if !have {
		text = "the new secret is on the app and every place still holds it; it can't be tried, since no place gives it back"
	}
	return Pause{}, j.save(ctx, draft{
		run:    func(r *renewal.Run) { r.GateAt = j.Now() },
		events: event("gate", text),
		audit:  entry("gate", j.Run.Retires, audit.Happened, j.Run.Evidence),
	})
}

// allHolds asks side by side whether the new password is there, whether it signs in, and whether every place shows what
// we wrote.
func (j *Job) allHolds(ctx context.Context, signsIn bool) error {
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return j.newIsSeen(inner) })
	if signsIn {
		group.Go(func() error { return j.newSignsIn(inner) })
	}
	for _, t := range j.Targets {
		group.Go(func() error { return j.unchanged(inner, t) })
	}
	return group.Wait()
}

// newIsThere sees in one look that the new password is on the app, with all that belongs to it; see newIsSeen.
func (j *Job) newIsThere(ctx context.Context) error {
	attempt, _ := j.attempt()
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return fmt.Errorf("look at the app: %w", err)
	}
	held, there := app.Find(attempt.KeyID)
	if !there {
		gone := problem.NeedsPerson(problem.Drift, "secret "+attempt.KeyID, "the new secret is no longer on the app",
			"somebody removed it (the installer, run again, removes every secret): keyturn abort "+j.Run.ID+", then keyturn renew "+j.App)
		gone.Err = errGone
		return gone
	}
	if held.Lacks != "" {
		return problem.NeedsPerson(problem.Drift, "secret "+attempt.KeyID, "the new secret lacks "+held.Lacks+" now",
			"somebody took them away; the old secret is kept: keyturn abort "+j.Run.ID+", then keyturn renew "+j.App)
	}
	return nil
}

func (j *Job) newSignsIn(ctx context.Context) error {
	if err := j.Issuer.SignIn(ctx, j.ClientID, j.value); err != nil {
		return fmt.Errorf("sign in with the new secret: %w", err)
	}
	return nil
}

// unchanged compares what a place shows with the receipt of our write. A replica may lag, so only several looks that
// agree count as a stranger's change.
func (j *Job) unchanged(ctx context.Context, t target.Target) error {
	place, ours, withheld := t.Place(), j.delivery(t.Place().ID).Receipt, ""
	for look := range goneReads {
		if look > 0 {
			if err := j.Sleep(ctx, gonePace); err != nil {
				return err
			}
		}
		standing, err := t.Look(ctx)
		if err != nil {
			return fmt.Errorf("look at %s: %w", place.Title, err)
		}
		if standing.Silent || (standing.Exists && standing.Receipt == ours && standing.Withheld == "") {
			return nil
		}
		withheld = standing.Withheld
	}
	if withheld != "" {
		return problem.NeedsPerson(problem.Drift, place.Title, withheld+"; the old secret is kept", "enable it again, then: keyturn resume "+j.App)
	}
	return problem.NeedsPerson(problem.Drift, place.Title, "somebody changed it after we wrote it; the old secret is kept",
		"see what it holds now; to write ours again: keyturn resume "+j.App+" --overwrite; to leave it: keyturn abort "+j.Run.ID)
}

// removeOld removes the password that this run replaces, and nothing else.
func (j *Job) removeOld(ctx context.Context) error {
	keyID := j.Run.Retires
	if keyID == "" {
		return nil
	}
	// look
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return fmt.Errorf("look before removing: %w", err)
	}
	held, there := app.Find(keyID)
	if there {
		if err := j.remove(ctx, app, held); err != nil {
			return err
		}
	}
	// advance, once several replicas agree
	return j.awaitGone(ctx, keyID)
}

func (j *Job) remove(ctx context.Context, app credential.App, held credential.Credential) error {
	// mark: if we die after this, looking again finds the password or doesn't; both are a good place to go on from.
	if err := j.save(ctx, draft{
		events: event("removing", "removing the old secret", "keyId", held.KeyID),
		audit:  entry("remove", held.KeyID, audit.Intended, j.Run.Evidence),
	}); err != nil {
		return err
	}
	// act
	if err := j.Issuer.Remove(ctx, app, held); err != nil {
		failed := j.save(ctx, draft{audit: entry("remove", held.KeyID, audit.Failed, err.Error())})
		return errors.Join(fmt.Errorf("remove the old secret %s: %w", held.KeyID, err), failed)
	}
	return j.save(ctx, draft{audit: entry("remove", held.KeyID, audit.Happened, "")})
}

const (
	goneReads = 3               // looks in a row that must agree that a password is gone
	gonePace  = 2 * time.Second // between rounds of looks
	goneLimit = 5 * time.Minute // then the run is parked and looks again later
)

// awaitGone returns nil once several looks in a row don't show the password.
func (j *Job) awaitGone(ctx context.Context, keyID string) error {
	for began := j.Now(); j.Now().Sub(began) < goneLimit; {
		gone, err := j.gone(ctx, keyID, "")
		if err != nil || gone {
			return err
		}
		if err := j.Sleep(ctx, gonePace); err != nil {
			return err
		}
	}
	return problem.Later("remove.lag", "secret "+keyID, 5*time.Minute, errors.New("removed, yet still shown by some replicas"))
}

// gone asks several replicas at once whether a password, named by key id or by mark, isn't there any more.
func (j *Job) gone(ctx context.Context, keyID, mark string) (bool, error) {
	seen := make([]bool, goneReads)
	group, ctx := errgroup.WithContext(ctx)
	for i := range seen {
		group.Go(func() error {
			app, err := j.Issuer.Look(ctx, j.ClientID)
			if err != nil {
				return fmt.Errorf("look whether it is gone: %w", err)
			}
			_, byKey := app.Find(keyID)
			_, byMark := app.ByDescription(mark)
			seen[i] = (keyID != "" && byKey) || (mark != "" && byMark)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	for _, s := range seen {
		if s {
			return false, nil
		}
	}
	return true, nil
}
