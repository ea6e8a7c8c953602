package stage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"keyturn/credential"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// waitForRoom stops before an addPassword that is sure to be refused, because the app holds as many secrets as it may. An
// attempt of ours that was given up makes room for the next one, once it is sure that no place holds it.
func (j *Job) waitForRoom(ctx context.Context, app credential.App) (Pause, error) {
	if !j.full(app) {
		return Pause{}, nil
	}
	for _, a := range j.History.Attempts {
		if a.State != renewal.AttemptAbandoned || j.knownToNoPlace(a) { // the others are found out about already
			continue
		}
		if pause, err := j.takeBack(ctx, a); err != nil || pause.Door != renewal.Open {
			return pause, err
		}
	}
	if !j.full(app) {
		return Pause{}, nil
	}
	if slices.ContainsFunc(j.History.Attempts, func(a renewal.Attempt) bool { return !settled(a.State) }) {
		return waitUntil(j.Now().Add(time.Minute), problem.Full,
			"the app holds as many secrets as it may; waiting until it is sure which attempt of ours came to exist"), nil
	}
	return askPerson(problem.Full, fmt.Sprintf("the app holds %d secrets, as many as it may", app.MaxPasswords()),
		"name one that may go first: keyturn renew "+j.App+" --make-room SECRET-ID"), nil
}

// full reports whether the app holds as many secrets as it may, without attempts of ours that were seen to be gone: app may
// have been read before, or by a replica that lags.
func (j *Job) full(app credential.App) bool {
	held, limit := 0, app.MaxPasswords()
	for _, c := range app.Passwords() {
		gone := slices.ContainsFunc(j.History.Attempts, func(a renewal.Attempt) bool {
			return a.State == renewal.AttemptRemoved && a.KeyID == c.KeyID
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
			return askPerson(problem.Full, "the app holds as many secrets as it may, one of them is secret "+a.KeyID+", whose value this renewal lost, and "+place+" may hold it",
				"keyturn abort "+j.Run.ID+", write by hand what "+place+" is to hold, then: keyturn renew "+j.App+" --make-room SECRET-ID"), nil
		}
		if err := j.Sleep(ctx, wait); err != nil {
			return Pause{}, err
		}
	}
	return Pause{}, j.sweep(ctx, a)
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
