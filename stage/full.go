package stage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"keyturn/audit"
	"keyturn/credential"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// waitForRoom stops before an addPassword that is sure to be refused, because the app holds as many secrets as it may. An
// attempt of ours that was given up makes room for the next one, once it is sure that no place holds it.
func (j *Job) waitForRoom(ctx context.Context, app credential.App) (Pause, error) {
	app, full, err := j.surelyFull(ctx, app)
	if err != nil || !full {
		return Pause{}, err
	}
	if err := j.abandonLate(ctx, app); err != nil {
		return Pause{}, err
	}
	if pause, err := j.takeAllBack(ctx, app); err != nil || pause.Door != renewal.Open || j.Run.State != renewal.Issuing {
		return pause, err
	}
	if !j.full(app) {
		return Pause{}, nil
	}
	if j.inDoubt(true) {
		return j.waitForDoubt(), nil
	}
	return askPerson(problem.Full, fmt.Sprintf("the app holds %d secrets, as many as it may", app.MaxPasswords()),
		"name one that may go first: keyturn renew "+j.App+" --make-room SECRET-ID"), nil
}

// takeAllBack removes attempts that were given up until there is room: first those that no place can know.
func (j *Job) takeAllBack(ctx context.Context, app credential.App) (Pause, error) {
	if err := j.sweepUnknown(ctx); err != nil || !j.full(app) {
		return Pause{}, err
	}
	for _, a := range j.History.Attempts {
		_, there := j.ours(app, a)
		if !there || a.State != renewal.AttemptAbandoned || j.knownToNoPlace(a) {
			continue
		}
		if pause, err := j.takeBack(ctx, a); err != nil || pause.Door != renewal.Open || j.Run.State != renewal.Issuing || !j.full(app) {
			return pause, err
		}
	}
	return Pause{}, nil
}

// sweepUnknown removes attempts that were given up and that no place can know.
func (j *Job) sweepUnknown(ctx context.Context) error {
	for _, a := range j.History.Attempts {
		if a.State != renewal.AttemptAbandoned || !j.knownToNoPlace(a) {
			continue
		}
		if err := j.sweep(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// inDoubt reports whether an attempt of this run may take room on the app and is still to be found out about, or to go, or was
// asked for so lately that no replica is to be believed; with void set, those too that surely came to nothing. What stays so
// for longer than any window is for a person.
func (j *Job) inDoubt(void bool) bool {
	return slices.ContainsFunc(j.History.Attempts, func(a renewal.Attempt) bool {
		age := j.Now().Sub(a.At)
		return age < doubtWindow && (void || a.State != renewal.AttemptVoid) || !settled(a.State) && j.knownToNoPlace(a) && age < 4*doubtWindow
	})
}

// waitForDoubt is how a run stands still that needs the room of its own attempts: each is gone, or was never made, when the
// doubt window is over.
func (j *Job) waitForDoubt() Pause {
	return waitUntil(j.Now().Add(time.Minute), problem.Full,
		"the app holds as many secrets as it may; waiting until it is sure which attempt of ours came to exist")
}

// refusedAsFull is what follows on a refusal. Where the app is full, which showed room a moment ago, an attempt of ours that isn't
// shown yet takes the room, or a replica is behind; any other refusal is passed on as it is.
func (j *Job) refusedAsFull(app credential.App, cause error) (Pause, error) {
	switch {
	case !problem.Is(cause, problem.Full) || app.MaxPasswords() == 0:
		return Pause{}, cause
	case j.inDoubt(false): // or each refusal would be the reason to wait for the next
		return j.waitForDoubt(), nil
	}
	return Pause{}, problem.Later(problem.Full, app.Name, 0, cause)
}

// surelyFull reports whether several looks agree that the app is full, since a replica may be behind, and returns the last.
func (j *Job) surelyFull(ctx context.Context, app credential.App) (seen credential.App, full bool, err error) {
	for look := 1; j.full(app) && look < goneReads; look++ {
		if err := j.Sleep(ctx, gonePace); err != nil {
			return app, false, err
		}
		if app, err = j.Issuer.Look(ctx, j.ClientID); err != nil {
			return app, false, fmt.Errorf("look whether it has room: %w", err)
		}
	}
	return app, j.full(app), nil
}

// full reports whether the app holds as many secrets as it may, without those that this run saw to be gone: app may
// have been read before, or by a replica that lags.
func (j *Job) full(app credential.App) bool {
	held, limit := 0, app.MaxPasswords()
	for _, c := range app.Passwords() {
		gone := c.KeyID == j.Run.Order.RoomKeyID || slices.ContainsFunc(j.History.Attempts, func(a renewal.Attempt) bool {
			return a.KeyID == c.KeyID && (a.State == renewal.AttemptRemoved || slices.Contains(j.removed, a.N))
		})
		if !gone {
			held++
		}
	}
	return limit > 0 && held >= limit
}

// inFlight is how long a write that a killed process had sent last may take to arrive.
const inFlight = time.Minute

// takeBack removes an attempt that was given up after a write of it was intended, where no place holds it, now and after
// anything still on its way has arrived. Removing one that a place may hold is a person's decision.
func (j *Job) takeBack(ctx context.Context, a renewal.Attempt) (Pause, error) {
	j.progress("waiting", "the app has no room for another secret: seeing for a minute whether a place holds the one that was lost", map[string]string{"keyId": a.KeyID})
	for _, wait := range []time.Duration{inFlight, 0} {
		place, err := j.holder(ctx, a)
		if err != nil {
			return Pause{}, err
		}
		if place != "" {
			if revived, err := j.revive(ctx, a); err != nil || revived {
				return Pause{}, err
			}
			return askPerson(problem.Full, "the app holds as many secrets as it may, one of them is secret "+a.KeyID+", whose value this renewal lost, and "+place+" may hold it",
				"keyturn abort "+j.Run.ID+", write by hand what "+place+" is to hold, then: keyturn renew "+j.App+" --make-room SECRET-ID"), nil
		}
		if err := j.Sleep(ctx, wait); err != nil {
			return Pause{}, err
		}
	}
	return Pause{}, j.sweep(ctx, a)
}

// revive goes on with an attempt that was given up, where the custodian gives its value back after all: what a killed process
// had sent has arrived.
func (j *Job) revive(ctx context.Context, a renewal.Attempt) (bool, error) {
	custodian := j.custodian()
	if custodian == nil || j.inSteps() {
		return false, nil
	}
	receipt := j.History.Of(a.N)[custodian.Place().ID].Receipt
	if _, _, err := custodian.Recall(ctx, a.Tag(), receipt); problem.Is(err, problem.NotFound) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("read the value of %s back: %w", a.Mark, err)
	}
	a.State = renewal.AttemptSettled
	return true, j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Delivering)(r)
			r.Attempt = a.N
		},
		attempts: []renewal.Attempt{a},
		events:   event("attempt found", "the custodian has its value: it is gone on with", "mark", a.Mark, "keyId", a.KeyID),
		audit:    entry("attempt", a.Mark, audit.Noted, "found: the custodian has its value"),
	})
}

// holder names a place that may hold what an attempt made; "" = surely none does.
func (j *Job) holder(ctx context.Context, a renewal.Attempt) (string, error) {
	for _, d := range j.History.Deliveries {
		if d.N != a.N {
			continue
		}
		at := slices.IndexFunc(j.Targets, func(t target.Target) bool { return t.Place().ID == d.Target })
		if at < 0 {
			return d.Target, nil // it left the configuration
		}
		if may, err := mayHold(ctx, j.Targets[at], a, d); err != nil {
			return "", fmt.Errorf("see whether %s holds %s: %w", d.Target, a.Mark, err)
		} else if may {
			return j.Targets[at].Place().Title, nil
		}
	}
	return "", nil
}

// mayHold reports whether a place may hold what an attempt made. Only one that gives its value back, or whose receipt was
// foretold, can deny it.
func mayHold(ctx context.Context, t target.Target, a renewal.Attempt, d renewal.Delivery) (bool, error) {
	if custodian, ok := t.(target.Custodian); ok {
		_, _, err := custodian.Recall(ctx, a.Tag(), d.Receipt)
		if problem.Is(err, problem.NotFound) {
			return false, nil
		}
		return true, err
	}
	standing, err := t.Look(ctx)
	if err != nil || !standing.Exists {
		return false, err
	}
	_, foretold := t.(target.Foretelling)
	return !foretold || standing.Silent || standing.Receipt == d.Receipt, nil
}
