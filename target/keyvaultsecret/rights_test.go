package keyvaultsecret_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target/keyvaultsecret"
	"keyturn/vault"
)

const (
	us       = "0bje0000-0000-0000-0000-000000000001"
	somebody = "0bje0000-0000-0000-0000-000000000002"
	vaultID  = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-a"
)

// plane answers what a control plane would.
type plane struct {
	vault   arm.Vault
	lost    error                      // the vault can't be found
	allowed map[string]arm.Permissions // by scope; a scope that isn't here isn't known
}

func (p plane) FindVault(context.Context, string) (arm.Vault, error) { return p.vault, p.lost }

func (p plane) Permissions(_ context.Context, scope string) (arm.Permissions, error) {
	if found, ok := p.allowed[scope]; ok {
		return found, nil
	}
	return nil, &problem.Error{Class: problem.Permanent, Code: problem.NotFound}
}

// box is a vault of which only the answers to reads and trials matter.
type box struct {
	keyvaultsecret.Vaults
	read, try error
}

func (b box) Address(name string) (string, error) { return vault.Address(name, "vault.azure.net") }

func (b box) Get(context.Context, string, string, string) (vault.Version, error) {
	return vault.Version{ID: "v1", Enabled: true}, b.read
}

func (b box) MayUpdate(context.Context, string, string) error { return b.try }

func TestWhetherASecretMayBeWrittenIsKnownBeforehand(t *testing.T) {
	t.Parallel()
	denied := problem.NeedsPerson(problem.Denied, "s", "no", "ask")
	data := func(actions ...string) arm.Permissions {
		for i := range actions {
			actions[i] = "Microsoft.KeyVault/vaults/secrets/" + actions[i]
		}
		return arm.Permissions{{DataActions: actions}}
	}
	policies := func(object string, permissions ...string) arm.Vault {
		return arm.Vault{ID: vaultID, Policies: []arm.AccessPolicy{{ObjectID: object, Secrets: permissions}}}
	}
	byRole := arm.Vault{ID: vaultID, RBAC: true}
	for name, test := range map[string]struct {
		plane plane
		box   box
		want  string // "yes", "no" or "unknown"
	}{
		"a policy allows it":      {plane: plane{vault: policies(us, "Get", "Set")}, want: "yes"},
		"a policy allows all":     {plane: plane{vault: policies(strings.ToUpper(us), "all")}, want: "yes"},
		"a policy allows reading": {plane: plane{vault: policies(us, "get", "list")}, want: "no"},
		"nobody's policy names us, and we can't read": {
			plane: plane{vault: policies(somebody, "set")}, box: box{read: denied, try: denied}, want: "no",
		},
		"a group's policy lets us read; the vault is asked and lets us": {plane: plane{vault: policies(somebody, "all")}, want: "yes"},
		"a group's policy lets us read; the vault is asked and refuses": {
			plane: plane{vault: policies(somebody, "get")}, box: box{try: denied}, want: "no",
		},
		"a role on the secret": {
			plane: plane{vault: byRole, allowed: map[string]arm.Permissions{vaultID + "/secrets/s": data("*")}}, want: "yes",
		},
		"a role on the vault, where secrets can't be asked about": {
			plane: plane{vault: byRole, allowed: map[string]arm.Permissions{vaultID: data("setSecret/action")}}, want: "yes",
		},
		"a role that only reads": {
			plane: plane{vault: byRole, allowed: map[string]arm.Permissions{vaultID + "/secrets/s": data("getSecret/action")}}, want: "no",
		},
		"the vault isn't shown to us, and lets us":   {plane: plane{lost: errors.New("not shown")}, want: "yes"},
		"the vault isn't shown to us, and refuses":   {plane: plane{lost: errors.New("not shown")}, box: box{try: denied}, want: "no"},
		"the vault isn't shown to us, nor answers":   {plane: plane{lost: errors.New("not shown")}, box: box{try: errors.New("no answer")}, want: "unknown"},
		"roles can't be read, and the vault lets us": {plane: plane{vault: byRole}, want: "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := keyvaultsecret.New(keyvaultsecret.Config{Vault: "kv-a", Secret: "s"}, keyvaultsecret.Parts{
				Vaults: test.box, Plane: test.plane, Self: func(context.Context) (string, error) { return us, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			var found check.Check
			for _, c := range made.Check(t.Context()) {
				if c.ID == "vault.set" {
					found = c
				}
			}
			got := map[bool]string{found.OK: "yes", found.Unknown: "unknown", !found.OK && !found.Unknown: "no"}[true]
			if got != test.want || (got == "no" && (found.Code != problem.Denied || found.Fix == "")) {
				t.Errorf("%s: %+v", got, found)
			}
		})
	}
}
