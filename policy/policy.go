// Package policy holds the rules by which a renewal is due and how it is done. Everything here is pure: the same input
// gives the same answer, with its reasons, and nothing is asked of any wire or clock.
package policy

import (
	"time"

	"keyturn/renewal"
)

// Policy is how one application is renewed. [Default] is what holds where nobody said otherwise.
type Policy struct {
	Lifetime    time.Duration // of a new password; the tenant's policies may cut it
	RenewBefore Lead          // so long before its end a password is due
	Settle      Settle
	Overlap     Overlap
	Window      Window
	Freezes     []Freeze
	Approval    Approval
}

// Settle says when a new password counts as working everywhere.
type Settle struct {
	Successes int           // sign-ins in a row on fresh connections
	Over      time.Duration // spread over this time
}

// Overlap says how long both passwords are kept, and what must be known before the old one goes.
type Overlap struct {
	Minimum  time.Duration
	Evidence renewal.EvidenceRule
}

// Default is design section 8's: 180 days, due 30 days before, five sign-ins over a minute, an overlap of 14 days.
func Default() Policy {
	return Policy{
		Lifetime:    180 * 24 * time.Hour,
		RenewBefore: Lead{Time: 30 * 24 * time.Hour},
		Settle:      Settle{Successes: 5, Over: time.Minute},
		Overlap:     Overlap{Minimum: 14 * 24 * time.Hour, Evidence: renewal.EvidencePreferred},
	}
}
