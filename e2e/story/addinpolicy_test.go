//go:build unix

package story_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPoliciesOnSymmetricKeys: two of an add-in's three credentials are such keys, for which a tenant may have rules of its own.
// They are read before anything is made; where they can't be, the first refusal tells, and what was made is taken back.
func TestPoliciesOnSymmetricKeys(t *testing.T) {
	t.Parallel()
	unreadable := map[string]any{"host": "graph.microsoft.com", "path": "olicies", "kind": "error-before", "status": 403}
	for name, c := range map[string]struct {
		value  string
		faults []map[string]any
		life   time.Duration // at most; 0 = nothing is made
		says   string
	}{
		"keys are forbidden":              {value: "blocked", says: "forbids new symmetric keys"},
		"keys live less long":             {value: "90d", life: 90 * day, says: "allows 90d instead of 365d"},
		"keys live less long, unreadable": {value: "100d", faults: []map[string]any{unreadable}, life: 100 * day, says: "allows only a shorter life"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
			m := newMachine(t, cloud)
			before := cloud.addIn()
			cloud.turn("symmetric-key-policy", c.value)
			cloud.faults(c.faults...)
			if c.life == 0 {
				m.nothingWritten(t, before, c.says)
				return
			}
			planned := m.want(2, "plan", addIn)
			r := m.want(2, "renew", addIn, "--yes", "--wait", "0")
			if said := planned.stdout + r.stdout + r.stderr; !strings.Contains(said, c.says) {
				t.Errorf("nothing is said of %q:\n%s", c.says, said)
			}
			now := cloud.addIn()
			if len(now.Passwords) != 2 || len(now.Keys) != 4 {
				t.Fatalf("the directory holds %+v", now)
			}
			for _, p := range now.Passwords {
				if p.KeyID != before.Passwords[0].KeyID && (p.End.After(cloud.state().Now.Add(c.life)) || p.End.Before(cloud.state().Now.Add(28*day))) {
					t.Errorf("the new secret ends on %s", p.End)
				}
			}
			assertNoSecretLeft(t, m)
		})
	}
}

// nothingWritten: doctor, plan and renew say why, and the directory is as it was.
func (m *machine) nothingWritten(t *testing.T, before addInTruth, says string) {
	t.Helper()
	for command, code := range map[string]int{"doctor": 2, "plan": 2, "renew": 1} {
		args := []string{command, addIn}
		if command == "renew" {
			args = append(args, "--yes")
		}
		if r := m.want(code, args...); !strings.Contains(r.stdout+r.stderr, says) || strings.Contains(r.stdout, "0001-01-01") {
			t.Errorf("%s says\n%s\n%s", command, r.stdout, r.stderr)
		}
	}
	if now := m.cloud.addIn(); fmt.Sprint(now) != fmt.Sprint(before) {
		t.Errorf("something was written: %+v", now)
	}
}
