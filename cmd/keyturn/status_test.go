package main

import (
	"testing"
	"time"

	"keyturn/check"
	"keyturn/config"
	"keyturn/policy"
	"keyturn/renewal"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const aDay = 24 * time.Hour

func TestStatusSaysWhoNeedsAttention(t *testing.T) {
	t.Parallel()
	delivered := func(end time.Duration, edit func(*renewal.Run)) *renewal.Run {
		run := renewal.Run{
			ID: "r", App: "a", State: renewal.Done, Outcome: renewal.Renewed, DeliveredAt: noon.Add(-aDay), VerifiedAt: noon.Add(-aDay),
			Order: renewal.Order{End: noon.Add(end)},
		}
		edit(&run)
		return &run
	}
	nothing := func(*renewal.Run) {}
	for name, c := range map[string]struct {
		run       *renewal.Run
		findings  []check.Check
		undriven  bool
		state     string
		attention string
		next      time.Time
	}{
		"nothing is known": {state: "never renewed"},
		"renewed, with time left": {
			run: delivered(180*aDay, nothing), state: "renewed", next: noon.Add(150 * aDay),
		},
		"renewed, and due again": {
			run: delivered(29*aDay, nothing), state: "renewed", next: noon.Add(-aDay), attention: "the secret is due",
		},
		"renewed once, and expired since": {
			run: delivered(-aDay, nothing), state: "renewed", next: noon.Add(-31 * aDay), attention: "the secret has expired",
		},
		"in the overlap": {
			run: delivered(180*aDay, func(r *renewal.Run) {
				r.State, r.Outcome, r.Door, r.WakeAt = renewal.Overlapping, "", renewal.Wait, noon.Add(aDay)
			}), state: "overlapping", next: noon.Add(aDay),
		},
		"the overlap is over and nobody came": {
			run: delivered(180*aDay, func(r *renewal.Run) {
				r.State, r.Outcome, r.Door, r.WakeAt = renewal.Overlapping, "", renewal.Wait, noon.Add(-aDay)
			}), undriven: true, state: "overlapping", next: noon.Add(-aDay), attention: "its next step is due and nobody drives it",
		},
		"a person is asked": {
			run: delivered(180*aDay, func(r *renewal.Run) {
				r.State, r.Outcome, r.Door, r.Reason = renewal.Retiring, "", renewal.Person, renewal.Reason{Text: "somebody changed it"}
			}), undriven: true, state: "retiring", attention: "somebody changed it",
		},
		"a check fails": {
			run: delivered(180*aDay, nothing), findings: []check.Check{check.Fail("x", "y", "z", "no right", "grant it")},
			state: "renewed", next: noon.Add(150 * aDay), attention: "no right",
		},
		"a certificate breaks": {
			run: delivered(180*aDay, nothing), findings: []check.Check{check.Pass("x", "y", "good"), check.Warn("x", "y", "z", "it ends", "make one")},
			state: "renewed", next: noon.Add(150 * aDay), attention: "it ends",
		},
		"spread again, the value is older than the run": {
			run: delivered(180*aDay, func(r *renewal.Run) {
				r.Outcome, r.Order.Reuse, r.Order.ReuseEnd = renewal.Added, true, noon.Add(10*aDay)
			}), state: "added", next: noon.Add(-20 * aDay), attention: "the secret is due",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := config.Config{Applications: []config.Application{{Name: "a", Policy: policy.Default()}}}
			var runs, undriven []renewal.Run
			if c.run != nil {
				runs = []renewal.Run{*c.run}
			}
			if c.undriven {
				undriven = runs
			}
			rows, err := statusRows(settings, runs, nil)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			rows[0].Findings = c.findings
			judge(rows, undriven, noon)
			if got := rows[0]; got.State != c.state || got.Attention != c.attention || !got.Next.Equal(c.next) {
				t.Errorf("state %q, attention %q, next %v; want %q, %q, %v", got.State, got.Attention, got.Next, c.state, c.attention, c.next)
			}
		})
	}
}

func TestStatusKnowsApplicationsThatOnlyTheStoreHas(t *testing.T) {
	t.Parallel()
	runs := []renewal.Run{{ID: "r", App: "gone", State: renewal.Aborted}}
	rows, err := statusRows(config.Default(), runs, nil)
	if err != nil || len(rows) != 1 || rows[0].App != "gone" || rows[0].State != "aborted" {
		t.Errorf("%+v, %v", rows, err)
	}
	if _, err := statusRows(config.Default(), nil, []string{"other"}); exitCode(err) != exitUsage {
		t.Errorf("an application that nobody knows ends with %d", exitCode(err))
	}
}
