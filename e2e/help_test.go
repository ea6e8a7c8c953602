package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// commands are all that this release has; `help` and `completion` are cobra's own.
var commands = []string{
	"", "abort", "adopt", "advise", "approve", "audit", "audit export", "audit verify", "config", "config check", "config schema", "console", "console link", "demo", "discover", "doctor", "init", "migrate", "notify", "notify test", "notify list", "notify resend", "plan",
	"renew", "resume", "runs", "scan", "serve", "service", "service install", "service remove", "show", "simulate", "status", "store", "store copy", "token", "token create", "token list", "token revoke", "version",
}

func TestHelpIsWhatWeSayItIs(t *testing.T) {
	t.Parallel()
	for _, command := range commands {
		t.Run("keyturn "+command, func(t *testing.T) {
			t.Parallel()
			got, err := exec.Command(keyturn.Path(), append(strings.Fields(command), "--help")...).Output()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(got), "Examples:\n  keyturn") {
				t.Error("no examples")
			}
			golden(t, "keyturn "+command, got)
		})
	}
}

func TestHelpListsEveryCommand(t *testing.T) {
	t.Parallel()
	help, err := exec.Command(keyturn.Path(), "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"": true, "help": true, "completion": true}
	for _, command := range commands {
		listed[strings.Fields(command + " .")[0]] = true
	}
	for _, line := range strings.Split(string(help), "\n") {
		if name, about, ok := strings.Cut(strings.TrimPrefix(line, "  "), " "); ok && strings.HasPrefix(line, "  ") &&
			strings.HasPrefix(about, " ") && !strings.HasPrefix(name, "-") && name != "" && !listed[name] {
			t.Errorf("%q is a command without a golden file", name)
		}
	}
}

// golden compares with a file, which -update writes anew.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "help", strings.ReplaceAll(strings.TrimSpace(name), " ", "-")+".txt")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("help differs from %s (go test ./e2e -update writes it anew):\n%s", path, got)
	}
}
