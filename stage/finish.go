package stage

import (
	"context"
	"fmt"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/target"
)

// finish ends a run whose old password is gone.
func (j *Job) finish(ctx context.Context) error {
	if superseding, ok := j.custodian().(target.Superseding); ok && j.Run.Retires != "" {
		if err := superseding.Supersede(ctx, j.Run.Retires); err != nil {
			return fmt.Errorf("put the old version out of use: %w", err)
		}
	}
	outcome, text := j.outcome()
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Done)(r)
			r.Outcome, r.EndedAt = outcome, j.Now()
		},
		events:  event("done", text, "outcome", string(outcome), "keyId", j.Run.Retires, "evidence", j.Run.Evidence),
		audit:   entry("finish", j.Run.ID, audit.Happened, text),
		release: true,
	})
}

func (j *Job) outcome() (renewal.Outcome, string) {
	if j.Run.Order.Left != "" {
		return renewal.Expiring, "every place holds the new secret; the old one is left to its own end"
	}
	revokedFirst := j.Run.Order.Emergency && j.Run.Order.RoomKeyID != ""
	if j.Run.Retires == "" && !revokedFirst {
		return renewal.Added, "every place holds the new secret; nothing was retired"
	}
	return renewal.Renewed, "every place holds the new secret; the old one was removed"
}
