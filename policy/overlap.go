package policy

import (
	"fmt"
	"slices"
	"time"
)

const (
	// TokenLife is the longest that a token bought with the old password is used on. Microsoft draws 60 to 90 minutes.
	// Source: https://learn.microsoft.com/entra/identity-platform/access-tokens (read 2026-11-22).
	TokenLife = 90 * time.Minute
	// ReportLag is how late a report of use may be before its silence means anything. Microsoft promises no number;
	// delays of hours to two days are seen, and this leaves a day to spare.
	ReportLag = 72 * time.Hour
)

// Keeping is how long both passwords are kept.
type Keeping struct {
	Decision
	Overlap   time.Duration // after the last place was written
	ReportLag time.Duration // added before the old one may be removed; 0 where no report is asked
}

// InEmergency returns the overlap for a password that has leaked: the life of a token and no evidence, because every hour
// that it works is one more for whoever has it. By then every place was written and proven.
func InEmergency() Overlap { return Overlap{Minimum: TokenLife, Evidence: evidenceTime} }

// OverlapOf returns how long the old password is kept beside the new one. It reads Now, Policy, App, InUse, Replace, Linger
// and Recurrences. Where no password is retired, or the one retired doesn't work any more, nothing has to be kept.
//
// With evidence required or preferred it is the longest of the minimum, twice the longest recurrence known, and a
// token's life, plus the report's lag. With evidence "time" a person chose the minimum alone; the text says what it
// leaves out.
func OverlapOf(in Input) Keeping {
	if used, ok := in.App.Find(in.InUse); ok && used.Expired(in.Now) {
		return Keeping{Decision: Decision{Code: OverlapNothing, Text: "the old secret has expired: there is nothing to keep"}}
	}
	if in.Replace == None {
		return Keeping{Decision: Decision{Code: OverlapNothing, Text: "no secret is retired"}}
	}
	longest := longestOf(in.Recurrences)
	sensible := max(in.Policy.Overlap.Minimum, 2*longest, TokenLife)
	if used, ok := in.App.Find(in.InUse); ok && in.Linger > 0 {
		return Keeping{Overlap: used.End.Add(in.Linger).Sub(in.Now), Decision: Decision{Code: OverlapLingers, Text: fmt.Sprintf(
			"both secrets are kept until the old one ends on %s, since the service goes on with it, and %s longer", day(used.End), span(in.Linger))}}
	}
	if in.Policy.Overlap.Evidence == evidenceTime {
		return byTime(in.Policy.Overlap.Minimum, sensible)
	}
	kept := Keeping{Overlap: sensible, ReportLag: ReportLag}
	kept.Code = OverlapMinimum
	why := fmt.Sprintf("the policy's minimum, %s", span(in.Policy.Overlap.Minimum))
	switch {
	case in.Policy.Overlap.Minimum == sensible:
	case 2*longest == sensible:
		kept.Code, why = OverlapRecurrence, fmt.Sprintf("twice the longest recurrence known, %s", span(longest))
	default:
		kept.Code, why = OverlapToken, fmt.Sprintf("the life of a token, %s", span(TokenLife))
	}
	kept.Text = fmt.Sprintf("both secrets are kept for %s (%s), plus %s for late reports", span(sensible), why, span(ReportLag))
	return kept
}

func byTime(minimum, sensible time.Duration) Keeping {
	kept := Keeping{Overlap: minimum}
	kept.Decision = Decision{Code: OverlapMinimum, Text: fmt.Sprintf(
		"both secrets are kept for %s (the policy's minimum alone, without evidence)", span(minimum))}
	if minimum < sensible {
		kept.Code = OverlapShort
		kept.Text += fmt.Sprintf("; consumers that act rarely, and tokens in use, would need %s", span(sensible))
		kept.Fix = "raise overlap.minimum, or set overlap.evidence to preferred"
	}
	return kept
}

func longestOf(some []time.Duration) time.Duration {
	if len(some) == 0 {
		return 0
	}
	return max(0, slices.Max(some))
}
