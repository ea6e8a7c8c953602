package stage

import (
	"context"
	"fmt"
	"slices"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// Delivered keeps that a person says the new secret is in the places that only people write. The value was shown once and
// isn't needed for it.
func Delivered(ctx context.Context, j *Job, who string) error {
	var d draft
	for _, each := range j.tasks(j.Targets, unwritten) {
		place := each.target.Place()
		if _, ok := each.target.(target.ByHand); !ok || each.delivery.State != renewal.DeliveryIntended {
			continue
		}
		each.delivery.State, each.delivery.Receipt = renewal.DeliveryWritten, renewal.Tag(j.Run.ID, j.Run.Attempt)
		each.delivery.WrittenAt, each.delivery.Rung = j.Now(), renewal.Acknowledged
		d.deliveries = append(d.deliveries, each.delivery)
		d.events = append(d.events, event("written", place.Title+", says "+who, "target", place.ID)...)
		d.audit = append(d.audit, entry("write", place.ID, audit.Happened, "says "+who)...)
	}
	if len(d.deliveries) == 0 {
		return problem.NeedsPerson("manual.nothing", "run "+j.Run.ID, "no place waits for a person's word that the new secret is in it",
			"see keyturn show "+j.Run.ID)
	}
	d.run = to(j.Run.State)
	if err := j.save(ctx, d); err != nil {
		return fmt.Errorf("keep a person's word: %w", err)
	}
	return nil
}

// handed reports whether every place is written and one of them by a person. Such a run goes on without the value where that
// is lost: making another would have the person do it all again, for no better proof.
func (j *Job) handed() bool {
	if len(j.tasks(j.Targets, unwritten)) > 0 {
		return false
	}
	return slices.ContainsFunc(j.Targets, func(t target.Target) bool { _, ok := t.(target.ByHand); return ok })
}
