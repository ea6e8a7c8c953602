//go:build unix

package story_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheScriptOfMissingRights: an identity without any right gets a script from doctor; run by somebody who may, it
// grants what a whole renewal takes and nothing that it doesn't, and its undo takes everything back.
func TestTheScriptOfMissingRights(t *testing.T) {
	t.Parallel()
	for name, lacks := range map[string]string{
		"none at all": "on", "the place in the directory": "graph-role,ownership", "the vault": "vault-get,vault-set,vault-list", "Azure": "azure",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			cloud.turn("missing-right", lacks)
			m := newMachine(t, cloud, atOnce...)
			m.want(2, "doctor", app)
			script := filepath.Join(m.dir, "grant.sh")
			if err := os.WriteFile(script, []byte(m.want(0, "doctor", app, "--script", "az").stdout), 0o600); err != nil {
				t.Fatal(err)
			}
			m.elevated(t, func() { m.bash(t, script) })
			cloud.advance(2 * 60e9) // a right takes a while to be known everywhere
			if r := m.run("doctor", app); r.code != 0 {
				t.Errorf("doctor still misses something:\n%s", failedLines(r.stdout))
			}
			before := cloud.state()
			m.want(2, "renew", app, "--yes")
			finish(t, m)
			assertRenewed(t, before, cloud.state(), expectation{})
			m.elevated(t, func() { m.bash(t, script, "undo") })
			cloud.advance(2 * 60e9)
			if again := m.want(2, "doctor", app).stdout; failedLines(again) == "" {
				t.Error("after undo nothing is missing")
			}
			assertNoSecretLeft(t, m)
		})
	}
}

// TestScriptsInEveryDialect name every missing right.
func TestScriptsInEveryDialect(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	cloud.turn("missing-right", "on")
	m := newMachine(t, cloud)
	for _, dialect := range []string{"az", "powershell", "bicep"} {
		text := m.want(0, "doctor", "--script", dialect).stdout
		for _, part := range []string{
			"Application.ReadWrite.OwnedBy", cloud.state().provisionAssist(t).AppID, "kv-provassist", "Microsoft.Web/connections/write",
			"provisionassist-kv", "provisionassist-automation", "Microsoft.Automation/automationAccounts/variables/write",
		} {
			if !strings.Contains(text, part) {
				t.Errorf("%s doesn't name %s", dialect, part)
			}
		}
	}
	cloud.turn("missing-right", "off")
	if text := m.want(0, "doctor", "--script", "az").stdout; !strings.Contains(text, "No right is missing") {
		t.Errorf("with every right there:\n%s", text)
	}
	m.want(64, "doctor", "--script", "basic")
}

func failedLines(checks string) string {
	var failed []string
	for line := range strings.Lines(checks) {
		if strings.HasPrefix(line, "!!") {
			failed = append(failed, line)
		}
	}
	return strings.Join(failed, "")
}

// elevated lets Keyturn's identity be an administrator for a while: somebody who may grant rights.
func (m *machine) elevated(t *testing.T, do func()) {
	t.Helper()
	m.cloud.turn("elevated", "on")
	do()
	m.cloud.turn("elevated", "off")
}

// bash runs a script with the stand-in for the Azure command line in its path.
func (m *machine) bash(t *testing.T, script string, args ...string) {
	t.Helper()
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "az")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", append([]string{script}, args...)...)
	cmd.Dir = m.dir
	cmd.Env = append(slices.Clone(m.cloud.Env), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+m.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		text, _ := os.ReadFile(script)
		t.Fatalf("%s: %v\n%s\n%s", script, err, out, text)
	}
}
