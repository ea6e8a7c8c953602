package stage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"keyturn/audit"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/target"
)

// overlap keeps both passwords until the rules let the old one go. It only reads and signs in.
func overlap(ctx context.Context, j *Job) (Pause, error) {
	if late, err := j.deliverLate(ctx); err != nil || late {
		return Pause{}, err
	}
	if pause, err := j.keepPair(ctx); err != nil || pause.Door != renewal.Open {
		return pause, err
	}
	// look
	if err := j.newIsKept(ctx); err != nil {
		return Pause{}, err
	}
	in, err := j.gateInput(ctx)
	if err != nil {
		return Pause{}, err
	}
	if err := j.proveMore(ctx, in); err != nil {
		return Pause{}, err
	}
	passage := policy.Gate(in)
	if passage.Watermark {
		if err := j.watermark(ctx); err != nil {
			return Pause{}, err
		}
		in.Run = j.Run
		passage = policy.Gate(in)
	}
	// advance
	switch passage.Verdict {
	case policy.Remove, policy.Nothing:
		return Pause{}, j.endOverlap(ctx, passage)
	}
	return j.orDue(ctx, j.standStill(passage))
}

// standStill is how a run waits for what the rules want before the old password goes.
func (j *Job) standStill(passage policy.Passage) Pause {
	pause := waitUntil(j.noLater(passage.Until), string(passage.Code), passage.Text)
	if passage.Verdict == policy.Person {
		pause = askPerson(string(passage.Code), passage.Text, passage.Fix)
		if !j.Run.Order.RetiresEnd.IsZero() {
			pause.Until = policy.SweptFrom(j.Run) // then nothing is left to decide: nobody can use it
		}
	}
	pause.Evidence = passage.Text
	return pause
}

// keepPair looks after consumers that hold both values: nothing but these two may be what the service goes by, the new one
// must get known, and both must stay where they are. Other renewals pass.
func (j *Job) keepPair(ctx context.Context) (Pause, error) {
	if _, err := j.hear(ctx); err != nil {
		return Pause{}, err
	}
	if pause, err := j.sweepEarly(ctx); err != nil || pause.Door != renewal.Open {
		return pause, err
	}
	if err := j.stillHeld(ctx); err != nil {
		return Pause{}, err
	}
	return j.awaitSpread(ctx)
}

// heldPace is how often places are looked at while the service goes on with the old password until that ends: whoever put
// the old value back alone would fail from then on.
const heldPace = 24 * time.Hour

// stillHeld sees that every place shows what we wrote, in time before the old password ends.
func (j *Job) stillHeld(ctx context.Context) error {
	if j.Run.Order.Linger == 0 {
		return nil
	}
	if err := j.allHolds(ctx, false); err != nil {
		return fmt.Errorf("while both secrets are kept: %w", err)
	}
	return j.pairHeld(ctx)
}

// pairHeld sees that places still hold the old password beside ours, for as long as the service goes by that.
func (j *Job) pairHeld(ctx context.Context) error {
	if !policy.KeepsPair(j.Run, j.Now()) {
		return nil
	}
	for _, t := range j.Targets {
		if err := target.LostOld(ctx, t, j.Run.Order.FoundIn(t.Place().ID)); err != nil {
			return err
		}
	}
	return nil
}

// noLater is when to look again.
func (j *Job) noLater(until time.Time) time.Time {
	if tomorrow := j.Now().Add(heldPace); j.Run.Order.Linger > 0 && tomorrow.Before(until) {
		return tomorrow
	}
	return until
}

// gateInput gathers what the rules may know. Reports are asked only where they can change the answer.
func (j *Job) gateInput(ctx context.Context) (policy.Input, error) {
	attempt, _ := j.attempt()
	in := policy.Input{
		Now: j.Now(), Policy: j.Policy, Run: j.Run, NewKeyID: attempt.KeyID, Approved: j.Run.ApprovedBy != "",
	}
	reader, ok := j.Issuer.(issuer.UsageReader)
	if !ok || j.Run.Retires == "" || j.Run.Order.Expired || j.Run.Order.Evidence == renewal.EvidenceTime ||
		!policy.ReportTells(j.Run, in.Now) {
		return in, nil
	}
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return in, fmt.Errorf("look at the app: %w", err)
	}
	usage, err := reader.Usage(ctx, app, j.ownSignIns())
	if err != nil {
		return in, fmt.Errorf("read the reports of use: %w", err)
	}
	in.Usage = usageOf(usage)
	j.seenInUse = in.Usage.Uses[strings.ToLower(attempt.KeyID)].ByOthers.After(j.Run.DeliveredAt)
	return in, nil
}

// usageOf hands a report to the rules.
func usageOf(from issuer.Usage) policy.Usage {
	usage := policy.Usage{Source: from.Source, Reason: from.Reason, Uses: map[string]policy.Use{}}
	for keyID, use := range from.Uses {
		usage.Uses[strings.ToLower(keyID)] = policy.Use(use)
	}
	return usage
}

// ownSignIns are the instants of our own sign-ins, as far as they are kept; those of settling end with delivery.
func (j *Job) ownSignIns() []time.Time {
	attempt, _ := j.attempt()
	own := []time.Time{attempt.At, j.Run.DeliveredAt, j.Run.VerifiedAt, j.Run.WatermarkAt, j.Run.UpdatedAt}
	var known []time.Time
	for _, t := range own {
		if !t.IsZero() {
			known = append(known, t)
		}
	}
	return known
}

// proveMore asks again those places that could show more by now than they have.
func (j *Job) proveMore(ctx context.Context, in policy.Input) error {
	if !j.provable(in.Now) {
		return nil
	}
	have, err := j.recover(ctx)
	if err != nil || !have {
		return err
	}
	return j.proveAll(ctx, true)
}

func (j *Job) provable(now time.Time) bool {
	for _, d := range j.History.Of(j.Run.Attempt) {
		if d.Provable && (j.seenInUse || now.Sub(d.WrittenAt) >= policy.TokenLife) {
			return true
		}
	}
	return false
}

// watermark signs in with the new password once more and keeps the instant: a report that shows it has caught up.
func (j *Job) watermark(ctx context.Context) error {
	have, err := j.recover(ctx)
	if err != nil {
		return err
	}
	if have {
		if err := j.newSignsIn(ctx); err != nil {
			return err
		}
	}
	return j.save(ctx, draft{
		run:    func(r *renewal.Run) { r.WatermarkAt = j.Now() },
		events: event("watermark", "signed in once more, to see how far the reports of use have come"),
	})
}

func (j *Job) endOverlap(ctx context.Context, passage policy.Passage) error {
	j.judged = j.Now()
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Retiring)(r)
			r.Evidence, r.GateAt = passage.Text, time.Time{}
		},
		events: event("evidence", passage.Text, "code", string(passage.Code)),
		audit:  entry("evidence", orNone(j.Run.Retires), audit.Noted, passage.Text),
	})
}

// askRulesAgain asks whether the old password may still go, where the answer wasn't given just now: while a window was
// closed, somebody may have used it.
func (j *Job) askRulesAgain(ctx context.Context) (Pause, error) {
	if j.Now().Sub(j.judged) < gateLife {
		return Pause{}, nil
	}
	in, err := j.gateInput(ctx)
	if err != nil {
		return Pause{}, err
	}
	passage := policy.Gate(in)
	if passage.Verdict != policy.Remove && passage.Verdict != policy.Nothing {
		if gone, err := j.gone(ctx, j.Run.Retires, ""); err != nil || gone {
			return Pause{}, err // it went before this process died: what is left is to say so
		}
		if err := j.newIsKept(ctx); err != nil {
			return Pause{}, err
		}
		return j.orDue(ctx, j.standStill(passage))
	}
	j.judged = in.Now
	return Pause{}, nil
}
