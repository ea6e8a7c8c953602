package policy

import (
	"fmt"
	"strings"
	"time"

	"keyturn/renewal"
)

const evidenceTime = renewal.EvidenceTime

// Verdict is what the gate says about the old password.
type Verdict string

const (
	Remove  Verdict = "remove"  // it may be removed now
	Wait    Verdict = "wait"    // ask again at Until
	Expire  Verdict = "expire"  // leave it to its own date, which is Until, and sweep it then
	Person  Verdict = "person"  // a person decides
	Nothing Verdict = "nothing" // this run retires no password
)

const (
	// sweepMargin is how long after its end an expired password is swept; it is longer than the two minutes by which
	// the corrected clock may be ahead.
	sweepMargin = 5 * time.Minute
	// askAgain is how often the reports are asked while they may still bring the evidence that is missing.
	askAgain = 6 * time.Hour
	// slack is how far the times of reports may be off our own: both clocks may be two minutes out, and a sign-in is
	// noted when it arrives, not when we keep its time.
	slack = 5 * time.Minute
	// keepsValue is how long a consumer may go on with a value that it read once, as programs do that read a Key Vault once
	// a day: a use that soon after delivery tells of no consumer that nobody knows of. Who does not know the new secret uses
	// the old one again later. Source: https://learn.microsoft.com/azure/app-service/app-service-key-vault-references, "within
	// 24 hours" (read 2026-11-25).
	keepsValue = 25 * time.Hour
	// patience is how long missing evidence is waited for before a person is asked, where evidence is required.
	patience = 14 * aDay
)

// Passage is the gate's answer.
type Passage struct {
	Decision
	Verdict Verdict
	Until   time.Time // for Wait and Expire
	// Watermark asks for a sign-in of our own with the new password now, to be kept as the run's WatermarkAt: only
	// reports that show it are believed.
	Watermark bool
}

// Gate says whether the old password may be removed. It reads Now, Run, NewKeyID, Usage and Approved. Text is the
// sentence of evidence that is kept and shown.
//
// Remove is said in four cases only: the old password has expired; or delivery is Overlap and ReportLag ago and either
// the rule asks for time alone, or a person approved, or the evidence is positive. Evidence is positive when the report
// shows a watermark made after the overlap, no use of the old password since delivery (a day is left for consumers
// that keep a value that long, or half a shorter overlap), and a use of the new one by somebody else.
//
// Where the configuration wants it, Remove becomes Person until somebody has approved; an expired password goes without.
func Gate(in Input) Passage {
	passage := gate(in)
	if passage.Verdict != Remove || !in.Policy.Approval.Retire || in.Approved || in.Run.Order.Emergency || passage.Code == GateExpired {
		return passage
	}
	return person(GateApproval, passage.Text+"; the configuration wants a person to approve the removal", "keyturn approve "+in.Run.ID)
}

func gate(in Input) Passage {
	for _, rule := range []func(Input) (Passage, bool){
		gateNothing, gateUndelivered, gateExpired, gateLingering, gateTooEarly, gateChosen, gateWithoutReport,
		gateWatermark, gateInUse, gateNewUnused,
	} {
		if passage, decided := rule(in); decided {
			return passage
		}
	}
	return pass(GateEvidence, fmt.Sprintf(
		"the %s, which shows sign-ins up to %s, has no use of the old secret since delivery on %s, and the new one was used by others on %s",
		in.Usage.Source, day(in.Run.WatermarkAt), day(in.Run.DeliveredAt), day(useOf(in, in.NewKeyID).ByOthers)))
}

// WatermarkFrom returns the instant from which a sign-in of our own is a watermark for run's gate: the end of the
// overlap, so that a report that shows it covers the whole overlap.
func WatermarkFrom(run renewal.Run) time.Time { return run.DeliveredAt.Add(run.Order.Overlap) }

// GateFrom returns the instant before which the gate never lets a working password go.
func GateFrom(run renewal.Run) time.Time { return WatermarkFrom(run).Add(run.Order.ReportLag) }

func gateNothing(in Input) (Passage, bool) {
	return Passage{Verdict: Nothing, Decision: Decision{Code: GateNothing, Text: "this run retires no secret"}}, in.Run.Retires == ""
}

func gateUndelivered(in Input) (Passage, bool) {
	passage := person(GateUndelivered, "not every place was written with the new secret", "resume the run, so that delivery is finished first")
	return passage, in.Run.DeliveredAt.IsZero()
}

func gateExpired(in Input) (Passage, bool) {
	end := in.Run.Order.RetiresEnd
	if end.IsZero() || in.Now.Before(end) {
		return Passage{}, false
	}
	if swept := SweptFrom(in.Run); in.Now.Before(swept) {
		return wait(GateExpired, swept, fmt.Sprintf("the old secret expired on %s and is swept %s later", day(end), sweptAfter(in.Run))), true
	}
	return pass(GateExpired, fmt.Sprintf("the old secret expired on %s: nobody can use it", day(end))), true
}

// KeepsPair reports whether a run's places must hold the old password beside the new one: the service goes by the old one
// until that ends. In an emergency it goes before.
func KeepsPair(run renewal.Run, now time.Time) bool {
	o := run.Order
	return o.Linger > 0 && run.Retires != "" && !o.Emergency && !o.Reuse && !run.DeliveredAt.IsZero() && !run.State.Ended() && now.Before(o.RetiresEnd)
}

// SweptFrom returns the instant from which the password that run replaces is swept, which has ended by itself then.
func SweptFrom(run renewal.Run) time.Time {
	return run.Order.RetiresEnd.Add(max(sweepMargin, run.Order.Linger))
}

func sweptAfter(run renewal.Run) string {
	if run.Order.Linger > sweepMargin {
		return span(run.Order.Linger)
	}
	return "a few minutes"
}

// gateLingering: the service itself goes on with the old password for as long as it works, so nobody's word and no report
// lets it go before its end.
func gateLingering(in Input) (Passage, bool) {
	end := in.Run.Order.RetiresEnd
	if in.Run.Order.Linger == 0 || end.IsZero() || in.Run.Order.Emergency {
		return Passage{}, false
	}
	passage := expire(GateLingers, end, fmt.Sprintf("the service goes on with the old secret until it ends on %s, and it is swept %s later", day(end), sweptAfter(in.Run)))
	passage.Until = SweptFrom(in.Run)
	return passage, true
}

func gateTooEarly(in Input) (Passage, bool) {
	from, end := GateFrom(in.Run), in.Run.Order.RetiresEnd
	if !in.Now.Before(from) {
		return Passage{}, false
	}
	passage := wait(GateOverlap, from, fmt.Sprintf("both secrets are kept until %s", day(from)))
	switch {
	case !end.IsZero() && end.Before(from):
		passage = expire(GateEndsFirst, end, fmt.Sprintf("the old secret ends on %s, before the overlap does", day(end)))
	case watermarkDue(in):
		passage.Watermark = true
	case asksReport(in) && in.Now.Before(WatermarkFrom(in.Run)):
		passage.Until = WatermarkFrom(in.Run)
		passage.Text += fmt.Sprintf("; before that, on %s, Keyturn signs in with the new one, which the reports have to show by then", day(passage.Until))
	}
	if last, used := usedAfterDelivery(in); used {
		passage.Text += fmt.Sprintf("; the old one was still used on %s, after delivery", day(last))
	}
	return passage, true
}

// gateChosen is where no report is asked: a person chose time alone for the application, or approved this one removal.
func gateChosen(in Input) (Passage, bool) {
	switch {
	case in.Approved:
		return pass(GateApproved, fmt.Sprintf("approved by a person; delivered on %s", day(in.Run.DeliveredAt))), true
	case !asksReport(in):
		return pass(GateTime, fmt.Sprintf(
			"delivered on %s and kept for %s, as the policy asks; no evidence of use was wanted", day(in.Run.DeliveredAt), span(in.Run.Order.Overlap))), true
	}
	return Passage{}, false
}

func gateWithoutReport(in Input) (Passage, bool) {
	if in.Usage.Source != "" {
		return Passage{}, false
	}
	return without(in, GateNoReport, "no report of use can be read: "+orUnknown(in.Usage.Reason)), true
}

func gateWatermark(in Input) (Passage, bool) {
	if watermarkDue(in) {
		passage := wait(GateWatermark, in.Now.Add(askAgain), "a sign-in of our own is made now, to see how far the report has come")
		passage.Watermark = true
		return passage, true
	}
	if !useOf(in, in.NewKeyID).Last.Before(in.Run.WatermarkAt.Add(-slack)) {
		return Passage{}, false
	}
	return later(in, GateReportBehind, fmt.Sprintf(
		"the %s doesn't show our own sign-in of %s yet", in.Usage.Source, day(in.Run.WatermarkAt))), true
}

// gateInUse: somebody who has no place in the configuration goes on using the old password, and would fail on its last
// day whatever is done here. That is for a person, whatever the rule.
func gateInUse(in Input) (Passage, bool) {
	last, used := usedAfterDelivery(in)
	if !used {
		return Passage{}, false
	}
	return person(GateInUse,
		fmt.Sprintf("the old secret was used on %s, after delivery on %s: a consumer that Keyturn doesn't know still has it",
			day(last), day(in.Run.DeliveredAt)),
		fmt.Sprintf("find it with keyturn discover %s and the sign-in log, give it the new secret, then keyturn approve %s; the old one works until %s",
			in.Run.App, in.Run.ID, endOf(in))), true
}

func gateNewUnused(in Input) (Passage, bool) {
	if useOf(in, in.NewKeyID).ByOthers.After(in.Run.DeliveredAt) {
		return Passage{}, false
	}
	return later(in, GateNewUnused, fmt.Sprintf("the %s doesn't show anybody but Keyturn using the new secret yet", in.Usage.Source)), true
}

// later waits for evidence that may still come: until the old password's own end, or, where evidence is required, until
// patience has run out.
func later(in Input, code Code, text string) Passage {
	end := in.Run.Order.RetiresEnd
	bounded := in.Run.Order.Evidence == renewal.EvidenceRequired || end.IsZero()
	if bounded && !in.Now.Before(GateFrom(in.Run).Add(patience)) {
		return without(in, code, text)
	}
	until := in.Now.Add(askAgain)
	if swept := end.Add(sweepMargin); !end.IsZero() && swept.Before(until) {
		until = swept
	}
	return wait(code, until, text)
}

// without is what the rule says when there will be no evidence.
func without(in Input, code Code, text string) Passage {
	end := in.Run.Order.RetiresEnd
	if in.Run.Order.Evidence == renewal.EvidencePreferred && !end.IsZero() {
		return expire(code, end, fmt.Sprintf("%s; the old secret is left to expire on %s", text, day(end)))
	}
	return person(code, text, fmt.Sprintf("make sure that nobody uses the old secret any more, then keyturn approve %s; it works until %s",
		in.Run.ID, endOf(in)))
}

// ReportTells reports whether a report of use can change what the gate says of run by now. It can't while the overlap
// has just begun: what a report shows within five minutes of delivery doesn't count as after it.
func ReportTells(run renewal.Run, now time.Time) bool {
	return !now.Before(run.DeliveredAt.Add(slack)) || !now.Before(WatermarkFrom(run))
}

func asksReport(in Input) bool { return in.Run.Order.Evidence != renewal.EvidenceTime }

func watermarkDue(in Input) bool {
	from := WatermarkFrom(in.Run)
	return asksReport(in) && !in.Now.Before(from) && in.Run.WatermarkAt.Before(from)
}

// usedAfterDelivery reports whether anybody used the old password so long after every place had the new one that it can't
// have been by a value still kept. We never do.
func usedAfterDelivery(in Input) (time.Time, bool) {
	last := useOf(in, in.Run.Retires).Last
	return last, last.After(in.Run.DeliveredAt.Add(grace(in.Run)))
}

// grace is how long after delivery a use of the old password tells nothing: at most half of the overlap.
func grace(run renewal.Run) time.Duration { return max(slack, min(keepsValue, run.Order.Overlap/2)) }

func useOf(in Input, keyID string) Use { return in.Usage.Uses[strings.ToLower(keyID)] }

func endOf(in Input) string {
	if in.Run.Order.RetiresEnd.IsZero() {
		return "it is removed"
	}
	return day(in.Run.Order.RetiresEnd)
}

func orUnknown(reason string) string {
	if reason == "" {
		return "this tenant has none"
	}
	return reason
}

func pass(code Code, text string) Passage {
	return Passage{Verdict: Remove, Decision: Decision{Code: code, Text: text}}
}

func wait(code Code, until time.Time, text string) Passage {
	return Passage{Verdict: Wait, Until: until, Decision: Decision{Code: code, Text: text}}
}

func expire(code Code, end time.Time, text string) Passage {
	return Passage{Verdict: Expire, Until: end.Add(sweepMargin), Decision: Decision{Code: code, Text: text}}
}

func person(code Code, text, fix string) Passage {
	return Passage{Verdict: Person, Decision: Decision{Code: code, Text: text, Fix: fix}}
}
