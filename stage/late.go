package stage

import (
	"context"

	"keyturn/audit"
	"keyturn/renewal"
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
