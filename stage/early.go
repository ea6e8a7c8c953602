package stage

import (
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/renewal"
)

// tooEarly stops a renewal whose new password would end before the old one is gone, where the service goes on with the old
// one until its end: the new one would never be what is signed with. Elsewhere it warns where the tenant's policy is why.
func tooEarly(p Plan) []check.Check {
	gone := retired(p.Order)
	if p.Retires == "" || p.Order.Emergency || p.Ending.Blocked || gone.Before(p.Order.End) {
		return nil
	}
	if p.Order.Linger == 0 && p.Ending.Cut {
		return []check.Check{check.Warn("renewal.early", p.App, "renewal.early",
			"the new secret would end on "+p.Order.End.Format(time.DateOnly)+", before the one in use does on "+p.Order.RetiresEnd.Format(time.DateOnly)+
				", since the tenant allows no longer life",
			"renew it when less is left, or have the app management policy allow a longer life")}
	}
	if p.Order.Linger == 0 {
		return nil
	}
	return []check.Check{check.Fail("renewal.early", p.App, "renewal.early",
		"the service goes on with the old secret until it ends on "+p.Order.RetiresEnd.Format(time.DateOnly)+
			", and the new one would end on "+p.Order.End.Format(time.DateOnly)+", too soon to be renewed in time after that",
		"renew it later, or raise policy.lifetime for this application")}
}

// nextRenewal is the time that the next renewal needs between the end of this one and that of its new password.
const nextRenewal = 3 * 24 * time.Hour

// retired is when the old password has ended and gone, where it is left until its end, with time for the next renewal where the
// service goes on with it: that begins only when this one has ended.
func retired(o renewal.Order) time.Time {
	gone := o.RetiresEnd.Add(o.Linger)
	if o.Linger > 0 {
		gone = gone.Add(nextRenewal)
	}
	return gone
}

// olderStill stops a renewal that would take from consumers the one value that they need, where the service goes by the oldest
// password that is valid: they hold two, the new one and the one that it replaces, and that isn't the oldest.
func olderStill(p Plan) []check.Check {
	replaced, known := p.Found.Find(p.Retires)
	if p.Order.Linger == 0 || !known {
		return nil
	}
	oldest, valid := p.Found.Oldest(p.At)
	if !valid || !oldest.Start.Before(replaced.Start) {
		return nextInLine(p, replaced)
	}
	return []check.Check{check.Fail("renewal.older", "secret "+oldest.KeyID, "renewal.older",
		"it is older than the one to be replaced, so the service goes on with it until it ends on "+oldest.End.Format(time.DateOnly)+
			"; with a third one, no consumer would hold it any more",
		"renew after that day; or, if no consumer needs it, remove it and its keys by hand, see docs/leaving.md, and wait a day")}
}

// nextInLine stops a renewal after which the service would go on with yet another password: one that is older than the new one
// will be, and outlives the one replaced.
func nextInLine(p Plan, replaced credential.Credential) []check.Check {
	for _, c := range p.Found.Passwords() {
		if c.KeyID == replaced.KeyID || c.Lacks != "" || c.Expired(p.At) || !c.End.After(replaced.End) || p.Order.Reuse {
			continue
		}
		return []check.Check{check.Fail("renewal.older", "secret "+c.KeyID, "renewal.older",
			"it outlives the one to be replaced and is older than a new one, so the service goes on with it until it ends on "+c.End.Format(time.DateOnly)+
				"; no consumer would hold it",
			"if no consumer needs it, remove it and its keys by hand, see docs/leaving.md, and wait a day; else name it with --replace once the other one has ended")}
	}
	return nil
}
