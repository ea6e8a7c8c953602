package command

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"keyturn/check"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/problem"
	"keyturn/stage"
)

// Plan is what one renewal would do, as people and programs read it.
type Plan struct {
	App         string              `json:"app"`
	ClientID    string              `json:"clientId"`
	Due         bool                `json:"due"`
	DueCode     string              `json:"dueCode"`
	DueText     string              `json:"dueText"`
	Ends        time.Time           `json:"ends,omitzero"`  // of the secret in use
	DueAt       time.Time           `json:"dueAt,omitzero"` // when it becomes due
	Replaces    string              `json:"replaces,omitempty"`
	ReplaceText string              `json:"replaceText"`
	NewEnds     time.Time           `json:"newEnds,omitzero"`
	Custodian   string              `json:"custodian,omitempty"`
	Overlap     string              `json:"overlap"`
	OverlapText string              `json:"overlapText"`
	Permit      string              `json:"permit"`     // whether a window or freeze holds it, as a code
	PermitText  string              `json:"permitText"` // and in words
	From        time.Time           `json:"from"`       // when it may begin
	Effects     []stage.Effect      `json:"effects"`
	Requests    int                 `json:"requests"` // at most, up to the overlap, when nothing fails
	Notes       []string            `json:"notes"`
	Foreign     []string            `json:"foreign"` // Secret IDs that stay untouched
	Checks      []check.Check       `json:"checks"`
	Unconfirmed []inventory.Finding `json:"unconfirmed"` // places neither configured nor excluded
	OpenRun     string              `json:"openRun,omitempty"`
	Obstacle    string              `json:"obstacle,omitempty"`
	Fix         string              `json:"fix,omitempty"`
	Digest      string              `json:"digest"` // names what would be done, so that nothing else is; dates don't count
}

// Describe says what a plan is in words and plain data.
func Describe(p stage.Plan) Plan {
	one := Plan{
		App: p.App, ClientID: p.ClientID, Due: p.Due.Due, DueCode: string(p.Due.Code), DueText: p.Due.Text, Ends: p.Due.End, DueAt: p.Due.At,
		Replaces: p.Retires, ReplaceText: p.Replaced.Text, NewEnds: p.Order.End, Custodian: p.Order.Custodian,
		Permit: string(p.Permit.Code), PermitText: p.Permit.Text, From: p.Permit.From, Overlap: config.FormatDuration(p.Keeping.Overlap), OverlapText: p.Keeping.Text,
		Effects: notNil(p.Effects), Requests: p.Requests, Notes: notNil(p.Order.Notes), Foreign: []string{},
		Checks: notNil(p.Checks), Unconfirmed: []inventory.Finding{}, Digest: DigestOf(p),
	}
	for _, c := range p.Foreign {
		one.Foreign = append(one.Foreign, c.KeyID)
	}
	if err := p.Obstacle(); err != nil {
		one.Obstacle, one.Fix = problem.Sentence(err), problem.Of(err).Fix
	}
	return one
}

// DigestOf names what a plan would do: two plans with the same digest remove the same secrets and write the same places
// in the same way.
func DigestOf(p stage.Plan) string {
	o := p.Order
	overlap := o.Overlap.Round(24 * time.Hour) // one that lasts until a date grows shorter while the plan is looked at
	sum := sha256.New()
	fmt.Fprintln(sum, p.App, p.ClientID, p.Retires, o.Custodian, o.RoomKeyID, o.Reuse, o.ReuseKeyID, o.Emergency, o.Evidence, overlap)
	for _, id := range o.Targets {
		fmt.Fprintln(sum, id)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
