package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// deliver writes the new value: to the custodian first, so that it can be read back after a kill, then to all other
// places side by side.
func deliver(ctx context.Context, j *Job) (Pause, error) {
	have, err := j.recover(ctx)
	if err != nil {
		return Pause{}, err
	}
	if !have && !j.handed() {
		attempt, _ := j.attempt()
		return Pause{}, j.startOver(ctx, attempt, "its value was lost before the custodian had it")
	}
	if custodian := j.custodian(); custodian != nil {
		if err := j.entrust(ctx, custodian); err != nil {
			return Pause{}, err
		}
	}
	if err := j.deliverOthers(ctx); err != nil {
		return Pause{}, err
	}
	return Pause{}, j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Verifying)(r)
			r.DeliveredAt = j.Now()
		},
		events: event("delivered", "every place was written"),
		lazy:   true,
	})
}

// entrust writes the custodian. From then on the attempt is the chosen one.
func (j *Job) entrust(ctx context.Context, custodian target.Custodian) error {
	attempt, _ := j.attempt()
	if attempt.State == renewal.AttemptChosen && j.delivery(custodian.Place().ID).State != renewal.DeliveryIntended {
		return nil
	}
	// look: nobody else may have written since the plan was made
	if err := j.sameAsPlanned(ctx, custodian); err != nil {
		return err
	}
	place := j.task(custodian)
	if err := j.intendWrites(ctx, place); err != nil {
		return err
	}
	attempt.State = renewal.AttemptChosen
	return j.write(ctx, place, j.parcel(), attempt)
}

// sameAsPlanned refuses to write over a value that came into the custodian after the plan, unless it is ours.
func (j *Job) sameAsPlanned(ctx context.Context, custodian target.Custodian) error {
	standing, err := custodian.Look(ctx)
	if err != nil {
		return fmt.Errorf("look at %s: %w", custodian.Place().Title, err)
	}
	tag := renewal.Tag(j.Run.ID, j.Run.Attempt)
	if standing.Tag == tag || standing.Receipt == j.Run.Order.Found || j.oursIs(standing.Tag) || j.wrote(custodian, standing.Receipt) {
		return nil
	}
	return j.writtenOver(custodian.Place())
}

// writtenOver is what a person hears when another value came into the custodian after the plan.
func (j *Job) writtenOver(custodian target.Place) error {
	return problem.NeedsPerson(problem.Drift, custodian.Title, "somebody wrote another value since this renewal was planned",
		"look who it was (another Keyturn, the installer, or a person), then: keyturn abort "+j.Run.ID+" and keyturn plan "+j.App)
}

// oursIs reports whether tag names an earlier attempt of this run.
func (j *Job) oursIs(tag string) bool {
	for _, a := range j.History.Attempts {
		if a.Tag() == tag {
			return true
		}
	}
	return false
}

// wrote reports whether a place shows the receipt of a write of this run that was foretold, whether or not we lived to
// note that it happened.
func (j *Job) wrote(t target.Target, receipt string) bool {
	_, foretold := t.(target.Foretelling)
	id := t.Place().ID
	return foretold && slices.ContainsFunc(j.History.Deliveries, func(d renewal.Delivery) bool {
		return d.Target == id && d.Receipt == receipt && receipt != ""
	})
}

// deliverOthers writes every other place side by side. One that fails doesn't stop the rest; all failures come back,
// those that may pass by themselves first, so that they are tried again before a person is asked about the rest.
// Places that a person writes come last: what somebody was asked to carry there would be lost with an attempt that another
// place doesn't take.
func (j *Job) deliverOthers(ctx context.Context) error {
	var byHand []task
	left := slices.DeleteFunc(j.tasks(j.others(), unwritten), func(t task) bool {
		_, hand := t.target.(target.ByHand)
		if hand {
			byHand = append(byHand, t)
		}
		return hand
	})
	if err := j.writeAll(ctx, left); err != nil {
		return err
	}
	return j.writeAll(ctx, byHand)
}

func (j *Job) writeAll(ctx context.Context, left []task) error {
	var group errgroup.Group
	var passing, lasting []error
	var sorting sync.Mutex
	parcel := j.parcel()
	if err := j.intendWrites(ctx, left...); err != nil {
		return err
	}
	for _, place := range left {
		group.Go(func() error {
			err := j.write(ctx, place, parcel)
			sorting.Lock()
			defer sorting.Unlock()
			switch {
			case err == nil:
			case problem.Of(err).Class == problem.Retry:
				passing = append(passing, err)
			default:
				lasting = append(lasting, err)
			}
			return nil
		})
	}
	_ = group.Wait()
	return errors.Join(append(passing, lasting...)...)
}

// task is one place with where it stands, read before places are worked on side by side.
type task struct {
	target   target.Target
	delivery renewal.Delivery
	earlier  []string // receipts of earlier attempts at the same place
}

func (j *Job) task(t target.Target) task {
	id := t.Place().ID
	made := task{target: t, delivery: j.delivery(id)}
	for _, d := range j.History.Deliveries {
		if d.Target == id && d.N != j.Run.Attempt && d.Receipt != "" {
			made.earlier = append(made.earlier, d.Receipt)
		}
	}
	return made
}

func (j *Job) tasks(targets []target.Target, wanted func(renewal.Delivery) bool) []task {
	var list []task
	for _, t := range targets {
		if d := j.delivery(t.Place().ID); wanted(d) {
			list = append(list, j.task(t))
		}
	}
	return list
}

func unwritten(d renewal.Delivery) bool {
	return d.State != renewal.DeliveryWritten && d.State != renewal.DeliveryVerified
}

// intendWrites saves that places are about to be written.
func (j *Job) intendWrites(ctx context.Context, places ...task) error {
	if len(places) == 0 {
		return nil
	}
	// mark: if we die after this a place may hold the old value or the new one; writing again is safe.
	var d draft
	for _, p := range places {
		place := p.target.Place()
		p.delivery.State = renewal.DeliveryIntended
		if teller, ok := p.target.(target.Foretelling); ok {
			p.delivery.Receipt = teller.Foretell(j.parcel())
		}
		d.deliveries = append(d.deliveries, p.delivery)
		d.events = append(d.events, event("writing", place.Title, "target", place.ID)...)
		d.audit = append(d.audit, entry("write", place.ID, audit.Intended, "")...)
	}
	return j.save(ctx, d)
}

// write delivers the current attempt to one place whose write is marked, and saves with it what that makes of the
// attempt. It is called side by side, so it reads nothing of the job that another save changes.
func (j *Job) write(ctx context.Context, to task, parcel target.Parcel, chosen ...renewal.Attempt) error {
	place, d := to.target.Place(), to.delivery
	parcel.Earlier = to.earlier
	// act: each target looks again itself, to keep everything but the secret as it is
	receipt, err := to.target.Write(ctx, parcel)
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", place.Title, err), j.notWritten(ctx, place, err))
	}
	// advance
	d.State, d.Receipt, d.WrittenAt, d.Rung = renewal.DeliveryWritten, receipt, j.Now(), renewal.Acknowledged
	return j.save(ctx, draft{
		run:        func(r *renewal.Run) { r.Tries = 0 }, // whatever failed before, it goes on
		attempts:   chosen,
		deliveries: []renewal.Delivery{d},
		events:     event("written", place.Title, "target", place.ID),
		audit:      entry("write", place.ID, audit.Happened, receipt),
		lazy:       true,
	})
}

func (j *Job) notWritten(ctx context.Context, place target.Place, cause error) error {
	return j.save(ctx, draft{
		events: event("not written", cause.Error(), "target", place.ID),
		audit:  entry("write", place.ID, audit.Failed, cause.Error()),
	})
}
