package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"keyturn/policy"
	"keyturn/renewal"
)

// nights are the nights before working days in Berlin; noon is Sunday, 22 November 2026, 13:00 there.
var nights = policy.Window{Cron: "0 2 * * 1-5", Length: 4 * time.Hour, Timezone: "Europe/Berlin"}

var yearEnd = policy.Freeze{From: "2026-12-20", To: "2027-01-06", Reason: "end of year"}

func held(window policy.Window, freezes ...policy.Freeze) policy.Input {
	p := policy.Default()
	p.Window, p.Freezes = window, freezes
	return policy.Input{Now: noon, Policy: p}
}

func TestPermit(t *testing.T) {
	t.Parallel()
	at := func(in policy.Input, text string) policy.Input {
		in.Now, _ = time.Parse(time.RFC3339, text)
		return in
	}
	with := func(in policy.Input, edit func(*policy.Input)) policy.Input { edit(&in); return in }
	for name, c := range map[string]struct {
		in   policy.Input
		code policy.Code
		from string // when it goes on; "" = at once
	}{
		"nothing is set":                                     {held(policy.Window{}), policy.PermitAlways, ""},
		"the window is closed":                               {held(nights), policy.PermitClosed, "2026-11-23T01:00:00Z"},
		"it opens":                                           {at(held(nights), "2026-11-23T01:00:00Z"), policy.PermitOpen, ""},
		"it is open until the last second":                   {at(held(nights), "2026-11-23T04:59:59Z"), policy.PermitOpen, ""},
		"it has just closed":                                 {at(held(nights), "2026-11-23T05:00:00Z"), policy.PermitClosed, "2026-11-24T01:00:00Z"},
		"in summer it opens an hour earlier":                 {at(held(nights), "2026-07-05T12:00:00Z"), policy.PermitClosed, "2026-07-06T00:00:00Z"},
		"a night in which the clocks skip the hour":          {at(held(policy.Window{Cron: "30 2 * * *", Length: time.Hour, Timezone: "Europe/Berlin"}), "2027-03-28T00:00:00Z"), policy.PermitClosed, "2027-03-28T01:00:00Z"},
		"once a week, in the hour that the clocks skip":      {at(held(policy.Window{Cron: "30 2 * * 0", Length: time.Hour, Timezone: "Europe/Berlin"}), "2027-03-22T00:00:00Z"), policy.PermitClosed, "2027-03-28T01:00:00Z"},
		"a skipped window is open when the hour is over":     {at(held(policy.Window{Cron: "30 2 * * 0", Length: time.Hour, Timezone: "Europe/Berlin"}), "2027-03-28T01:59:59Z"), policy.PermitOpen, ""},
		"a skipped window closes like any other":             {at(held(policy.Window{Cron: "30 2 * * 0", Length: time.Hour, Timezone: "Europe/Berlin"}), "2027-03-28T02:00:00Z"), policy.PermitClosed, "2027-04-04T00:30:00Z"},
		"what comes beside the skipped hour stays":           {at(held(policy.Window{Cron: "0 3 * * 0", Length: time.Hour, Timezone: "Europe/Berlin"}), "2027-03-28T00:00:00Z"), policy.PermitClosed, "2027-03-28T01:00:00Z"},
		"a window over the end of a day":                     {at(held(policy.Window{Cron: "0 22 * * 0", Length: 8 * time.Hour}), "2026-11-23T03:00:00Z"), policy.PermitOpen, ""},
		"frozen, without a window":                           {at(held(policy.Window{}, yearEnd), "2026-12-24T12:00:00Z"), policy.PermitFrozen, "2027-01-07T00:00:00Z"},
		"frozen from midnight in the window's zone":          {at(held(nights, yearEnd), "2026-12-19T23:00:00Z"), policy.PermitFrozen, "2027-01-07T01:00:00Z"},
		"not frozen yet":                                     {at(held(policy.Window{}, yearEnd), "2026-12-19T23:59:59Z"), policy.PermitOpen, ""},
		"two freezes meet":                                   {at(held(policy.Window{}, yearEnd, policy.Freeze{From: "2027-01-05", To: "2027-01-10"}), "2026-12-31T00:00:00Z"), policy.PermitFrozen, "2027-01-11T00:00:00Z"},
		"a freeze takes the window":                          {at(held(nights, policy.Freeze{From: "2026-11-23", To: "2026-11-24"}), "2026-11-22T12:00:00Z"), policy.PermitClosed, "2026-11-25T01:00:00Z"},
		"the secret ends before the next window":             {with(held(nights), func(in *policy.Input) { in.Ends = noon.Add(3 * day) }), policy.PermitOverruled, ""},
		"the secret has expired":                             {with(held(nights), func(in *policy.Input) { in.Ends = noon.Add(-day) }), policy.PermitOverruled, ""},
		"the secret outlives the wait":                       {with(held(nights), func(in *policy.Input) { in.Ends = noon.Add(5 * day) }), policy.PermitClosed, "2026-11-23T01:00:00Z"},
		"a person asks for it now":                           {with(held(nights), func(in *policy.Input) { in.Run.Order.ByPerson = true }), policy.PermitAlways, ""},
		"a person asks for it now, in a freeze":              {with(at(held(nights, yearEnd), "2026-12-24T12:00:00Z"), func(in *policy.Input) { in.Run.Order.ByPerson = true }), policy.PermitFrozen, "2027-01-06T23:00:00Z"},
		"a person asks for it in the first hour of a freeze": {with(at(held(nights, yearEnd), "2026-12-19T23:30:00Z"), func(in *policy.Input) { in.Run.Order.ByPerson = true }), policy.PermitFrozen, "2027-01-06T23:00:00Z"},
		"a person asked, and it is delivered":                {with(held(nights), func(in *policy.Input) { in.Run.Order.ByPerson, in.Run.DeliveredAt = true, noon }), policy.PermitClosed, "2026-11-23T01:00:00Z"},
		"an emergency in a freeze":                           {with(at(held(nights, yearEnd), "2026-12-24T12:00:00Z"), func(in *policy.Input) { in.Run.Order.Emergency = true }), policy.PermitEmergency, ""},
	} {
		got := policy.Permit(c.in)
		if got.Code != c.code || got.Allowed != (c.from == "") || got.Text == "" {
			t.Errorf("%s: %s allowed=%v (%s)", name, got.Code, got.Allowed, got.Text)
		}
		if c.from != "" && got.From.UTC().Format(time.RFC3339) != c.from {
			t.Errorf("%s: from %s, want %s", name, got.From.UTC().Format(time.RFC3339), c.from)
		}
	}
}

// Whatever windows and freezes are set: what is allowed begins now; what isn't is allowed at the time that it is told to
// wait for, and at no time before; and nobody waits beyond the last chance of the secret in use.
func TestPermitHoldsForAllTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		window := policy.Window{
			Cron:     fmt.Sprintf("%d %d * * %d", rapid.IntRange(0, 59).Draw(t, "minute"), rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 6).Draw(t, "weekday")),
			Length:   time.Duration(rapid.IntRange(10, 3000).Draw(t, "length")) * time.Minute,
			Timezone: rapid.SampledFrom([]string{"", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"}).Draw(t, "zone"),
		}
		first := noon.AddDate(0, 0, rapid.IntRange(-40, 400).Draw(t, "freeze"))
		freeze := policy.Freeze{From: first.Format(time.DateOnly), To: first.AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "days")).Format(time.DateOnly)}
		if err := window.Check(); err != nil {
			t.Fatal(err)
		}
		if err := freeze.Check(); err != nil {
			t.Fatal(err)
		}
		in := held(window, freeze)
		in.Now = noon.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "now")) * time.Minute)
		got := policy.Permit(in)
		if got.Allowed != got.From.Equal(in.Now) || got.From.Before(in.Now) {
			t.Fatalf("allowed=%v from %s at %s", got.Allowed, got.From, in.Now)
		}
		between := in
		between.Now = in.Now.Add(time.Duration(rapid.Float64Range(0, 0.999).Draw(t, "share") * float64(got.From.Sub(in.Now))))
		if policy.Permit(between).Allowed != got.Allowed {
			t.Fatalf("told to wait until %s, yet allowed at %s", got.From, between.Now)
		}
		between.Now = got.From
		if !policy.Permit(between).Allowed {
			t.Fatalf("told to wait until %s, and held then", got.From)
		}
		in.Ends = in.Now.Add(time.Duration(rapid.IntRange(-10, 400).Draw(t, "ends")) * day)
		if p := policy.Permit(in); !p.Allowed && p.From.After(in.Ends) {
			t.Fatalf("told to wait until %s, when the secret has ended on %s", p.From, in.Ends)
		}
	})
}

func TestApprovalHoldsTheRemovalAlone(t *testing.T) {
	t.Parallel()
	delivered := renewal.Run{
		ID: "r1", App: "a", Retires: "old", DeliveredAt: noon.Add(-60 * day),
		Order: renewal.Order{Overlap: 14 * day, Evidence: renewal.EvidenceTime, RetiresEnd: noon.Add(90 * day)},
	}
	for name, c := range map[string]struct {
		edit func(*policy.Input)
		want policy.Verdict
		code policy.Code
	}{
		"all speaks for it, nobody has approved": {func(*policy.Input) {}, policy.Person, policy.GateApproval},
		"approved":                               {func(in *policy.Input) { in.Approved = true }, policy.Remove, policy.GateApproved},
		"not asked for":                          {func(in *policy.Input) { in.Policy.Approval.Retire = false }, policy.Remove, policy.GateTime},
		"expired: there is nothing to approve":   {func(in *policy.Input) { in.Run.Order.RetiresEnd = noon.Add(-day) }, policy.Remove, policy.GateExpired},
		"the overlap isn't over":                 {func(in *policy.Input) { in.Run.DeliveredAt = noon.Add(-day) }, policy.Wait, policy.GateOverlap},
	} {
		in := policy.Input{Now: noon, Policy: policy.Default(), Run: delivered}
		in.Policy.Approval.Retire = true
		c.edit(&in)
		got := policy.Gate(in)
		if got.Verdict != c.want || got.Code != c.code {
			t.Errorf("%s: %s %s (%s)", name, got.Verdict, got.Code, got.Text)
		}
		if got.Verdict == policy.Person && !strings.Contains(got.Fix, "approve r1") {
			t.Errorf("%s: fix %q", name, got.Fix)
		}
	}
}

func TestASecretThatNeverLivesLongIsNotDueAllItsLife(t *testing.T) {
	t.Parallel()
	short := password("a", "aaa", 15)
	short.Start = noon.Add(-5 * day) // twenty days in all, with a renewBefore of thirty
	in := with(input(short), "a")
	if got := policy.Due(in); got.Due || !got.At.Equal(short.End.Add(-160*time.Hour)) {
		t.Errorf("due=%v from %s", got.Due, got.At)
	}
	in.Now = noon.Add(9 * day)
	if got := policy.Due(in); !got.Due {
		t.Errorf("not due in the last third: %s", got.Text)
	}
}
