package stage

import (
	"context"
	"fmt"
	"slices"

	"keyturn/audit"
	"keyturn/check"
	"keyturn/policy"
	"keyturn/renewal"
)

// reuse turns a plan into one that issues nothing: the custodian's value, proven by a sign-in, goes to the places that
// lag. That is the state of everybody who followed a manual that forgets a place, and of a store that was lost.
func (p *Plan) reuse(in policy.Input, r Request, seen *reading) {
	in.Replace = ""
	current := policy.Replaced(in)
	if current.Code != policy.ReplacedProven {
		p.Checks = append(p.Checks, check.Fail("reuse.value", p.App, "reuse.unproven",
			"the custodian's value isn't proven: "+current.Text, "renew without --reuse, so that a new secret is made"))
		return
	}
	held, _ := p.Found.Find(current.KeyID)
	p.Order.Reuse, p.Order.ReuseKeyID, p.Order.ReuseEnd = true, held.KeyID, held.End
	p.Order.Expired, p.Replaced = false, current
	p.Retires = p.retiredBeside(r, seen)
	old, _ := p.Found.Find(p.Retires)
	p.Order.RetiresEnd, p.Order.Expired = old.End, p.Retires != "" && old.Expired(in.Now)
}

// retiredBeside is the password that goes when the custodian's value is only spread: the one that a person named or,
// when adopting, the one that the custodian's tags say it replaced. Otherwise none.
func (p *Plan) retiredBeside(r Request, seen *reading) string {
	named := r.Replace
	if named == "" && r.Adopt && seen.standing.KeyID == p.Order.ReuseKeyID {
		named = seen.standing.Replaces
	}
	old, ok := p.Found.Find(named)
	if !ok || old.KeyID == p.Order.ReuseKeyID {
		return ""
	}
	return old.KeyID
}

// reuse begins a run that issues nothing: its only attempt is the password that the custodian already holds.
func (j *Job) reuse(ctx context.Context) error {
	held, ok := j.Plan.Found.Find(j.Run.Order.ReuseKeyID)
	if !ok {
		return fmt.Errorf("secret %s is no longer on the app", j.Run.Order.ReuseKeyID)
	}
	attempt := renewal.Attempt{
		Run: j.Run.ID, N: 1, Mark: held.DisplayName, State: renewal.AttemptChosen, KeyID: held.KeyID, Hint: held.Hint,
		Start: held.Start, End: held.End, At: j.Now(),
	}
	custody := renewal.Delivery{
		Run: j.Run.ID, N: 1, Target: j.Run.Order.Custodian, State: renewal.DeliveryWritten,
		Receipt: j.Run.Order.Found, Rung: renewal.Acknowledged, WrittenAt: j.Now(),
	}
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			to(renewal.Delivering)(r)
			r.Attempt = 1
		},
		attempts: []renewal.Attempt{attempt}, deliveries: []renewal.Delivery{custody},
		events: event("reused", "spreading the value that the custodian holds", "keyId", held.KeyID),
		audit:  entry("reuse", held.KeyID, audit.Noted, "nothing is issued"),
	})
}

// planAgain makes the plan anew for a run whose planning process is gone. What it replaces stays as it was decided, so that a
// person is asked where somebody has renewed it by hand meanwhile.
func (j *Job) planAgain(ctx context.Context) (Pause, error) {
	order := j.Run.Order
	request := Request{
		Replace: j.Run.Retires, MakeRoom: order.RoomKeyID, Reuse: order.Reuse, ByPerson: order.ByPerson, AskedBy: order.AskedBy, AskedAs: order.AskedAs,
		Emergency: order.Emergency, RevokeFirst: order.Emergency && order.RoomKeyID != "" && order.RoomKeyID == j.Run.Retires,
	}
	if request.Replace == "" && !request.Reuse {
		request.Replace = policy.None
	}
	plan, err := MakePlan(ctx, j.Setup, request, j.Now)
	if err != nil {
		return Pause{}, fmt.Errorf("plan again: %w", err)
	}
	if err := plan.Obstacle(); err != nil {
		return Pause{}, err
	}
	if plan.outdates(order, j.Run.Retires) {
		return Pause{}, j.writtenOver(j.custodian().Place())
	}
	plan.Order.AllowedBy = order.AllowedBy
	j.Plan = &plan
	return Pause{}, j.save(ctx, draft{run: func(r *renewal.Run) { r.Order, r.Retires = plan.Order, plan.Retires }})
}

// outdates reports whether the custodian holds another secret's value than when a run was planned that retires that secret.
// The same value written again changes nothing; an emergency goes on whatever was written.
func (p *Plan) outdates(order renewal.Order, retires string) bool {
	if p.Order.Custodian == "" || p.Order.Custodian != order.Custodian || p.Order.Found == order.Found || order.Reuse || order.Emergency {
		return false
	}
	return !slices.ContainsFunc(p.Replaced.Candidates, func(c policy.Candidate) bool { return c.Fits && c.KeyID == retires })
}
