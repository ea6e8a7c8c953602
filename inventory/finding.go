package inventory

import (
	"slices"
	"strings"
	"time"

	"keyturn/credential"
)

// Confidence says how sure it is that a place holds the application's secret.
type Confidence string

const (
	Sure      Confidence = "sure"      // the place itself names the application
	Guess     Confidence = "guess"     // something fits: the first characters, a note beside it, a product's own name
	Candidate Confidence = "candidate" // it may; what would tell can't be read, so a person confirms or excludes it
)

// Kinds of places, as the targets' descriptors call them.
const (
	KindVault      = "keyVaultSecret"
	KindConnection = "apiConnection"
	KindVariable   = "automationVariable"
)

// Finding is one place that holds, or may hold, the application's secret.
type Finding struct {
	Kind       string     `json:"kind"` // one of the targets' codes
	Title      string     `json:"title"`
	Resource   string     `json:"resource"`      // the Azure resource id, by which a place is also excluded
	API        string     `json:"api,omitempty"` // of a connection: its connector, such as keyvault
	Confidence Confidence `json:"confidence"`
	Why        string     `json:"why"`
	Manual     string     `json:"manual,omitempty"`    // what a pack says of the product's manual and this place
	Forgotten  bool       `json:"forgotten,omitempty"` // a pack knows the place, and the product's manual doesn't mention it
	Notes      []string   `json:"notes,omitempty"`
	Block      Block      `json:"-"`
	Consumers  []Consumer `json:"consumers,omitempty"`
}

// Consumer is a logic app that uses a place.
type Consumer struct {
	Resource string        `json:"resource"`
	Name     string        `json:"name"`
	Trigger  string        `json:"trigger"`           // such as "every 7d" or "on request"
	Every    time.Duration `json:"everyNs,omitempty"` // 0 = not on a schedule
}

// Report is what a discovery found.
type Report struct {
	App      credential.App `json:"-"`
	Findings []Finding      `json:"findings"`
	Notes    []string       `json:"notes,omitempty"` // what couldn't be looked at, and what that means
}

// Unconfirmed returns the findings of r that neither are among the configured places nor excluded. Both are resource ids
// or ids of places (target.Place.ID and Resource), in any letter case.
func (r Report) Unconfirmed(configured, excluded []string) []Finding {
	var open []Finding
	for _, f := range r.Findings {
		if !slices.ContainsFunc(configured, f.is) && !slices.ContainsFunc(excluded, f.is) {
			open = append(open, f)
		}
	}
	return open
}

// is reports whether name, a resource id or the id of a place, means this finding.
func (f Finding) is(name string) bool {
	return same(name, f.Resource) || strings.EqualFold(name, f.Kind+":"+f.Title)
}

// LongestRecurrence is the longest time between two actions of a consumer on a schedule; 0 = none is known.
func (r Report) LongestRecurrence() time.Duration {
	var longest time.Duration
	for _, f := range r.Findings {
		for _, c := range f.Consumers {
			longest = max(longest, c.Every)
		}
	}
	return longest
}

// order puts the custodian-to-be first, then by confidence, kind and name.
func order(findings []Finding) {
	rank := func(f Finding) int {
		level := map[Confidence]int{Sure: 0, Guess: 0, Candidate: 1}[f.Confidence]
		return level*10 + map[string]int{KindVault: 0, KindConnection: 1, KindVariable: 2}[f.Kind]
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		if by := rank(a) - rank(b); by != 0 {
			return by
		}
		return strings.Compare(strings.ToLower(a.Resource), strings.ToLower(b.Resource))
	})
}
