package keyvaultsecret_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target/keyvaultsecret"
	"keyturn/target/targettest"
	"keyturn/vault"
)

// remove deletes a secret, which our own client can't do.
func remove(t *testing.T, c *targettest.Cloud, name string) {
	t.Helper()
	permit(t, c, "get", "list", "set", "delete")
	client, err := azsecrets.NewClient("https://"+targettest.Vault+".vault.azure.net", c.Session.Credential(),
		&azsecrets.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: c.Session.Client()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteSecret(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
}

// permit leaves our identity with these secret permissions in an access policy.
func permit(t *testing.T, c *targettest.Cloud, permissions ...string) {
	t.Helper()
	self, err := c.Session.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	policies := []any{map[string]any{
		"tenantId": self.TenantID, "objectId": self.ObjectID, "permissions": map[string]any{"secrets": permissions},
	}}
	change(t, c, http.MethodPut, "/accessPolicies/replace", map[string]any{"accessPolicies": policies})
}

func change(t *testing.T, c *targettest.Cloud, method, below string, properties map[string]any) {
	t.Helper()
	_, err := arm.New(c.Session).Do(t.Context(), arm.Call{
		Method: method, ID: c.ID("Microsoft.KeyVault/vaults", targettest.Vault) + below, Version: "2026-02-01",
		Body: map[string]any{"properties": properties},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checked(t *testing.T, c *targettest.Cloud, name string) map[string]check.Check {
	t.Helper()
	found := map[string]check.Check{}
	for _, one := range open(t, c.Session, name).Check(t.Context()) {
		found[one.ID] = one
	}
	return found
}

func TestWhatKeepsASecretFromBeingWrittenIsNamed(t *testing.T) {
	const full = "Key Vault Secrets Officer"
	for name, test := range map[string]struct {
		spoil func(t *testing.T, c *targettest.Cloud)
		id    string
		code  string
		fix   string
		grant check.GrantKind
	}{
		"reading isn't permitted": {
			func(t *testing.T, c *targettest.Cloud) { permit(t, c, "set") }, "vault.get", problem.Denied, "access policy", check.AccessPolicy,
		},
		"writing isn't permitted": {
			func(t *testing.T, c *targettest.Cloud) { permit(t, c, "get", "list") }, "vault.set", problem.Denied, "get, list, set", check.AccessPolicy,
		},
		"the vault goes by roles and we have none": {
			func(t *testing.T, c *targettest.Cloud) {
				change(t, c, http.MethodPatch, "", map[string]any{"enableRbacAuthorization": true})
			}, "vault.set", problem.Denied, full, check.RoleAssignment,
		},
		"the firewall keeps us out": {
			func(_ *testing.T, c *targettest.Cloud) { c.Switch("vault-firewall", "on") }, "vault.get", problem.Firewall, "", "",
		},
		"the secret was deleted": {
			func(t *testing.T, c *targettest.Cloud) { remove(t, c, "appSecret") }, "vault.get", vault.Binned, "recover", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := targettest.Start(t)
			test.spoil(t, c)
			found := checked(t, c, "appSecret")[test.id]
			if found.OK || found.Unknown || found.Code != test.code || found.Fix == "" || !strings.Contains(found.Fix, test.fix) {
				t.Errorf("%+v", found)
			}
			if test.grant != "" && (len(found.Grants) != 1 || found.Grants[0].Kind != test.grant || found.Grants[0].Scope == "") {
				t.Errorf("grants: %+v", found.Grants)
			}
		})
	}
}

func TestASecretInTheBinCannotBeWritten(t *testing.T) {
	c := targettest.Start(t)
	remove(t, c, "appSecret")
	_, err := open(t, c.Session, "appSecret").Write(t.Context(), parcel(c, "abc.1", newKey, ""))
	if found := problem.Of(err); err == nil || found.Code != vault.Binned || found.Class != problem.Person || !strings.Contains(found.Fix, "recover") {
		t.Errorf("%v", err)
	}
}

func TestANewSecretIsAWarning(t *testing.T) {
	c := targettest.Start(t)
	found := checked(t, c, "never-made")["vault.get"]
	if !found.OK || !found.Warning || found.Code != "secret.new" {
		t.Errorf("%+v", found)
	}
}

func TestAVaultThatDoesNotExistIsNamed(t *testing.T) {
	c := targettest.Start(t)
	unknown, err := keyvaultsecret.New(keyvaultsecret.Config{Vault: "kv-nowhere", Secret: "s"}, keyvaultsecret.Parts{
		Vaults: vault.New(c.Session), Plane: arm.New(c.Session),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = unknown.Look(t.Context())
	if found := problem.Of(err); err == nil || !strings.Contains(found.Error(), "kv-nowhere") || found.Fix == "" {
		t.Errorf("%v", err)
	}
	if failed := check.Failed(unknown.Check(t.Context())); len(failed) == 0 || failed[0].Fix == "" {
		t.Errorf("checks: %+v", failed)
	}
}

func TestConfigurationsThatCannotBeRightAreRefused(t *testing.T) {
	c := targettest.Start(t)
	for name, test := range map[string]struct {
		cfg  keyvaultsecret.Config
		code string
	}{
		"no vault":                {keyvaultsecret.Config{Secret: "s"}, "config.vault"},
		"no secret":               {keyvaultsecret.Config{Vault: "kv-a"}, "config.secret"},
		"a path for a secret":     {keyvaultsecret.Config{Vault: "kv-a", Secret: "a/b"}, "config.secret"},
		"another host":            {keyvaultsecret.Config{Vault: "https://kv-a.vault.azure.net.evil.example", Secret: "s"}, "config.vault"},
		"another cloud":           {keyvaultsecret.Config{Vault: "https://kv-a.vault.azure.cn", Secret: "s"}, "config.vault"},
		"plain http":              {keyvaultsecret.Config{Vault: "http://kv-a.vault.azure.net", Secret: "s"}, "config.vault"},
		"a name with a dot in it": {keyvaultsecret.Config{Vault: "kv.a", Secret: "s"}, "config.vault"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := keyvaultsecret.New(test.cfg, keyvaultsecret.Parts{Vaults: vault.New(c.Session)})
			if !problem.Is(err, test.code) || problem.Of(err).Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAVaultIsTheSamePlaceByNameAndByAddress(t *testing.T) {
	c := targettest.Start(t)
	ids := map[string]bool{}
	for _, spelled := range []string{"kv-provassist", "KV-ProvAssist", "https://kv-provassist.vault.azure.net", "https://KV-provassist.vault.azure.net/"} {
		made, err := keyvaultsecret.New(keyvaultsecret.Config{Vault: spelled, Secret: "appSecret"}, keyvaultsecret.Parts{Vaults: vault.New(c.Session)})
		if err != nil {
			t.Fatal(err)
		}
		ids[made.Place().ID] = true
	}
	if len(ids) != 1 || !ids["keyVaultSecret:kv-provassist/appSecret"] {
		t.Errorf("%v", ids)
	}
}
