package policy

import (
	"fmt"
	"time"
)

// cutMargin keeps a password safely under the tenant's limit: the directory measures from its own clock, and ours may be
// two minutes ahead (the tolerance of the corrected clock) with some to spare.
const cutMargin = 5 * time.Minute

// Ending is when a new password ends.
type Ending struct {
	Decision
	At      time.Time // the end to ask for; zero when Blocked
	Cut     bool      // shorter than the policy of the configuration wants
	Blocked bool      // the tenant allows no password at all
}

// End returns the end of a new password: now plus the lifetime, cut to what the tenant's policies allow. It reads Now,
// Policy and Terms. Terms that couldn't be read cut nothing: [EndUnread] says that it is known only when tried. A limit
// that is the very lifetime takes some minutes off it, which is told to nobody.
func End(in Input) Ending {
	wanted := Ending{At: in.Now.Add(allowed(in)).UTC().Truncate(time.Second)}
	switch limit := in.Terms.MaxLifetime; {
	case in.Terms.Blocked:
		return Ending{Blocked: true, Decision: Decision{
			Code: EndBlocked,
			Text: fmt.Sprintf("%s allows no new secret for this application", name(in.Terms.Policy)),
			Fix:  "have the policy changed or this application exempted, or move the application to a certificate",
		}}
	case !in.Terms.Readable:
		wanted.Decision = Decision{Code: EndUnread, Text: fmt.Sprintf(
			"ends on %s, unless a policy of the tenant that can't be read wants less", day(wanted.At))}
	case limit > 0 && limit < in.Policy.Lifetime:
		return cut(in, wanted.At)
	default:
		wanted.Decision = Decision{Code: EndLifetime, Text: fmt.Sprintf(
			"ends on %s, %s from now", day(wanted.At), span(in.Policy.Lifetime))}
	}
	return wanted
}

// allowed is how long the new password may live: as long as the configuration says, and safely within the tenant's limit.
func allowed(in Input) time.Duration {
	limit := in.Terms.MaxLifetime
	if !in.Terms.Readable || limit <= 0 {
		return in.Policy.Lifetime
	}
	return min(in.Policy.Lifetime, limit-min(cutMargin, limit/10))
}

func cut(in Input, at time.Time) Ending {
	limit := in.Terms.MaxLifetime
	found := Ending{Cut: true, At: at}
	found.Decision = Decision{Code: EndCut, Text: fmt.Sprintf("ends on %s: %s allows %s instead of %s",
		day(found.At), name(in.Terms.Policy), span(limit), span(in.Policy.Lifetime))}
	if rule := in.Policy.RenewBefore; limit <= rule.Time {
		found.Code = EndTooShort
		found.Text += fmt.Sprintf("; that is no longer than renewBefore, %s, so it is due for the last third of its life", rule)
		found.Fix = fmt.Sprintf("set renewBefore below %s for this application, or to a share such as 33%%", span(limit))
	}
	return found
}

func name(policy string) string {
	if policy == "" {
		return "the tenant's app management policy"
	}
	return "the policy " + policy
}
