//go:build unix

package story_test

import (
	"strings"
	"testing"
)

// TestSomebodyElseChangesThings after a renewal has reached every place, or after it is done: status and doctor say what
// was changed, with what to do next, and a run that is still open ends with a person. Nobody fails by Keyturn's doing.
func TestSomebodyElseChangesThings(t *testing.T) {
	t.Parallel()
	overwrite := func(m *machine) { m.want(2, "resume", app, "--overwrite") }
	startOver := func(m *machine) {
		m.want(0, "abort", app, "--yes")
		m.want(2, "renew", app, "--yes")
	}
	old := func(before truth, t *testing.T) string { return before.places(t)["vault"] }
	for name, c := range map[string]struct {
		change  func(t *testing.T, c *cloud, before truth)
		codes   []string // of doctor; the first is what status tells
		fix     string
		harmful bool // the change itself makes consumers fail
		mend    func(*machine)
	}{
		"the installer is run again": {
			change: func(_ *testing.T, c *cloud, _ truth) { c.turn("installer", "on") },
			codes:  []string{"drift.gone", "drift.newkey", "drift.receipt", "drift.untagged"}, fix: "keyturn renew " + app, harmful: true, mend: startOver,
		},
		"the templates are run with the old value": {
			change: func(_ *testing.T, c *cloud, _ truth) { c.turn("redeploy", "on") },
			codes:  []string{"drift.untagged", "drift.receipt"}, fix: "keyturn resume " + app + " --overwrite", mend: overwrite,
		},
		"a connection is edited in the portal": {
			change: func(t *testing.T, c *cloud, before truth) {
				c.turn("portal-edit", "provisionassist-kv="+old(before, t))
			},
			codes: []string{"drift.receipt"}, fix: "keyturn resume " + app + " --overwrite", mend: overwrite,
		},
		"the variable is edited in the portal": {
			change: func(t *testing.T, c *cloud, before truth) { c.turn("portal-edit", "variable="+old(before, t)) },
			codes:  []string{"drift.receipt"}, fix: "keyturn resume " + app + " --overwrite", mend: overwrite,
		},
		"the vault is edited in the portal": {
			change: func(t *testing.T, c *cloud, before truth) { c.turn("portal-edit", "vault="+old(before, t)) },
			codes:  []string{"drift.untagged"}, fix: "keyturn resume " + app + " --overwrite", mend: overwrite,
		},
		"the vault renews its certificate": {
			change: func(_ *testing.T, c *cloud, _ truth) { c.turn("certificate-renewed", "on") },
			codes:  []string{"cert.unregistered"}, fix: "add", harmful: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, atOnce...)
			before := cloud.state()
			m.want(2, "renew", app, "--yes")
			cloud.advance(2 * day)
			c.change(t, cloud, before)
			doctor, status := m.run("doctor", app, "-o", "json"), m.run("status")
			for _, code := range c.codes {
				if !strings.Contains(doctor.stdout, `"`+code+`"`) {
					t.Errorf("doctor doesn't say %s: %d\n%s", code, doctor.code, tail(doctor.stdout))
				}
			}
			if status.code != 2 || !strings.Contains(status.stdout, c.fix) {
				t.Errorf("status doesn't say %q: exit %d\n%s", c.fix, status.code, status.stdout)
			}
			for range 5 {
				cloud.advance(4 * day)
				if m.lastRun().Door != "person" {
					m.run("resume", app)
				}
			}
			if run := m.lastRun(); !c.harmful && (run.Door != "person" || run.Reason.Fix == "") {
				t.Errorf("the run is %+v", run)
			}
			if f := cloud.state().failures(); len(f) > 0 && !c.harmful {
				t.Errorf("consumers failed: %v", f)
			}
			if c.mend != nil {
				c.mend(m)
				finish(t, m)
				cloud.advance(14 * day)
				assertHealed(t, before, cloud.state(), c.harmful)
			}
			assertNoSecretLeft(t, m)
		})
	}
}

// assertHealed checks that every place holds one and the same secret that works, and that the first one is gone.
func assertHealed(t *testing.T, before, after truth, failed bool) {
	t.Helper()
	live, first := map[string]bool{}, before.places(t)["vault"]
	for _, p := range after.provisionAssist(t).Passwords {
		live[p.Value] = p.End.After(after.Now)
	}
	if live[first] {
		t.Error("the first secret still works")
	}
	held := map[string]bool{}
	for place, value := range after.places(t) {
		held[value] = true
		if !live[value] {
			t.Errorf("%s holds a secret that doesn't work", place)
		}
	}
	if len(held) != 1 {
		t.Errorf("the places hold %d different secrets", len(held))
	}
	if f := after.failures(); len(f) > 0 && !failed {
		t.Errorf("consumers failed: %v", f)
	}
}
