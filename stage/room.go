package stage

import (
	"context"
	"fmt"
	"time"

	"keyturn/audit"
	"keyturn/policy"
	"keyturn/renewal"
)

// begin leaves the planned state. A run that another process planned some time ago is planned again first, because what
// it found may have changed.
func begin(ctx context.Context, j *Job) (Pause, error) {
	if j.Plan == nil && !j.JustPlanned {
		if pause, err := j.planAgain(ctx); err != nil || pause.Door != renewal.Open {
			return pause, err
		}
	}
	if pause, err := j.awaitLeave(ctx); err != nil || pause.Door != renewal.Open {
		return pause, err
	}
	next := renewal.Issuing
	switch {
	case j.Run.Order.Reuse:
		return Pause{}, j.reuse(ctx)
	case j.Run.Order.RoomKeyID != "":
		next = renewal.MakingRoom
	}
	return Pause{}, j.save(ctx, draft{
		run:    to(next),
		events: event("planned", counted(len(j.Run.Order.Targets), "place")+", old secret "+orNone(j.Run.Retires)),
		audit:  entry("plan", orNone(j.Run.Retires), audit.Noted, "until "+j.Run.Order.End.Format(time.DateOnly)),
		lazy:   true,
	})
}

// awaitLeave holds a run for the person who must approve it, and then for a time at which it may change something.
func (j *Job) awaitLeave(ctx context.Context) (Pause, error) {
	if j.Policy.Approval.Deliver && j.Run.Order.AllowedBy == "" && !j.Run.Order.Emergency {
		return askPerson(string(policy.PermitApproval), "the configuration wants a person to approve before anything is made",
			"see keyturn plan "+j.App+", then: keyturn approve "+j.Run.ID), nil
	}
	return j.awaitPermission(ctx)
}

// awaitPermission holds a run while windows and freezes allow no change. That they were overruled is kept.
func (j *Job) awaitPermission(ctx context.Context) (Pause, error) {
	may := policy.Permit(policy.Input{Now: j.Now(), Policy: j.Policy, Ends: j.Run.Order.RetiresEnd, Run: j.Run})
	switch {
	case !may.Allowed:
		return waitUntil(may.From, string(may.Code), may.Text), nil
	case may.Code == policy.PermitOverruled:
		return Pause{}, j.save(ctx, draft{
			events: event("overruled", may.Text, "code", string(may.Code)),
			audit:  entry("overrule", orNone(j.Run.Retires), audit.Noted, may.Text),
		})
	}
	return Pause{}, nil
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func orNone(keyID string) string {
	if keyID == "" {
		return "none"
	}
	return keyID
}

// makeRoom removes the one password that the plan named, by proof that it doesn't work any more or by a person's word,
// because the app can't hold another one.
func makeRoom(ctx context.Context, j *Job) (Pause, error) {
	keyID := j.Run.Order.RoomKeyID
	// look
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return Pause{}, fmt.Errorf("look before making room: %w", err)
	}
	if held, there := app.Find(keyID); there {
		// mark and act
		if err := j.remove(ctx, app, held); err != nil {
			return Pause{}, err
		}
	}
	if err := j.awaitGone(ctx, keyID); err != nil {
		return Pause{}, err
	}
	// advance
	return Pause{}, j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Issuing)(r)
			if r.Retires == keyID {
				r.Retires = ""
			}
		},
		events: event("room made", "removed "+keyID+" to make room", "keyId", keyID),
	})
}
