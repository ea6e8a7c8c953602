package stage

import (
	"context"
	"fmt"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/target"
)

// deliverLate goes back to delivering where the configuration has got a place since this run delivered, as when a person finds
// who still uses the old password. One that can't be asked what it holds would pass the gate, and fail from then on.
func (j *Job) deliverLate(ctx context.Context) (late bool, err error) {
	left := j.tasks(j.Targets, unwritten)
	if len(left) == 0 {
		return false, nil
	}
	var d draft
	for _, each := range left {
		place := each.target.Place()
		d.events = append(d.events, event("place added", place.Title+" came into the configuration: it is written too", "target", place.ID)...)
		d.audit = append(d.audit, entry("place", place.ID, audit.Noted, "came into the configuration")...)
	}
	d.run = func(r *renewal.Run) {
		to(renewal.Delivering)(r)
		r.Order.Targets = nil
		for _, t := range j.Targets {
			r.Order.Targets = append(r.Order.Targets, t.Place().ID)
		}
	}
	return true, j.save(ctx, d)
}

// writeAgain goes back to delivering where a place changed after we wrote it, and shows that it was this run: a write that a
// killed process had sent may arrive after the one that came of looking again. No person is needed for that.
func (j *Job) writeAgain(ctx context.Context) (again bool, err error) {
	var d draft
	for _, t := range j.Targets {
		written := j.delivery(t.Place().ID)
		if unwritten(written) {
			continue
		}
		standing, err := t.Look(ctx)
		if err != nil {
			return false, fmt.Errorf("look whether %s shows an earlier write: %w", t.Place().Title, err)
		}
		if standing.Receipt == written.Receipt || !j.mine(t, standing) {
			continue
		}
		written.State, written.Rung, written.Provable = renewal.DeliveryIntended, renewal.Unproven, false
		d.deliveries = append(d.deliveries, written)
		d.events = append(d.events, event("write arrived late", t.Place().Title+" shows an earlier write of this renewal: it is written again", "target", t.Place().ID)...)
		d.audit = append(d.audit, entry("write", t.Place().ID, audit.Noted, "an earlier write arrived late")...)
	}
	if len(d.deliveries) == 0 {
		return false, nil
	}
	d.run = to(renewal.Delivering)
	return true, j.save(ctx, d)
}

// mine reports whether what a place shows was surely written by this run.
func (j *Job) mine(t target.Target, standing target.Standing) bool {
	return standing.Exists && standing.Withheld == "" && (standing.Tag != "" && j.oursIs(standing.Tag) || j.wrote(t, standing.Receipt))
}
