package stage

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
)

const (
	// settlePace is how often a new secret is tried while it settles. Every success comes from one of many sign-in
	// nodes that learn of it at their own time, so more tries find a late one sooner; three seconds stay far below
	// what Entra takes for a loop (AADSTS50196).
	settlePace = 3 * time.Second
	// settleWidth is how many fresh connections each try opens at once, to reach different nodes.
	settleWidth = 2
	// settleLimit is how long a value may wait in memory before its attempt is given up.
	settleLimit = 30 * time.Minute
)

// settle tries the new password until it works wherever it is asked. After a kill here the value is lost, and with it
// the attempt: no place knows it, so it is removed and a new one is made.
func settle(ctx context.Context, j *Job) (Pause, error) {
	// look
	attempt, ok := j.attempt()
	if !ok || j.value.IsZero() || j.valueOf != attempt.N {
		return Pause{}, j.startOver(ctx, attempt, "its value was lost before any place had it")
	}
	// act: signing in changes nothing, so there is nothing to mark
	told, err := j.trySettling(ctx, attempt)
	if err != nil {
		return Pause{}, err
	}
	// advance
	attempt.State = renewal.AttemptSettled
	return Pause{}, j.save(ctx, draft{
		run:      to(renewal.Delivering),
		attempts: []renewal.Attempt{attempt},
		events:   event("settled", told, "keyId", attempt.KeyID),
		audit:    entry("settle", attempt.KeyID, audit.Happened, told),
		lazy:     true,
	})
}

// trySettling tries the new password until it works everywhere. Where that may take a day it is tried once, for what only a
// person could mend, and delivered at once: its value couldn't wait so long in memory, and consumers have the old one
// beside it; see awaitSpread.
func (j *Job) trySettling(ctx context.Context, attempt renewal.Attempt) (told string, err error) {
	if j.Run.Order.Spread == 0 {
		return "the new secret signs in everywhere it was tried", j.proveEverywhere(ctx, attempt)
	}
	accepted, err := j.tryOnce(ctx, 1)
	switch {
	case accepted == 0 && j.Run.Order.Expired:
		return "the new secret isn't known everywhere yet; consumers get it now, and fail until it is", err
	case accepted == 0:
		return "the new secret isn't known everywhere yet; consumers get it beside the old one", err
	}
	return "the new secret was accepted; consumers get it beside the old one", err
}

// startOver abandons an attempt and goes back to issuing. What was delivered and proven was that attempt's alone.
func (j *Job) startOver(ctx context.Context, attempt renewal.Attempt, why string) error {
	if j.Run.Order.Reuse { // nothing is made, and the secret isn't ours to give up
		return problem.NeedsPerson(problem.Drift, "secret "+attempt.KeyID, "its value, which this renewal spreads, can't be read any more: "+why,
			"keyturn abort "+j.Run.ID+"; then put the value that is to be used into the custodian and: keyturn plan "+j.App)
	}
	if attempt.N > 0 {
		if err := j.abandon(ctx, attempt, why); err != nil {
			return err
		}
	}
	j.seenInUse = false
	return j.save(ctx, draft{run: func(r *renewal.Run) {
		to(renewal.Issuing)(r)
		r.DeliveredAt, r.VerifiedAt, r.WatermarkAt = time.Time{}, time.Time{}, time.Time{}
	}})
}

// proveEverywhere returns nil once sign-ins were accepted without a refusal for long enough.
func (j *Job) proveEverywhere(ctx context.Context, attempt renewal.Attempt) error {
	streak, asked := streak{want: j.Run.Order.Successes, over: j.Run.Order.Over, born: j.Now()}, j.Now()
	for {
		accepted, err := j.tryOnce(ctx, streak.width())
		if err != nil {
			return err
		}
		streak.count(j.Now(), accepted)
		j.progress("settling", streak.String(), map[string]string{"keyId": attempt.KeyID})
		if streak.enough(j.Now()) {
			return nil
		}
		if accepted == 0 && j.Now().Sub(asked) > takenAge {
			asked = j.Now()
			if taken, err := j.taken(ctx); err == nil && taken {
				return problem.Later(problem.SignIn, "secret "+attempt.KeyID, 0, errTaken)
			}
		}
		if streak.got == 0 && j.Now().Sub(streak.born) > settleLimit { // a machine that slept meanwhile tries once more
			return problem.NeedsPerson("settle.slow", "secret "+attempt.KeyID, "still refused somewhere after "+settleLimit.String(),
				"check that the app is enabled and that no Conditional Access policy blocks it, then: keyturn resume "+j.App)
		}
		if err := j.Sleep(ctx, settlePace); err != nil {
			return err
		}
	}
}

// tryOnce signs in on width fresh connections at once and returns how many were accepted: all of them or, when any was
// refused, none. Failures other than a refusal are returned.
func (j *Job) tryOnce(ctx context.Context, width int) (accepted int, err error) {
	group, ctx := errgroup.WithContext(ctx)
	for range width {
		group.Go(func() error { return j.Issuer.SignIn(ctx, j.ClientID, j.value) })
	}
	err = group.Wait()
	if problem.Is(err, problem.SignIn) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("try the new secret: %w", err)
	}
	return width, nil
}
