package keyvaultsecret_test

import (
	"context"
	"testing"

	"keyturn/arm"
	"keyturn/cloud"
	"keyturn/secret"
	"keyturn/target/keyvaultsecret"
	"keyturn/target/targettest"
	"keyturn/vault"
)

func TestKeyVaultSecretIsATarget(t *testing.T) {
	targettest.Exercise(t, func(t *testing.T, c *targettest.Cloud) targettest.Case {
		decorate(t, c)
		return targettest.Case{
			Target:    open(t, c.Session, "appSecret"),
			Powerless: open(t, c.AsApp(), "appSecret"),
			Missing:   open(t, c.Session, "never-made"),
			Holds:     func() string { return c.Secret("appSecret") },
			Rest:      func() any { return rest(t, c) },
			Stranger:  func() { set(t, c, vault.Draft{Value: secret.New("a stranger's")}) },
			Fault:     func(kind string) { c.Fault(kind, "kv-provassist.vault.azure.net", "PUT", "/secrets/", 1) },
			Makes:     true,
		}
	})
}

// decorate gives the secret a content type and foreign tags, so that there is something to keep.
func decorate(t *testing.T, c *targettest.Cloud) {
	t.Helper()
	set(t, c, vault.Draft{
		Value: secret.New(c.Secret("appSecret")), ContentType: "text/plain", Tags: map[string]string{"owner": "it", "cost": "42"},
	})
}

func set(t *testing.T, c *targettest.Cloud, draft vault.Draft) {
	t.Helper()
	if _, err := vault.New(c.Session).Set(t.Context(), targettest.Vault, "appSecret", draft); err != nil {
		t.Fatal(err)
	}
}

func latest(t *testing.T, c *targettest.Cloud) vault.Version {
	t.Helper()
	found, err := vault.New(c.Session).Get(t.Context(), targettest.Vault, "appSecret", "")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func rest(t *testing.T, c *targettest.Cloud) any {
	t.Helper()
	found := latest(t, c)
	return []any{found.ContentType, vault.Foreign(found.Tags), found.Enabled}
}

func open(t *testing.T, session *cloud.Session, name string) *keyvaultsecret.Target {
	t.Helper()
	made, err := keyvaultsecret.New(keyvaultsecret.Config{Vault: targettest.Vault, Secret: name}, keyvaultsecret.Parts{
		Vaults: vault.New(session), Plane: arm.New(session), Portal: session.Hosts().Portal,
		Self: func(ctx context.Context) (string, error) {
			self, err := session.Self(ctx)
			return self.ObjectID, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestTheDescriptorTellsTheConfiguration(t *testing.T) {
	t.Parallel()
	targettest.Describes(t, keyvaultsecret.Descriptor(), keyvaultsecret.Config{})
}
