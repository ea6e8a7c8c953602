package policy_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"keyturn/policy"
	"keyturn/renewal"
)

const hour = time.Hour

// proven is a gate with every evidence in place: delivered 20 days before noon, an overlap of 14 days, the watermark
// made at its end and seen, the old password unused since, the new one used by others.
func proven() policy.Input {
	delivered := noon.Add(-20 * day)
	return policy.Input{
		Now: noon, NewKeyID: "NEW",
		Run: renewal.Run{
			ID: "r1", App: "provision-assist", Retires: "OLD", DeliveredAt: delivered, WatermarkAt: delivered.Add(14 * day),
			Order: renewal.Order{
				Overlap: 14 * day, ReportLag: 72 * hour, Evidence: renewal.EvidencePreferred, RetiresEnd: noon.Add(30 * day),
			},
		},
		Usage: policy.Usage{Source: "sign-in report", Uses: map[string]policy.Use{
			"old": {Last: delivered.Add(-hour), ByOthers: delivered.Add(-hour)},
			"new": {Last: noon.Add(-day), ByOthers: noon.Add(-day)},
		}},
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	delivered := noon.Add(-20 * day)
	silent := policy.Usage{Reason: "no licence"}
	for name, c := range map[string]struct {
		change  func(*policy.Input)
		want    policy.Code
		verdict policy.Verdict
		until   time.Time
	}{
		"all evidence is there":       {func(*policy.Input) {}, policy.GateEvidence, policy.Remove, time.Time{}},
		"the run retires nothing":     {func(in *policy.Input) { in.Run.Retires = "" }, policy.GateNothing, policy.Nothing, time.Time{}},
		"not delivered everywhere":    {func(in *policy.Input) { in.Run.DeliveredAt = time.Time{} }, policy.GateUndelivered, policy.Person, time.Time{}},
		"within the overlap":          {func(in *policy.Input) { in.Now = delivered.Add(day) }, policy.GateOverlap, policy.Wait, delivered.Add(14 * day)},
		"within the report's lag":     {func(in *policy.Input) { in.Now = delivered.Add(15 * day) }, policy.GateOverlap, policy.Wait, delivered.Add(17 * day)},
		"the last instant of the lag": {func(in *policy.Input) { in.Now = delivered.Add(17*day - 1) }, policy.GateOverlap, policy.Wait, delivered.Add(17 * day)},
		"the old one ends within the overlap": {func(in *policy.Input) {
			in.Now, in.Run.Order.RetiresEnd = delivered.Add(day), delivered.Add(5*day)
		}, policy.GateEndsFirst, policy.Expire, delivered.Add(5*day + 5*time.Minute)},
		"the old one has just expired":              {func(in *policy.Input) { in.Run.Order.RetiresEnd = noon }, policy.GateExpired, policy.Wait, noon.Add(5 * time.Minute)},
		"the old one expired yesterday":             {func(in *policy.Input) { in.Run.Order.RetiresEnd, in.Usage = noon.Add(-day), silent }, policy.GateExpired, policy.Remove, time.Time{}},
		"time alone is asked":                       {func(in *policy.Input) { in.Run.Order.Evidence, in.Usage = renewal.EvidenceTime, silent }, policy.GateTime, policy.Remove, time.Time{}},
		"a person approved":                         {func(in *policy.Input) { in.Approved, in.Usage = true, silent }, policy.GateApproved, policy.Remove, time.Time{}},
		"a person approved too early":               {func(in *policy.Input) { in.Approved, in.Now = true, delivered.Add(16*day) }, policy.GateOverlap, policy.Wait, delivered.Add(17 * day)},
		"no report, preferred":                      {func(in *policy.Input) { in.Usage = silent }, policy.GateNoReport, policy.Expire, noon.Add(30*day + 5*time.Minute)},
		"no report, required":                       {func(in *policy.Input) { in.Usage, in.Run.Order.Evidence = silent, renewal.EvidenceRequired }, policy.GateNoReport, policy.Person, time.Time{}},
		"no report, and the end isn't known":        {func(in *policy.Input) { in.Usage, in.Run.Order.RetiresEnd = silent, time.Time{} }, policy.GateNoReport, policy.Person, time.Time{}},
		"no watermark yet":                          {func(in *policy.Input) { in.Run.WatermarkAt = time.Time{} }, policy.GateWatermark, policy.Wait, noon.Add(6 * hour)},
		"a watermark from before the overlap's end": {func(in *policy.Input) { in.Run.WatermarkAt = delivered.Add(time.Minute) }, policy.GateWatermark, policy.Wait, noon.Add(6 * hour)},
		"the watermark isn't in the report":         {func(in *policy.Input) { in.Run.WatermarkAt = noon.Add(-hour) }, policy.GateReportBehind, policy.Wait, noon.Add(6 * hour)},
		"the watermark isn't there, the end is near": {func(in *policy.Input) {
			in.Run.WatermarkAt, in.Run.Order.RetiresEnd = noon.Add(-hour), noon.Add(hour)
		}, policy.GateReportBehind, policy.Wait, noon.Add(hour + 5*time.Minute)},
		"the old one was used after delivery": {func(in *policy.Input) { in.Usage.Uses["old"] = policy.Use{Last: delivered.Add(26 * time.Hour)} }, policy.GateInUse, policy.Person, time.Time{}},
		"the old one was used by who keeps a value for a day": {
			func(in *policy.Input) { in.Usage.Uses["old"] = policy.Use{Last: delivered.Add(24 * time.Hour)} }, policy.GateEvidence, policy.Remove, time.Time{},
		},
		"the old one was used in the minute of delivery": {
			func(in *policy.Input) { in.Usage.Uses["old"] = policy.Use{Last: delivered.Add(time.Minute)} }, policy.GateEvidence, policy.Remove, time.Time{},
		},
		"the report notes the watermark a little earlier": {func(in *policy.Input) {
			in.Run.WatermarkAt = noon
			in.Usage.Uses["new"] = policy.Use{Last: noon.Add(-time.Minute), ByOthers: noon.Add(-day)}
		}, policy.GateEvidence, policy.Remove, time.Time{}},
		"nobody else used the new one": {func(in *policy.Input) { in.Usage.Uses["new"] = policy.Use{Last: noon} }, policy.GateNewUnused, policy.Wait, noon.Add(6 * hour)},
		"nobody used the new one for weeks, required": {func(in *policy.Input) {
			in.Usage.Uses["new"] = policy.Use{Last: noon}
			in.Run.Order.Evidence, in.Now = renewal.EvidenceRequired, noon.Add(20*day)
		}, policy.GateNewUnused, policy.Person, time.Time{}},
	} {
		in := proven()
		c.change(&in)
		got := policy.Gate(in)
		if got.Code != c.want || got.Verdict != c.verdict || !got.Until.Equal(c.until) {
			t.Errorf("%s: %s %s until %s (%s), want %s %s until %s", name, got.Code, got.Verdict, got.Until, got.Text, c.want, c.verdict, c.until)
		}
		if got.Code == policy.GateOverlap && !strings.Contains(got.Text, got.Until.Format("2 Jan 2006 15:04 UTC")) {
			t.Errorf("%s: people are shown %s as what comes next, and why doesn't stand in %q", name, got.Until, got.Text)
		}
		if got.Text == "" || (got.Verdict == policy.Person) != (got.Fix != "") {
			t.Errorf("%s: a sentence, and a fix for a person and nobody else: %+v", name, got)
		}
	}
}

func TestGateAsksForAWatermarkOnceTheOverlapIsOver(t *testing.T) {
	t.Parallel()
	in := proven()
	in.Run.WatermarkAt = time.Time{}
	for name, c := range map[string]struct {
		at   time.Duration // after delivery
		want bool
	}{
		"just before": {14*day - 1, false}, "at its end": {14 * day, true}, "in the lag": {16 * day, true}, "after the lag": {18 * day, true},
	} {
		in.Now = in.Run.DeliveredAt.Add(c.at)
		if got := policy.Gate(in); got.Watermark != c.want || got.Verdict != policy.Wait {
			t.Errorf("%s: %s watermark=%v, want wait, %v", name, got.Verdict, got.Watermark, c.want)
		}
	}
}

// Whatever is put in: a password that still works is removed only after delivery, overlap and lag, and only with the
// evidence that was asked for.
func TestGateNeverRemovesEarlyOrWithoutEvidence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anyGate(t)
		got := policy.Gate(in)
		if got.Verdict == policy.Wait && !got.Until.After(in.Now) {
			t.Fatalf("waits until %s, which isn't after now, %s", got.Until, in.Now)
		}
		if got.Verdict != policy.Remove || in.Run.Order.RetiresEnd.Before(in.Now) && !in.Run.Order.RetiresEnd.IsZero() {
			return
		}
		run := in.Run
		if run.DeliveredAt.IsZero() || in.Now.Before(run.DeliveredAt.Add(run.Order.Overlap+run.Order.ReportLag)) {
			t.Fatalf("removes at %s after delivery at %s", in.Now, run.DeliveredAt)
		}
		if in.Approved || run.Order.Evidence == renewal.EvidenceTime {
			return
		}
		older, newer := in.Usage.Uses["old"], in.Usage.Uses["new"]
		const slack = 5 * time.Minute
		if in.Usage.Source == "" || older.Last.After(run.DeliveredAt.Add(max(slack, min(25*time.Hour, run.Order.Overlap/2)))) || !newer.ByOthers.After(run.DeliveredAt) ||
			newer.Last.Before(run.WatermarkAt.Add(-slack)) || run.WatermarkAt.Before(run.DeliveredAt.Add(run.Order.Overlap)) {
			t.Fatalf("removes without evidence: %+v %+v", in.Usage, run)
		}
	})
}

func anyGate(t *rapid.T) policy.Input {
	in := proven()
	maybe := func(label string) time.Time {
		if rapid.IntRange(0, 5).Draw(t, label+" unset") == 0 {
			return time.Time{}
		}
		return noon.Add(time.Duration(rapid.IntRange(-40*24, 40*24).Draw(t, label)) * hour)
	}
	in.Run.DeliveredAt, in.Run.WatermarkAt, in.Run.Order.RetiresEnd = maybe("delivered"), maybe("watermark"), maybe("end")
	in.Run.Order.Evidence = rapid.SampledFrom([]renewal.EvidenceRule{"required", "preferred", "time"}).Draw(t, "rule")
	in.Run.Order.Overlap = time.Duration(rapid.IntRange(0, 20*24).Draw(t, "overlap")) * hour
	in.Approved = rapid.IntRange(0, 5).Draw(t, "approved") == 0
	if rapid.IntRange(0, 3).Draw(t, "report") == 0 {
		in.Usage.Source = ""
	}
	in.Usage.Uses = map[string]policy.Use{
		"old": {Last: maybe("old last"), ByOthers: maybe("old others")},
		"new": {Last: maybe("new last"), ByOthers: maybe("new others")},
	}
	return in
}
