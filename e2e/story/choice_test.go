//go:build unix

package story_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// noVault takes the one place out of the configuration that could tell which secret is in use.
var noVault = []string{"      - keyVaultSecret: { vault: kv-provassist, secret: appSecret }\n", ""}

// TestAPersonNamesTheSecret where nothing tells which one is in use.
func TestAPersonNamesTheSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edits   []string
		replace func(application) string
		outcome string
		kept    bool
	}{
		"the one in use, without a vault to prove it": {
			edits: noVault, replace: func(a application) string { return a.Passwords[0].KeyID }, outcome: "renewed",
		},
		"none": {replace: func(application) string { return "none" }, outcome: "added", kept: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, append(c.edits, atOnce...)...)
			before := cloud.state()
			old := before.provisionAssist(t)
			r := m.run("renew", app, "--yes", "--replace", c.replace(old))
			if r.code != 0 && r.code != 2 {
				t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			if len(c.edits) > 0 { // the vault is nobody's business here: a person brings it the value, as they did before
				cloud.turn("portal-edit", "vault="+cloud.state().places(t)["provisionassist-automation"])
			}
			finish(t, m)
			if run := m.lastRun(); run.Outcome != c.outcome {
				t.Errorf("the run is %+v", run)
			}
			after := cloud.state()
			if _, there := byKey(after.provisionAssist(t).Passwords)[old.Passwords[0].KeyID]; there != c.kept {
				t.Errorf("the old secret is there: %t, want %t", there, c.kept)
			}
			assertRenewed(t, before, after, expectation{oldKept: c.kept})
			assertNoSecretLeft(t, m)
		})
	}
}

// TestAnAppWithRoomForTwo lets personal accounts sign in and holds its two secrets already: a person must name one that
// goes first, and never is it the one in use.
func TestAnAppWithRoomForTwo(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	cloud.turn("elevated", "on")
	m := newMachine(t, cloud, atOnce...)
	partner := cloud.state().named(t, "Partner Portal")
	m.add(t, "  partner-portal:\n    clientId: "+partner.AppID+"\n    targets:\n      - keyVaultSecret: { vault: kv-provassist, secret: partnerSecret }\n")
	spare, used := partner.Passwords[0].KeyID, partner.Passwords[1].KeyID

	full := m.want(1, "renew", "partner-portal", "--yes", "--replace", used)
	assertOneMessage(t, full, []string{"holds 2 secrets, as many as it may", "--make-room SECRET-ID"})
	same := m.want(1, "renew", "partner-portal", "--yes", "--replace", used, "--make-room", used)
	assertOneMessage(t, same, []string{used, "the one in use"})
	unknown := m.want(1, "renew", "partner-portal", "--yes", "--replace", used, "--make-room", nobody)
	assertOneMessage(t, unknown, []string{"no secret with Secret ID " + nobody})
	if got := cloud.state().named(t, "Partner Portal"); len(got.Passwords) != 2 || got.Passwords[0] != partner.Passwords[0] || got.Passwords[1] != partner.Passwords[1] {
		t.Fatalf("a refused renewal left %+v", got.Passwords)
	}
	m.want(2, "renew", "partner-portal", "--yes", "--replace", used, "--make-room", spare)
	left := byKey(cloud.state().named(t, "Partner Portal").Passwords)
	if _, there := left[used]; len(left) != 2 || !there {
		t.Errorf("the app holds %+v", left)
	}
	again := m.run("renew", "partner-portal", "--yes")
	if again.code != 2 || len(cloud.state().named(t, "Partner Portal").Passwords) != 2 {
		t.Errorf("exit %d; an open renewal is followed, not doubled\n%s", again.code, tail(again.stderr))
	}
	assertNoSecretLeft(t, m)
}

// named returns the app registration with that name.
func (s truth) named(t *testing.T, name string) application {
	t.Helper()
	for _, tenant := range s.Tenants {
		for _, app := range tenant.Applications {
			if app.DisplayName == name {
				return app
			}
		}
	}
	t.Fatalf("the cloud has no app registration %q", name)
	return application{}
}

// add writes lines at the end of the configuration.
func (m *machine) add(t *testing.T, lines string) {
	t.Helper()
	file := filepath.Join(m.dir, "keyturn.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.TrimRight(string(text), "\n")+"\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
}
