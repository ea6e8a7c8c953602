package script_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"keyturn/check"
	"keyturn/inventory/script"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist"
	vault = group + "/providers/Microsoft.KeyVault/vaults/kv-provassist"
)

func keyturn() script.Identity {
	return script.Identity{
		TenantID: "22222222-2222-2222-2222-222222222222", ObjectID: "33333333-3333-3333-3333-333333333333", Name: "keyturn renewal",
	}
}

// everything is one grant of each kind and shape that keyturn can miss.
func everything() []check.Grant {
	connections := []string{"Microsoft.Web/connections/read", "Microsoft.Web/connections/write"}
	return []check.Grant{
		{Kind: check.GraphRole, Name: "Application.ReadWrite.OwnedBy"},
		{Kind: check.GraphRole, Name: "AuditLog.Read.All"},
		{Kind: check.GraphRole, Name: "Application.ReadWrite.OwnedBy"},
		{Kind: check.Ownership, Scope: "44444444-4444-4444-4444-444444444444"},
		{Kind: check.AccessPolicy, Scope: vault, Actions: []string{"get", "set"}},
		{Kind: check.AccessPolicy, Scope: strings.ToUpper(vault), Actions: []string{"get", "list"}},
		{Kind: check.AccessPolicy, Scope: "kv-elsewhere", Actions: []string{"get"}},
		{Kind: check.RoleAssignment, Name: "Key Vault Secrets Officer", Scope: vault + "/secrets/appSecret"},
		{Kind: check.CustomRole, Scope: group + "/providers/Microsoft.Web/connections/provisionassist-kv", Actions: connections},
		{Kind: check.CustomRole, Scope: group + "/providers/Microsoft.Web/connections/provisionassist-automation", Actions: connections},
		{
			Kind:    check.CustomRole,
			Scope:   group + "/providers/Microsoft.Automation/automationAccounts/provisionassist-auto/variables/appSecret",
			Actions: []string{"Microsoft.Automation/automationAccounts/variables/read", "Microsoft.Automation/automationAccounts/variables/write"},
		},
	}
}

func TestScriptsAreAsKept(t *testing.T) {
	t.Parallel()
	person := keyturn()
	person.User, person.Name = true, "Ada O'Neill"
	elsewhere := check.Grant{Kind: check.RoleAssignment, Name: "Key Vault Secrets Officer", Scope: "/subscriptions/9/resourceGroups/rg-two/providers/Microsoft.KeyVault/vaults/kv-two"}
	for name, c := range map[string]struct {
		who    script.Identity
		grants []check.Grant
	}{
		"everything": {keyturn(), everything()},
		"nothing":    {keyturn(), nil},
		"person":     {person, everything()[:5]},
		"two-groups": {keyturn(), append(everything()[7:8], elsewhere)},
	} {
		for _, dialect := range script.Dialects() {
			got, err := script.Render(c.who, c.grants, dialect)
			if err != nil {
				t.Fatalf("%s in %s: %v", name, dialect, err)
			}
			golden(t, filepath.Join("testdata", name+"."+string(dialect)), got)
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update to keep the new one):\n%s", path, got)
	}
}

// A stand-in for the Azure command line writes down what it is called with: quoting holds when every argument arrives as
// it was meant.
func TestBashRunsAndHandsOverEveryName(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash on this machine")
		return
	}
	nasty := check.Grant{Kind: check.RoleAssignment, Name: "Reader", Scope: group + `/providers/Microsoft.KeyVault/vaults/it's "$(touch owned)" \ ; x`}
	for _, undo := range []string{"", "undo"} {
		calls := runWithStandIn(t, bash, append(everything(), nasty), undo)
		for _, want := range []string{
			"[--scope][" + nasty.Scope + "]", "[--name][kv-provassist]", "33333333-3333-3333-3333-333333333333",
			"[--role][Keyturn connections rg-provassist]", "[Key Vault Secrets Officer]",
		} {
			if !strings.Contains(calls, want) {
				t.Errorf("%q: no call has %s:\n%s", undo, want, calls)
			}
		}
	}
}

func runWithStandIn(t *testing.T, bash string, grants []check.Grant, argument string) string {
	t.Helper()
	dir := t.TempDir()
	text, err := script.Render(keyturn(), grants, script.AZ)
	if err != nil {
		t.Fatal(err)
	}
	standIn := "#!/bin/sh\nfor a in \"$@\"; do printf '[%s]' \"$a\"; done >>\"$CALLS\"\necho >>\"$CALLS\"\necho an-id\n"
	for name, body := range map[string]string{"az": standIn, "grants.sh": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(bash, filepath.Join(dir, "grants.sh"), argument)
	if argument == "" {
		command = exec.Command(bash, filepath.Join(dir, "grants.sh"))
	}
	command.Dir = dir
	command.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "CALLS="+filepath.Join(dir, "calls"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
		t.Fatal("a name was run as a command")
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return string(calls)
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who     script.Identity
		grants  []check.Grant
		dialect script.Dialect
	}{
		"an identity without object id":   {script.Identity{}, nil, script.AZ},
		"a dialect that isn't known":      {keyturn(), nil, "perl"},
		"a name that would break a line":  {keyturn(), []check.Grant{{Kind: check.GraphRole, Name: "A\nrm -rf x"}}, script.AZ},
		"an identity with a line in name": {script.Identity{ObjectID: "x", Name: "a\nb"}, nil, script.PowerShell},
	} {
		if got, err := script.Render(c.who, c.grants, c.dialect); err == nil {
			t.Errorf("%s: no error, but %q", name, got)
		}
	}
}
