package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"keyturn/problem"
	"keyturn/renewal"
)

// awaitFlight waits until whatever a killed process had sent has arrived: a place that gets the value of an attempt which was
// given up must be seen to hold it, before that attempt is removed. The present one was begun after that process had died.
func (j *Job) awaitFlight(context.Context) (Pause, error) {
	attempt, _ := j.attempt()
	arrived := attempt.At.Add(inFlight)
	held := func(a renewal.Attempt) bool { return j.givenUp(a) && !j.knownToNoPlace(a) }
	if !j.Now().Before(arrived) || !slices.ContainsFunc(j.History.Attempts, held) {
		return Pause{}, nil
	}
	return waitUntil(arrived, "attempt.doubtful", "a write of an attempt that was given up may still arrive"), nil
}

// sweepAll removes the attempts that were given up although some place may have known them: now that the gate has seen
// every place on the chosen one, nobody uses them. One whose request got no answer may still turn up in a replica for a
// while, so the run isn't done before that time has passed.
func (j *Job) sweepAll(ctx context.Context) (Pause, error) {
	if err := j.clearLate(ctx); err != nil {
		return Pause{}, err
	}
	for _, a := range j.History.Attempts {
		if !j.givenUp(a) {
			continue
		}
		if err := j.sweep(ctx, a); err != nil {
			return Pause{}, err
		}
	}
	for _, a := range j.History.Attempts {
		if !j.givenUp(a) {
			continue
		}
		if surely := a.At.Add(doubtWindow); j.Now().Before(surely) {
			return waitUntil(surely, "attempt.doubtful",
				"an attempt whose request got no answer may still turn up; the renewal is done when it surely doesn't"), nil
		}
		return Pause{}, problem.Later("replica.lag", "secret "+a.KeyID, 0, errors.New("some replicas still show an attempt that was given up, others don't"))
	}
	return Pause{}, nil
}

// sweepEarly removes attempts that were given up before the old password ends, where the service uses the oldest one that
// is valid: it would go on with such an attempt, which no consumer has. Every place is seen first to have another.
func (j *Job) sweepEarly(ctx context.Context) (Pause, error) {
	if j.Run.Order.Linger == 0 || !slices.ContainsFunc(j.History.Attempts, j.givenUp) {
		return Pause{}, nil
	}
	if pause, err := j.awaitFlight(ctx); err != nil || pause.Door != renewal.Open {
		return pause, err
	}
	if err := j.allHolds(ctx, false); err != nil {
		return Pause{}, fmt.Errorf("before attempts that were given up are removed: %w", err)
	}
	return j.sweepAll(ctx)
}

// givenUp reports whether an attempt isn't the present one, and something is left to find out or to remove of it.
func (j *Job) givenUp(a renewal.Attempt) bool { return a.N != j.Run.Attempt && !settled(a.State) }

// settled reports whether nothing is left to find out or to remove of an attempt.
func settled(state renewal.AttemptState) bool {
	return state == renewal.AttemptRemoved || state == renewal.AttemptVoid
}
