package seed_test

import (
	"strings"
	"testing"

	"keyturn/simulator/consumer"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

func TestStrangersDoWhatTheyAreKnownFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		toggle, value string
		check         func(t *testing.T, c *cloud, before string)
	}{
		"the installer removes every password and writes its own": {consumer.SwitchInstaller, "on", func(t *testing.T, c *cloud, before string) {
			passwords := c.app().Passwords
			if len(passwords) != 1 || passwords[0].Value == before || passwords[0].Value != c.held(t) {
				t.Errorf("%d passwords, the vault's among them: %v", len(passwords), passwords[0].Value == c.held(t))
			}
			if passwords[0].DisplayName != "" {
				t.Errorf("the installer named its secret %q", passwords[0].DisplayName)
			}
		}},
		"an edit puts a third value into the vault": {consumer.SwitchPortalEdit, "vault", func(t *testing.T, c *cloud, before string) {
			if c.held(t) == before || len(c.app().Passwords) != 2 {
				t.Errorf("vault unchanged, or %d passwords", len(c.app().Passwords))
			}
		}},
		"an edit puts a given value into one connection": {consumer.SwitchPortalEdit, "provisionassist-automation=pasted", func(t *testing.T, c *cloud, before string) {
			values := c.connectionSecrets()
			if values["provisionassist-automation"] != "pasted" || values["provisionassist-kv"] != before {
				t.Errorf("connections hold %v", values)
			}
		}},
		"an edit puts a given value into the variable": {consumer.SwitchPortalEdit, "variable=pasted", func(t *testing.T, c *cloud, _ string) {
			for _, v := range c.a.Variables() {
				if v.Name == "appSecret" && v.Value != `"pasted"` {
					t.Errorf("the variable holds %s", v.Value)
				}
			}
		}},
		"the certificate's renewal breaks its users and nobody else": {consumer.SwitchCertificateRenewed, "on", func(t *testing.T, c *cloud, _ string) {
			c.p.RunAll()
			users := c.p.Certificates()[0]
			if users.Failures == 0 || !strings.Contains(users.LastError, "700027") {
				t.Errorf("certificate: %+v", users)
			}
			if _, failed := c.p.SignIns(); failed != 0 {
				t.Errorf("the secret's users failed %d times", failed)
			}
		}},
		"a second factor breaks the label step alone": {consumer.SwitchServiceAccountMFA, "on", func(t *testing.T, c *cloud, _ string) {
			c.p.RunAll()
			for _, one := range c.p.Report() {
				if one.Failures > 0 && !strings.HasPrefix(one.Name, "ProcessProvisionRequest") {
					t.Errorf("%s failed: %s", one.Name, one.LastError)
				}
			}
			if _, failed := c.p.SignIns(); failed != 1 {
				t.Errorf("%d failures", failed)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := plant(t, seed.ProvisionAssist, world.Settings{Seed: 2})
			before := ""
			planted.do(func() { before = planted.held(t) })
			planted.set(t, c.toggle, c.value)
			planted.do(func() { c.check(t, planted, before) })
		})
	}
}

func TestARedeploymentPutsTheOldValueBackAndDropsOurPolicy(t *testing.T) {
	t.Parallel()
	c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 2})
	before := ""
	c.do(func() { before = c.held(t) })
	c.distribute(c.issue().Value)
	c.set(t, consumer.SwitchRedeploy, "with-policies")
	c.do(func() {
		if c.held(t) != before || c.connectionSecrets()["provisionassist-kv"] != before {
			t.Error("the old value is not back")
		}
		if listed := c.v.Vault("kv-provassist").ListedPolicies(); len(listed) != 2 {
			t.Errorf("%d access policies, the template has 2", len(listed))
		}
	})
}

func (c *cloud) held(t *testing.T) string {
	t.Helper()
	value, ok := c.v.Latest("kv-provassist", "appSecret")
	if !ok {
		t.Fatal("no secret in the vault")
	}
	return value
}

func (c *cloud) connectionSecrets() map[string]string {
	held := map[string]string{}
	for _, connection := range c.a.Connections() {
		if value, ok := connection.Parameters["token:clientSecret"]; ok {
			held[connection.Resource.Name] = value
		}
	}
	return held
}
