package role

import (
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pattern, action string
		want            bool
	}{
		"a star alone fits everything":                     {"*", "Microsoft.Web/connections/write", true},
		"the same words in another letter case fit":        {"microsoft.web/Connections/WRITE", "Microsoft.Web/connections/write", true},
		"a star in the middle spans several segments":      {"Microsoft.Automation/*/read", "Microsoft.Automation/automationAccounts/variables/read", true},
		"a star in the middle keeps the tail":              {"Microsoft.Automation/*/read", "Microsoft.Automation/automationAccounts/variables/write", false},
		"a star at the start keeps the tail":               {"*/read", "Microsoft.Web/connections/read", true},
		"a longer action does not fit an exact pattern":    {"Microsoft.Web/connections/read", "Microsoft.Web/connections/readx", false},
		"head and tail must not use the same characters":   {"ab*ba", "aba", false},
		"two stars fit in order":                           {"Microsoft.*/vaults/*/action", "Microsoft.KeyVault/vaults/secrets/getSecret/action", true},
		"another provider does not fit":                    {"Microsoft.Web/*", "Microsoft.Logic/workflows/read", false},
		"a prefix without a star is not a match for below": {"Microsoft.Web/connections", "Microsoft.Web/connections/read", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Match(c.pattern, c.action); got != c.want {
				t.Errorf("Match(%q, %q) = %v, want %v", c.pattern, c.action, got, c.want)
			}
		})
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		upper, scope string
		want         bool
	}{
		"the root covers everything":                   {"/", "/subscriptions/a", true},
		"a group covers what is in it":                 {"/subscriptions/A/resourceGroups/rg", "/Subscriptions/a/resourcegroups/RG/providers/X/y/z", true},
		"a group does not cover a longer group's name": {"/subscriptions/a/resourceGroups/rg", "/subscriptions/a/resourceGroups/rg2", false},
		"a resource does not cover its group":          {"/subscriptions/a/resourceGroups/rg/providers/X/y/z", "/subscriptions/a/resourceGroups/rg", false},
		"slashes at the end and doubled do not count":  {"/subscriptions/a/", "//subscriptions//a//resourceGroups/rg", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Covers(c.upper, c.scope); got != c.want {
				t.Errorf("Covers(%q, %q) = %v, want %v", c.upper, c.scope, got, c.want)
			}
		})
	}
}

func TestBookJudgesByScopeTimeAndEntry(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const group, vault = "/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
	book := NewBook()
	book.Assign(Assignment{Name: "1", Scope: group, PrincipalID: "P", DefinitionID: Contributor, From: start})
	book.Assign(Assignment{Name: "2", Scope: vault + "/secrets/appSecret", PrincipalID: "P", DefinitionID: KeyVaultSecretsUser, From: start.Add(time.Minute)})

	permits := map[string]struct {
		got, want bool
	}{
		"a contributor writes in the group":                 {book.Permits("p", "Microsoft.Web/connections/write", group+"/providers/Microsoft.Web/connections/c", start), true},
		"a contributor does not assign roles":               {book.Permits("p", "Microsoft.Authorization/roleAssignments/write", group, start), false},
		"a contributor reads no secret":                     {book.PermitsData("p", "Microsoft.KeyVault/vaults/secrets/getSecret/action", vault+"/secrets/appsecret", start), false},
		"a fresh grant does not count yet":                  {book.PermitsData("p", "Microsoft.KeyVault/vaults/secrets/getSecret/action", vault+"/secrets/appsecret", start.Add(59*time.Second)), false},
		"a grant counts from its instant":                   {book.PermitsData("p", "Microsoft.KeyVault/vaults/secrets/getSecret/action", vault+"/secrets/appsecret", start.Add(time.Minute)), true},
		"a grant on one secret is not one on another":       {book.PermitsData("p", "Microsoft.KeyVault/vaults/secrets/getSecret/action", vault+"/secrets/other", start.Add(time.Minute)), false},
		"a stranger may nothing":                            {book.Permits("q", "Microsoft.Web/connections/read", group, start), false},
		"a role below makes the subscription visible":       {book.Touches("p", "/subscriptions/s", start), true},
		"a role elsewhere does not make it visible":         {book.Touches("p", "/subscriptions/t", start), false},
		"a role in a group gives nothing on the group's up": {book.Permits("p", "Microsoft.Web/connections/read", "/subscriptions/s", start), false},
	}
	for name, c := range permits {
		if c.got != c.want {
			t.Errorf("%s: got %v", name, c.got)
		}
	}
}

func TestRevokedAssignmentIsUnlistedAtOnceButCountsForAWhile(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	book := NewBook()
	book.Assign(Assignment{Name: "n", Scope: "/subscriptions/s", PrincipalID: "p", DefinitionID: Reader, From: start})
	if _, ok := book.Revoke("/Subscriptions/S", "N", start.Add(time.Minute)); !ok {
		t.Fatal("the assignment was not found")
	}
	if len(book.Assignments()) != 0 {
		t.Error("a revoked assignment is still listed")
	}
	if !book.Permits("p", "x/read", "/subscriptions/s", start.Add(59*time.Second)) {
		t.Error("a revoked assignment stopped counting before its time")
	}
	if book.Permits("p", "x/read", "/subscriptions/s", start.Add(time.Minute)) {
		t.Error("a revoked assignment still counts after its time")
	}
	if _, ok := book.Revoke("/subscriptions/s", "n", start); ok {
		t.Error("revoked twice")
	}
}

func TestCustomRoles(t *testing.T) {
	t.Parallel()
	book := NewBook()
	mine := Definition{ID: "c1", Name: "Renewer", Permissions: []Permission{{Actions: []string{"a/b"}}}}
	if !book.Define(mine) || book.Define(mine) {
		t.Error("a role is new the first time only")
	}
	if found, ok := book.Named("renewer"); !ok || !found.Custom {
		t.Error("a custom role is found by its name and known as custom")
	}
	if !book.Undefine("C1") || book.Undefine(Owner) {
		t.Error("custom roles can be removed, built-in ones cannot")
	}
}
