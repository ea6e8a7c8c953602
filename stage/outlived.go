package stage

import (
	"context"
	"time"

	"keyturn/audit"
	"keyturn/policy"
	"keyturn/renewal"
)

// orDue cuts a pause short that keeps the old password, so that it ends no later than when the new one is to be renewed itself:
// while a run is open no other one begins, and an old password that lives longer than the new would hold it until every
// consumer fails. From then on the old one is left to its own end. Where the service goes on with that, the plan has seen to it
// that it ends first.
func (j *Job) orDue(ctx context.Context, pause Pause) (Pause, error) {
	attempt, _ := j.attempt()
	if pause.Door == renewal.Open || j.Run.Retires == "" || j.Run.Order.Linger > 0 || attempt.End.IsZero() {
		return pause, nil
	}
	due := policy.DueFrom(j.Policy, attempt.Start, attempt.End)
	if !j.Now().Before(due) {
		return Pause{}, j.leaveOld(ctx)
	}
	if pause.Until.IsZero() || due.Before(pause.Until) {
		pause.Until = due
	}
	return pause, nil
}

// leaveOld gives up to retire the old password, which nobody is harmed by: the run then ends as one that retires none.
func (j *Job) leaveOld(ctx context.Context) error {
	text := "the new secret is to be renewed itself by now, so the old one is left to end by itself on " + j.Run.Order.RetiresEnd.Format(time.DateOnly)
	if j.Run.Order.RetiresEnd.IsZero() {
		text = "the new secret is to be renewed itself by now, so the old one, which has no end, is left: remove it when nobody uses it"
	}
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(r.State)(r)
			r.Order.Left, r.Retires, r.Evidence = r.Retires, "", text
		},
		events: event("left", text, "keyId", j.Run.Retires),
		audit:  entry("leave", j.Run.Retires, audit.Noted, text),
	})
}
