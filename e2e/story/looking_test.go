//go:build unix

package story_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEveryListPipes: what a command prints with -o json is one document with the fields that are documented, and with
// -o csv one table, whatever state the renewal is in.
func TestEveryListPipes(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, atOnce...)
	fields := map[string][]string{
		"scan":               {"app", "clientId", "secretId", "kind", "expires", "state"},
		"plan " + app:        {"app", "clientId", "due", "dueText", "ends", "replaces", "newEnds", "custodian", "overlap", "effects", "requests", "checks", "unconfirmed"},
		"doctor":             {"ok", "checks", "checks.id", "checks.subject", "checks.ok", "checks.code", "checks.message"},
		"discover " + app:    {"app", "clientId", "findings", "findings.kind", "findings.resource", "findings.confidence", "findings.configured"},
		"status":             {"app", "clientId", "state"},
		"status --offline":   {"app", "clientId", "state"},
		"config schema":      {"$schema"},
		"version":            {"version"},
		"runs":               {"id", "app", "state", "order", "createdAt"},
		"show " + app:        {"run", "run.id", "attempts", "deliveries", "audit"},
		"runs --app nothing": nil,
	}
	empty := []string{"scan", "plan " + app, "doctor", "status", "discover " + app, "version", "config schema"}
	for _, line := range empty {
		m.wantFields(t, line, fields[line])
	}
	m.want(2, "renew", app, "--yes")
	for line, wanted := range fields {
		if line != "runs --app nothing" {
			m.wantFields(t, line, wanted)
		}
	}
	for _, line := range []string{"scan", "status", "runs"} {
		r := m.run(append(strings.Fields(line), "-o", "csv")...)
		rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%s -o csv: %d rows, %v\n%s", line, len(rows), err, r.stdout)
		}
	}
	assertNoSecretLeft(t, m)
}

// wantFields runs a command with -o json and checks that its answer, or the first row of it, has the fields.
func (m *machine) wantFields(t *testing.T, line string, wanted []string) {
	t.Helper()
	args := strings.Fields(line)
	if line != "config schema" {
		args = append(args, "-o", "json")
	}
	r := m.run(args...)
	var answer any
	if err := json.Unmarshal([]byte(r.stdout), &answer); err != nil || (r.code != 0 && r.code != 2) {
		t.Errorf("%s: exit %d, %v\n%s\n%s", line, r.code, err, r.stdout, tail(r.stderr))
		return
	}
	for _, path := range wanted {
		if !has(answer, strings.Split(path, ".")) {
			t.Errorf("%s has no %s in\n%.1500s", line, path, r.stdout)
		}
	}
}

// has reports whether a decoded document has a field, in the first row of every list on the way.
func has(at any, path []string) bool {
	if list, ok := at.([]any); ok {
		return len(list) > 0 && has(list[0], path)
	}
	if len(path) == 0 {
		return true
	}
	object, ok := at.(map[string]any)
	if !ok {
		return false
	}
	inner, there := object[path[0]]
	return there && (len(path) == 1 || has(inner, path[1:]))
}

// TestTheFirstConfiguration is written by init from what is found, is good as it stands, and says which place the manual
// forgets. Where Azure doesn't show whom a connection signs in as, a person confirms it before anything is planned.
func TestTheFirstConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hidden bool
		seed   string
		places int
	}{
		"everything shows":              {seed: "provision-assist", places: 4},
		"today's release":               {seed: "provision-assist-v2", places: 3},
		"Azure hides who they are":      {seed: "provision-assist", places: 4, hidden: true},
		"hidden, and today's release":   {seed: "provision-assist-v2", places: 3, hidden: true},
		"an expired secret, everything": {seed: "provision-assist-expired", places: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle", "--seed", c.seed)
			if c.hidden {
				cloud.turn("connection-parameters-hidden", "on")
			}
			m := newMachine(t, cloud)
			file := filepath.Join(m.dir, "keyturn.yaml")
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			said := m.want(0, "init", "--pack", "provision-assist", "--tenant", "contoso.onmicrosoft.com")
			if !strings.Contains(said.stdout+said.stderr, "provisionassist-automation: the manual (Refreshing the app secret) does NOT mention this place") {
				t.Errorf("init doesn't name the place that the manual forgets:\n%s%s", said.stdout, said.stderr)
			}
			m.want(0, "config", "check")
			if c.hidden {
				if planned := m.want(2, "plan", app); !strings.Contains(planned.stdout, "provisionassist-kv may hold this secret") {
					t.Errorf("plan doesn't ask about the candidates:\n%s", planned.stdout)
				}
				confirm(t, file)
			}
			if unconfirmed := m.unconfirmed(t); len(unconfirmed) > 0 {
				t.Errorf("plan still asks about %v", unconfirmed)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), atOnce[0], atOnce[1])), 0o600); err != nil {
				t.Fatal(err)
			}
			before := cloud.state()
			if got := len(before.places(t)); got != c.places {
				t.Fatalf("%d places in the sample", got)
			}
			if r := m.run("renew", app, "--yes"); r.code != 0 && r.code != 2 {
				t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			assertRenewed(t, before, cloud.advanced(2*day), expectation{oldKept: true, failures: c.seed == "provision-assist-expired"})
			assertNoSecretLeft(t, m)
		})
	}
}

// confirm takes the comment signs from the candidates, as a person does who knows that they hold the secret.
func confirm(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	inside := false
	for i, line := range lines {
		switch rest, commented := strings.CutPrefix(line, "      # "); {
		case commented && strings.HasPrefix(rest, "- apiConnection:"):
			inside, lines[i] = true, "      "+rest
		case commented && inside && strings.HasPrefix(rest, "    "):
			lines[i] = "      " + rest
		default:
			inside = false
		}
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// unconfirmed are the places that plan still asks about.
func (m *machine) unconfirmed(t *testing.T) []string {
	t.Helper()
	var plans []struct {
		Unconfirmed []struct {
			Resource string `json:"resource"`
		} `json:"unconfirmed"`
	}
	r := m.run("plan", app, "-o", "json")
	if err := json.Unmarshal([]byte(r.stdout), &plans); err != nil {
		t.Fatalf("plan -o json: %v\n%s\n%s", err, r.stdout, tail(r.stderr))
	}
	var places []string
	for _, plan := range plans {
		for _, place := range plan.Unconfirmed {
			places = append(places, place.Resource)
		}
	}
	return slices.Compact(places)
}

// advanced is the cloud's state some time later.
func (c *cloud) advanced(d time.Duration) truth {
	c.t.Helper()
	c.advance(d)
	return c.state()
}
