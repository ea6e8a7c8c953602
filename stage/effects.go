package stage

import (
	"fmt"
	"time"

	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/target"
)

// effects lists, in order, everything that the plan will change and when: nothing where no secret may be made.
func effects(s Setup, p Plan) []Effect {
	list := []Effect{}
	if p.Ending.Blocked && !p.Order.Reuse {
		return list
	}
	add := func(what, where, when string) {
		list = append(list, Effect{Number: len(list) + 1, What: what, Where: where, When: when})
	}
	if p.Order.RoomKeyID != "" {
		add("remove secret "+p.Order.RoomKeyID+whyFirst(p), p.Found.Name, "first")
	}
	if !p.Order.Reuse {
		add("make a new secret until "+p.Order.End.Format(time.DateOnly), p.Found.Name, beginning(s, p))
		if completing, ok := s.Issuer.(issuer.Completing); ok {
			add(completing.Completes(), p.Found.Name, "at once")
		}
	}
	for _, t := range s.Targets {
		place := t.Place()
		if p.Order.Reuse && place.ID == p.Order.Custodian {
			continue
		}
		add("write the new secret"+bringing(place), place.Title, writing(p, place))
	}
	if p.Retires != "" && !revokesFirst(p) {
		add("remove the old secret "+p.Retires, p.Found.Name, retiring(p)+askedOf(s, p))
	}
	return list
}

// writing tells when a place is written.
func writing(p Plan, place target.Place) string {
	switch {
	case p.Order.Custodian != "" && place.ID != p.Order.Custodian:
		return "when the custodian has it"
	case p.Order.Spread > 0:
		return "at once, beside the old one: it may take until " + p.At.Add(p.Order.Spread).UTC().Format("2006-01-02 15:04Z") + " to be known everywhere"
	}
	return "when the new secret signs in everywhere"
}

// bringing tells what else a write does.
func bringing(place target.Place) string {
	if place.Brings == "" {
		return ""
	}
	return "; " + place.Brings
}

// revokesFirst reports whether a password that has leaked goes before the new one is there.
func revokesFirst(p Plan) bool {
	return p.Order.Emergency && p.Retires != "" && p.Order.RoomKeyID == p.Retires
}

// whyFirst tells why a password goes before the new one is there.
func whyFirst(p Plan) string {
	if revokesFirst(p) {
		return ", so that consumers fail until the new one is delivered"
	}
	return " to make room"
}

// askedOf tells whether a person must approve the removal.
func askedOf(s Setup, p Plan) string {
	if s.Policy.Approval.Retire && !p.Order.Expired && !p.Order.Emergency {
		return "; a person must approve it"
	}
	return ""
}

// beginning tells when the first thing is made.
func beginning(s Setup, p Plan) string {
	when := "now"
	if !p.Permit.Allowed {
		when = "from " + p.Permit.From.UTC().Format("2006-01-02 15:04Z")
	}
	if s.Policy.Approval.Deliver && !p.Order.Emergency {
		when += ", when a person has approved it"
	}
	return when
}

// retiring tells when and on what evidence the old password goes.
func retiring(p Plan) string {
	if p.Order.Expired && p.Order.Linger == 0 {
		return "at the end: it has expired"
	}
	if p.Order.Expired {
		return "when the new one is known everywhere, and not before " + policy.SweptFrom(renewal.Run{Order: p.Order}).Format(time.DateOnly) + ": it has expired"
	}
	if p.Order.Linger > 0 && !p.Order.Emergency {
		return "from " + policy.SweptFrom(renewal.Run{Order: p.Order}).Format(time.DateOnly) + ": the service goes on with it until it ends"
	}
	from := p.At.Add(p.Order.Overlap + p.Order.ReportLag)
	switch p.Order.Evidence {
	case renewal.EvidenceTime:
		return "from " + from.Format(time.DateOnly)
	case renewal.EvidenceRequired:
		return fmt.Sprintf("from %s, when the reports show that nobody uses it; else a person decides", from.Format(time.DateOnly))
	}
	if !p.Order.RetiresEnd.IsZero() && p.Order.RetiresEnd.Before(from) {
		return "it ends by itself on " + p.Order.RetiresEnd.Format(time.DateOnly) + " and is swept then"
	}
	return fmt.Sprintf("from %s, when the reports show that nobody uses it; else it ends by itself on %s",
		from.Format(time.DateOnly), p.Order.RetiresEnd.Format(time.DateOnly))
}

// The most requests that carrying a plan out sends, when nothing fails, beside those to the places.
const (
	requestsToIssue = 3 // look on both objects, addPassword
	requestsToProve = 1 // the sign-in beside verifying
	requestsToGate  = 3 // look on both objects, and a report, where the overlap is so short that it can tell anything
)

// requests is the most that carrying the plan out sends up to the overlap while nothing fails; making it not included.
func requests(s Setup, p Plan) int {
	toIssue, toProve := requestsToIssue, requestsToProve
	if paced, ok := s.Issuer.(issuer.Paced); ok {
		toIssue, toProve = paced.Pace().Issue, paced.Pace().SignIn
	}
	total := toProve
	if policy.ReportTells(renewal.Run{DeliveredAt: p.At, Order: p.Order}, p.At) {
		total += requestsToGate
	}
	if !p.Order.Reuse {
		total += toIssue + toProve*settling(s, p)
	}
	for _, t := range s.Targets {
		total += t.Place().Requests
	}
	return total
}

// settling is how many sign-ins are made before places are written.
func settling(s Setup, p Plan) int {
	if p.Order.Spread > 0 {
		return 1
	}
	return tries(s.Policy.Settle)
}

// tries is how many sign-ins settle a password that works at once.
func tries(settle policy.Settle) int {
	if settle.Over == 0 {
		return settle.Successes
	}
	return settleWidth * max(int(settle.Over/settlePace)+1, (settle.Successes+settleWidth-1)/settleWidth)
}
