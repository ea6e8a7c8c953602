package stage

import (
	"context"
	"errors"
	"fmt"

	"keyturn/audit"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
)

// Abort ends a run for good, as who told. Passwords that no place can know are removed, because nobody could ever use them; every
// other one stays valid. Nothing is broken to tidy up. Where the app can't be asked or changed for good, as one that was deleted,
// the run ends all the same: nobody could end it otherwise. A failure that may pass is returned.
func Abort(ctx context.Context, j *Job, who string) error {
	left := ""
	switch err := j.tidy(ctx); {
	case err != nil && problem.Of(err).Class == problem.Retry, errors.Is(err, ErrUnsaved):
		return err
	case err != nil:
		left = "; what it made couldn't be tidied up: " + problem.Sentence(err)
	}
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Aborted)(r)
			r.Outcome, r.EndedAt = renewal.Stopped, j.Now()
		},
		attempts: j.unseen(),
		events:   event("aborted", "ended by "+who+"; every secret that a place may hold stays valid"+left),
		audit:    entry("abort", j.Run.ID, audit.Happened, who+left),
		release:  true,
	})
}

// tidy removes what no place can know.
func (j *Job) tidy(ctx context.Context) error {
	if err := j.clearLate(ctx); err != nil {
		return err
	}
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return fmt.Errorf("look before aborting: %w", err)
	}
	if err := j.clearDoubts(ctx, app); err != nil {
		return err
	}
	for _, a := range j.History.Attempts {
		unused := a.State == renewal.AttemptIssued || a.State == renewal.AttemptSettled
		if unused && j.knownToNoPlace(a) {
			if err := j.abandon(ctx, a, "the run was aborted before any place had it"); err != nil {
				return err
			}
		}
	}
	return j.tidyUnheld(ctx)
}

// tidyUnheld removes attempts that were given up before the present one was begun, where every place denies that it holds them.
func (j *Job) tidyUnheld(ctx context.Context) error {
	if flying, err := j.awaitFlight(ctx); err != nil || flying.Door != renewal.Open || j.Run.Order.Reuse {
		return err
	}
	for _, a := range j.History.Attempts {
		if a.State != renewal.AttemptAbandoned || a.N == j.Run.Attempt || j.knownToNoPlace(a) {
			continue
		}
		place, err := j.holder(ctx, a)
		if err != nil {
			return err
		}
		if place != "" {
			continue
		}
		if err := j.sweep(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// unseen are the attempts that no place can know and that no replica shows by now. Nobody will look for them once the run has
// ended, so they are taken for never made, or for gone; one that turns up all the same is a finding of the next plan.
func (j *Job) unseen() (all []renewal.Attempt) {
	for _, a := range j.History.Attempts {
		if settled(a.State) || a.State == renewal.AttemptChosen || !j.knownToNoPlace(a) {
			continue
		}
		a.State = renewal.AttemptRemoved
		if a.KeyID == "" {
			a.State = renewal.AttemptVoid
		}
		all = append(all, a)
	}
	return all
}

// Overwrite makes a run write again those places that a stranger changed after it wrote them, because who said so.
// It refuses while the new secret isn't surely on the app: whoever changed the places may have removed it too, as an
// installer does, and a removed secret goes on signing in for a while.
func Overwrite(ctx context.Context, j *Job, who string) error {
	for range goneReads {
		if err := j.newIsThere(ctx); err != nil {
			return err
		}
	}
	var again []renewal.Delivery
	found := j.Run.Order.Found
	for _, t := range j.Targets {
		place := t.Place()
		standing, err := t.Look(ctx)
		if err != nil {
			return fmt.Errorf("look at %s: %w", place.Title, err)
		}
		d := j.delivery(place.ID)
		if d.State == "" || standing.Silent || standing.Receipt == d.Receipt {
			continue
		}
		d.State, d.Rung, d.Provable = renewal.DeliveryIntended, renewal.Unproven, false
		again = append(again, d)
		if place.ID == j.Run.Order.Custodian {
			found = standing.Receipt
		}
	}
	if len(again) == 0 {
		return nil
	}
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Delivering)(r)
			r.Order.Found = found
		},
		deliveries: again,
		events:     event("overwrite", fmt.Sprintf("%d places changed by others are written again, as told", len(again))),
		audit:      entry("overwrite", j.Run.ID, audit.Noted, who),
	})
}

// GoOn keeps that a person lets a run go on that stood still.
func GoOn(ctx context.Context, j *Job, who string) error {
	return j.save(ctx, draft{
		run:    to(j.Run.State),
		events: event("resumed", "gone on with, as "+who+" told"),
		audit:  entry("resume", j.Run.ID, audit.Noted, who),
	})
}

// Hurry makes an open run an emergency, because the password that it replaces has leaked: it supersedes what was planned
// of time and evidence, and nothing else. revokeFirst removes that password before anything is made where nothing was
// yet, else as soon as every place is proven to hold the new one.
func Hurry(ctx context.Context, j *Job, who string, revokeFirst bool) error {
	quick := policy.InEmergency()
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			o := &r.Order
			o.Emergency, o.Overlap, o.ReportLag, o.Evidence = true, min(o.Overlap, quick.Minimum), 0, quick.Evidence
			switch {
			case revokeFirst && r.State == renewal.Planned:
				o.RoomKeyID = r.Retires
			case revokeFirst:
				o.Overlap = 0
			}
			to(r.State)(r)
		},
		events: event("hurried", "the old secret has leaked, says "+who+": the overlap is cut short"),
		audit:  entry("hurry", orNone(j.Run.Retires), audit.Noted, who),
	})
}

// Approve keeps that a person lets a run go on: one that hasn't begun may be delivered; for one that has, the old password
// may go, without evidence that is missing.
func Approve(ctx context.Context, j *Job, who string) error {
	if j.Run.State == renewal.Planned {
		return j.save(ctx, draft{
			run:    func(r *renewal.Run) { r.Order.AllowedBy = who },
			events: event("approved", "the renewal may begin, says "+who),
			audit:  entry("approve", j.Run.ID, audit.Noted, who),
		})
	}
	return j.save(ctx, draft{
		run:    func(r *renewal.Run) { r.ApprovedBy = who },
		events: event("approved", "the old secret may go without further evidence, says "+who),
		audit:  entry("approve", orNone(j.Run.Retires), audit.Noted, who),
	})
}
