package inventory

import (
	"slices"

	"keyturn/check"
)

// Attention reports whether a person should look at any of the checks.
func Attention(checks []check.Check) bool {
	return slices.ContainsFunc(checks, func(c check.Check) bool { return c.Warning || (!c.OK && !c.Unknown) })
}

// Foremost returns the warning that a person should look at first: what makes sign-ins fail now, then what was changed
// behind Keyturn's back, then what ends soon; the rest in the order given. ok is false where nothing warns.
func Foremost(checks []check.Check) (worst check.Check, ok bool) {
	best := 0
	for _, c := range checks {
		if rank := urgency(c.Code); c.Warning && (!ok || rank < best) {
			worst, best, ok = c, rank, true
		}
	}
	return worst, ok
}

func urgency(code string) int {
	order := []string{
		DriftGone, CertUnregistered, CertExpired, DriftMissing, DriftUntagged, DriftForeignTag, DriftReceipt, DriftNewKey,
		CertAutoRenew, CertExpiring, SecretExpiring,
	}
	if at := slices.Index(order, code); at >= 0 {
		return at
	}
	return len(order)
}
