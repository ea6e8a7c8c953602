package stage

import (
	"context"
	"errors"
	"fmt"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/target"
)

// releaseOld has every place that holds the old value beside the new one let go of it, before it is removed: a consumer
// that is asked to sign in with it afterwards would fail. Where the service goes on with the old one for a while even after
// it is removed before its end, as in an emergency, places keep it: it can do no harm any more, and the next renewal takes
// its place.
func (j *Job) releaseOld(ctx context.Context) error {
	early := j.Run.Order.Spread > 0 && j.Now().Before(j.Run.Order.RetiresEnd)
	if j.Run.Retires == "" || early {
		return nil
	}
	for _, t := range j.Targets {
		if releasing, ok := t.(target.Releasing); ok {
			if err := j.release(ctx, t, releasing); err != nil {
				return err
			}
		}
	}
	return nil
}

// release is safe to repeat after a kill anywhere: a place that has let go stays as it is.
func (j *Job) release(ctx context.Context, t target.Target, releasing target.Releasing) error {
	place, d := t.Place(), j.delivery(t.Place().ID)
	// mark
	if err := j.save(ctx, draft{
		events: event("releasing", place.Title, "target", place.ID),
		audit:  entry("release", place.ID, audit.Intended, j.Run.Retires),
	}); err != nil {
		return err
	}
	// act
	receipt, err := releasing.Release(ctx, j.parcel())
	if err != nil {
		failed := j.save(ctx, draft{audit: entry("release", place.ID, audit.Failed, err.Error())})
		return errors.Join(fmt.Errorf("take the old secret out of %s: %w", place.Title, err), failed)
	}
	// advance
	d.Receipt = receipt
	return j.save(ctx, draft{
		deliveries: []renewal.Delivery{d},
		events:     event("released", place.Title, "target", place.ID),
		audit:      entry("release", place.ID, audit.Happened, receipt),
	})
}
