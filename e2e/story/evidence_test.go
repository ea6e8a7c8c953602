//go:build unix

package story_test

import (
	"strings"
	"testing"
)

// TestTheOldSecretGoesOnEvidenceOnly: without a report, or with one that can't be read, what happens depends on the
// rule that the configuration chose; never is the old secret removed early.
func TestTheOldSecretGoesOnEvidenceOnly(t *testing.T) {
	t.Parallel()
	const preferred = "evidence: preferred"
	for name, c := range map[string]struct {
		prepare func(*cloud)
		rule    string
		// after this many days of coming back every four days
		days    int
		door    string
		outcome string
		kept    bool
		says    string
	}{
		"a report, preferred":             {rule: preferred, days: 24, outcome: "renewed"},
		"no report, preferred, early":     {prepare: noReport, rule: preferred, days: 20, door: "wait", kept: true, says: "left to expire"},
		"no report, preferred, after end": {prepare: noReport, rule: preferred, days: 28, outcome: "renewed"},
		"no right to read it, preferred":  {prepare: missing("report-role"), rule: preferred, days: 20, door: "wait", kept: true, says: "left to expire"},
		"a report, required":              {rule: "evidence: required", days: 24, outcome: "renewed"},
		"no report, required":             {prepare: noReport, rule: "evidence: required", days: 20, door: "person", kept: true, says: "keyturn approve"},
		"no report, time alone":           {prepare: noReport, rule: "evidence: time", days: 16, outcome: "renewed"},
		"no report, time alone, early":    {prepare: noReport, rule: "evidence: time", days: 12, door: "wait", kept: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			if c.prepare != nil {
				c.prepare(cloud)
			}
			m := newMachine(t, cloud, append([]string{preferred, c.rule}, atOnce...)...)
			before := cloud.state()
			m.want(2, "renew", app, "--yes")
			for range c.days / 4 {
				cloud.advance(4 * day)
				m.run("resume", app)
			}
			run := m.lastRun()
			if run.Door != c.door || run.Outcome != c.outcome {
				t.Errorf("door %q and outcome %q, want %q and %q: %+v", run.Door, run.Outcome, c.door, c.outcome, run)
			}
			if told := m.run("show", run.ID).stdout + m.run("status").stdout; !strings.Contains(told, c.says) {
				t.Errorf("nothing says %q:\n%s", c.says, told)
			}
			assertRenewed(t, before, cloud.state(), expectation{oldKept: c.kept})
			if _, there := byKey(cloud.state().provisionAssist(t).Passwords)[run.Retires]; there != c.kept {
				t.Errorf("the old secret is there: %t, want %t", there, c.kept)
			}
		})
	}
}

func noReport(c *cloud) { c.turn("report-absent", "on") }

// TestAPersonApproves that the old secret goes where evidence was required and there is none.
func TestAPersonApproves(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	noReport(cloud)
	m := newMachine(t, cloud, append([]string{"evidence: preferred", "evidence: required"}, atOnce...)...)
	before := cloud.state()
	m.want(2, "renew", app, "--yes")
	for range 5 {
		cloud.advance(4 * day)
		m.run("resume", app)
	}
	waiting := m.lastRun()
	if waiting.Door != "person" {
		t.Fatalf("the run is %+v", waiting)
	}
	m.run("approve", waiting.ID, "--yes")
	if run := m.lastRun(); run.State != "done" || run.Outcome != "renewed" {
		t.Errorf("the run is %+v", run)
	}
	cloud.advance(14 * day)
	assertRenewed(t, before, cloud.state(), expectation{})
	if told := m.want(0, "show", waiting.ID).stdout; !strings.Contains(told, "approved by a person") {
		t.Errorf("show doesn't tell who let it go:\n%s", told)
	}
}
