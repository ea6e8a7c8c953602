//go:build unix

package story_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestARenewalAgainstTheOdds succeeds all the same, without a failed sign-in, and says what it had to yield to.
func TestARenewalAgainstTheOdds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags   []string
		prepare func(*cloud)
		edits   []string
		says    []string
		check   func(t *testing.T, before, after truth)
	}{
		"a policy of the tenant caps the lifetime": {
			prepare: func(c *cloud) { c.turn("password-policy", "90d") },
			says:    []string{"90d", "policy"},
			check: func(t *testing.T, before, after truth) {
				for keyID, p := range byKey(after.provisionAssist(t).Passwords) {
					if _, old := byKey(before.provisionAssist(t).Passwords)[keyID]; !old && p.End.After(before.Now.Add(90*day+time.Hour)) {
						t.Errorf("the new secret ends on %s", p.End)
					}
				}
			},
		},
		"connections hide what they have, but it is configured": {
			prepare: func(c *cloud) { c.turn("connection-parameters-hidden", "on") },
		},
		"Graph refuses a write because of another one": {
			prepare: failing(map[string]any{"host": "graph.microsoft.com", "method": "POST", "kind": "error-before", "status": 400, "count": 1}),
		},
		"Graph throttles": {
			prepare: failing(map[string]any{"host": "graph.microsoft.com", "kind": "throttle", "count": 4, "delay": "1s"}),
		},
		"Azure throttles": {
			prepare: failing(map[string]any{"host": "management.azure.com", "kind": "throttle", "count": 6, "delay": "1s"}),
		},
		"the vault throttles": {
			prepare: failing(map[string]any{"host": "kv-provassist.vault.azure.net", "kind": "throttle", "count": 4, "delay": "1s"}),
		},
		"the sign-in service throttles": {
			prepare: failing(map[string]any{"host": "login.microsoftonline.com", "kind": "throttle", "count": 2, "delay": "1s"}),
		},
		"the app isn't found right after the secret was made": {
			prepare: failing(map[string]any{"host": "graph.microsoft.com", "path": "addPassword", "kind": "error-before", "status": 404, "count": 2}),
		},
		"a fresh right isn't known everywhere yet": {
			prepare: failing(map[string]any{"host": "management.azure.com", "method": "PUT", "kind": "error-before", "status": 403, "count": 2}),
		},
		"every answer takes its time": {flags: []string{"--latency", "200ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, append([]string{"--gentle"}, c.flags...)...)
			if c.prepare != nil {
				c.prepare(cloud)
			}
			m := newMachine(t, cloud, append(slices.Clone(c.edits), atOnce...)...)
			before := cloud.state()
			planned := m.want(2, "plan", app)
			for _, part := range c.says {
				if !strings.Contains(planned.stdout, part) {
					t.Errorf("plan doesn't say %q:\n%s", part, planned.stdout)
				}
			}
			m.want(2, "renew", app, "--yes")
			cloud.faults()
			finish(t, m)
			after := cloud.state()
			assertRenewed(t, before, after, expectation{})
			if c.check != nil {
				c.check(t, before, after)
			}
			assertNoSecretLeft(t, m)
		})
	}
}

// failing lets requests go wrong by a rule.
func failing(rule map[string]any) func(*cloud) {
	return func(c *cloud) { c.faults(rule) }
}
