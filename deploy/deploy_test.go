// Package deploy_test checks what others run Keyturn with: alert rules by Prometheus's own tool, units by systemd's.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tool finds a program of the machine. Without it the test is skipped, unless the environment variable says that CI has
// made sure of it; see the Makefile.
func tool(t *testing.T, name, required string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv(required) != "":
		t.Fatalf("%s is set, and there is no %s: make tools installs it", required, name)
	}
	t.Skipf("there is no %s; make tools installs it", name)
	return ""
}

func TestAlertsFireWhenTheyShouldAndOnlyThen(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool", "KEYTURN_REQUIRE_PROMTOOL")
	for _, args := range [][]string{
		{"check", "rules", "--lint-fatal", "prometheus-rules.yaml"}, {"test", "rules", "prometheus-rules_test.yaml"},
	} {
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

var metricName = regexp.MustCompile(`keyturn_[a-z_]+`)

// TestAlertsAskForWhatIsTold: a metric that is called otherwise in the rules would never fire, and no tool would tell.
// docs/watching.md lists all metrics, and is generated.
func TestAlertsAskForWhatIsTold(t *testing.T) {
	t.Parallel()
	told := metricName.FindAllString(read(t, "../docs/watching.md"), -1)
	rules := read(t, "prometheus-rules.yaml")
	asked := metricName.FindAllString(rules, -1)
	if len(told) < 15 || len(asked) < 15 {
		t.Fatalf("%d metrics are told, %d asked for", len(told), len(asked))
	}
	for _, name := range asked {
		if !slices.Contains(told, name) {
			t.Errorf("the rules ask for %s, which is no metric of Keyturn", name)
		}
	}
	for _, alert := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(rules, -1) {
		fires := regexp.MustCompile(`alertname: ` + alert[1] + `\n\s+exp_alerts:`)
		if !fires.MatchString(read(t, "prometheus-rules_test.yaml")) {
			t.Errorf("no test sees %s fire", alert[1])
		}
	}
}

// TestUnitsAreWhatSystemdTakes: systemd itself reads the units, with another program in place of Keyturn, which need not
// be installed here. It complains on its output of keys that it doesn't know, and ends well all the same.
func TestUnitsAreWhatSystemdTakes(t *testing.T) {
	t.Parallel()
	analyze := tool(t, "systemd-analyze", "KEYTURN_REQUIRE_SYSTEMD")
	anything, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for unit, exposed := range map[string]string{"keyturn.service": "13", "keyturn-once.service": "20", "keyturn-once.timer": ""} {
		text := strings.ReplaceAll(read(t, unit), "/usr/local/bin/keyturn", anything)
		path := filepath.Join(folder, unit)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if exposed == "" {
			continue
		}
		// how open the sandbox is, in tenths, of 100
		if out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", "--threshold="+exposed, path).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
	}
	for _, unit := range []string{"keyturn.service", "keyturn-once.service", "keyturn-once.timer"} {
		out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", filepath.Join(folder, unit)).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
