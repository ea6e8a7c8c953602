package stage

import (
	"context"
	"fmt"
	"time"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
)

// spreadPace is how often a new password is tried while it may still be unknown somewhere.
const spreadPace = time.Hour

// spreads reports whether a refusal is only that the new password isn't known everywhere yet, as it needn't be while
// consumers have both. It takes the run as it was read, because places are saved beside a sign-in.
func spreads(run renewal.Run, now time.Time, refused error) bool {
	return problem.Is(refused, problem.SignIn) && run.Order.Spread > 0 &&
		(run.DeliveredAt.IsZero() || now.Before(run.DeliveredAt.Add(run.Order.Spread)))
}

// awaitSpread tries the new password now and then for as long as the service may need to know it everywhere. Consumers
// have both meanwhile, so a refusal harms nobody; at the end it must be accepted. Where no place can give the value back,
// there is nothing to try with, and the consumers' own sign-ins have to tell.
func (j *Job) awaitSpread(ctx context.Context) (Pause, error) {
	until := j.Run.DeliveredAt.Add(j.Run.Order.Spread)
	if j.Run.Order.Spread == 0 || !j.Run.WatermarkAt.Before(until) || j.Run.Order.Emergency {
		return Pause{}, nil
	}
	have, err := j.recover(ctx)
	refused := problem.Is(err, problem.SignIn)
	if err != nil && !refused {
		return Pause{}, err
	}
	accepted := 0
	if have && !refused {
		if accepted, err = j.tryOnce(ctx, settleWidth); err != nil {
			return Pause{}, err
		}
	}
	return j.spreadSoFar(ctx, until, accepted > 0, have || refused)
}

// spreadSoFar says what a try told.
func (j *Job) spreadSoFar(ctx context.Context, until time.Time, accepted, tried bool) (Pause, error) {
	text := "the new secret was accepted"
	switch {
	case !tried:
		text = "the new secret can't be tried, since no place gives it back"
	case !accepted && j.Run.Order.Expired:
		text = "the new secret is still refused somewhere; consumers fail until it is known, since the old one has expired"
	case !accepted:
		text = "the new secret is still refused somewhere; consumers go on with the old one"
	}
	if j.Now().Before(until) {
		next := j.Now().Add(spreadPace)
		if until.Before(next) {
			next = until
		}
		return waitUntil(next, "spread", fmt.Sprintf("%s; it may take until %s to be known everywhere", text, until.UTC().Format("2006-01-02 15:04Z"))), nil
	}
	if tried && !accepted {
		return askPerson("settle.slow", text+", after "+j.Run.Order.Spread.String(),
			"the old secret works until "+j.Run.Order.RetiresEnd.Format(time.DateOnly)+": see keyturn doctor "+j.App+", then keyturn resume "+j.App), nil
	}
	return Pause{}, j.save(ctx, draft{
		run:    func(r *renewal.Run) { r.WatermarkAt = j.Now() },
		events: event("spread", text+" after the time in which it gets known everywhere"),
		audit:  entry("spread", renewal.Tag(j.Run.ID, j.Run.Attempt), audit.Noted, text),
	})
}
