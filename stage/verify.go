package stage

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/target"
)

// verify asks every place what it holds, as far as each can tell, and signs in once more. It writes nothing: a place
// that a stranger changed meanwhile is a person's business.
func verify(ctx context.Context, j *Job) (Pause, error) {
	if late, err := j.deliverLate(ctx); err != nil || late {
		return Pause{}, err
	}
	have, err := j.recover(ctx)
	if err != nil {
		return Pause{}, err
	}
	if !have && !j.handed() {
		attempt, _ := j.attempt()
		return Pause{}, j.startOver(ctx, attempt, "its value was lost and no place can give it back")
	}
	// mark: a probe may do work at the consumer, so that it was meant to run is saved
	if err := j.save(ctx, draft{audit: entry("verify", renewal.Tag(j.Run.ID, j.Run.Attempt), audit.Intended, "")}); err != nil {
		return Pause{}, err
	}
	if err := j.proveAll(ctx, false); err != nil {
		return Pause{}, err
	}
	if _, err := j.hear(ctx); err != nil {
		return Pause{}, err
	}
	return Pause{}, j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Overlapping)(r)
			r.VerifiedAt = j.Now()
		},
		events: event("verified", "every place was asked", "places", fmt.Sprint(len(j.Targets))),
		lazy:   true,
	})
}

// proveAll verifies the places side by side, with one sign-in beside them. With better set, only those that can show
// more than they have are asked again.
func (j *Job) proveAll(ctx context.Context, better bool) error {
	places := j.tasks(j.Targets, func(d renewal.Delivery) bool { return !better || d.Provable })
	run, parcel, written := j.Run, j.parcel(), target.Written{SeenInUse: j.seenInUse, Now: j.Now()}
	group, inner := errgroup.WithContext(ctx)
	if !better && !j.value.IsZero() {
		group.Go(func() error {
			if err := j.Issuer.SignIn(inner, j.ClientID, j.value); err != nil && !spreads(run, j.Now(), err) {
				return fmt.Errorf("sign in with the new secret: %w", err)
			}
			return nil
		})
	}
	for _, asked := range places {
		group.Go(func() error { return j.prove(inner, asked, written, parcel) })
	}
	return group.Wait()
}

// prove asks one place and saves how far the proof reaches. A weaker proof never replaces a stronger one.
func (j *Job) prove(ctx context.Context, asked task, written target.Written, parcel target.Parcel) error {
	place, d := asked.target.Place(), asked.delivery
	written.Receipt, written.At = d.Receipt, d.WrittenAt
	proof, err := asked.target.Verify(ctx, parcel, written)
	if err != nil {
		return fmt.Errorf("verify %s: %w", place.Title, err)
	}
	d.State, d.Provable = renewal.DeliveryVerified, proof.Better
	if !d.Rung.Above(proof.Rung) {
		d.Rung, d.ProvenAt, d.Note = proof.Rung, j.Now(), proof.Note
	}
	return j.save(ctx, draft{
		deliveries: []renewal.Delivery{d},
		events: event("verified place", place.Title, "target", place.ID, "rung", string(d.Rung), "probe", proof.Probe,
			"note", d.Note),
		audit: entry("verify", place.ID, audit.Happened, string(proof.Rung)+" "+proof.Probe),
		lazy:  true,
	})
}
