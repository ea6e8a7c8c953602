package seed_test

import (
	"testing"
	"time"

	"keyturn/simulator/consumer"
	"keyturn/simulator/seed"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

// carefully renews as the state table says: settle, deliver, overlap, retire.
func (c *cloud) carefully() {
	fresh := c.issue()
	c.do(func() {})
	settled := fresh.UsableEverywhere()
	c.w.Advance(settled.Sub(c.w.Now()) + time.Second)
	c.distribute(fresh.Value)
	c.w.Advance(14 * day)
	c.removeAllBut(fresh)
}

func TestACarefulRotationFailsNobody(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]string{
		"propagation at once":                  "0s",
		"propagation of 20 s":                  "20s",
		"propagation of 10 min":                "10m",
		"propagation different in each region": "eu-west=0s,eu-north=20s,us-east=10m",
		"propagation drawn":                    "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 7})
			c.set(t, world.PropagationSwitch, delay)
			c.carefully()
			c.w.Advance(30 * day)
			if failed := c.failures(); len(failed) > 0 {
				t.Errorf("failed: %v", failed)
			}
			c.do(func() {
				if ok, _ := c.p.SignIns(); ok < 300 {
					t.Errorf("only %d sign-ins: the witness saw too little", ok)
				}
			})
		})
	}
}

func TestACarelessRotationIsNoticed(t *testing.T) {
	t.Parallel()
	for name, careless := range map[string]func(c *cloud){
		"the old secret is removed before the connections have the new one": func(c *cloud) {
			fresh := c.issue()
			c.w.Advance(time.Hour)
			c.do(func() { c.v.SetSecret("kv-provassist", "appSecret", fresh.Value, vault.SecretSpec{}) })
			c.removeAllBut(fresh)
		},
		"the new secret is delivered before it has settled": func(c *cloud) {
			c.distribute(c.issue().Value)
		},
		"the vault's version is disabled": func(c *cloud) {
			c.do(func() { c.v.Vault("kv-provassist").Secret("appSecret").Latest().Enabled = false })
		},
		"the vault's name is lost from the connection": func(c *cloud) {
			c.do(func() {
				for _, connection := range c.a.Connections() {
					delete(connection.Parameters, "vaultName")
				}
			})
		},
		"the variable is written without its quotes and truncated": func(c *cloud) {
			c.do(func() {
				for _, v := range c.a.Variables() {
					if v.Name == "appSecret" {
						v.Value = v.Value[1:20]
					}
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 7})
			c.set(t, world.PropagationSwitch, "12h")
			careless(c)
			c.w.Advance(8 * day)
			if failed := c.failures(); len(failed) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

func TestConsumersThatKeepTheOldValueFailOnceItIsRemoved(t *testing.T) {
	t.Parallel()
	for name, toggle := range map[string]string{
		"an app that nobody knows of":    consumer.SwitchUndiscovered,
		"an app that reads at its start": consumer.SwitchReadsAtStart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 7})
			c.set(t, toggle, "on")
			c.w.Advance(day)
			fresh := c.issue()
			c.w.Advance(time.Hour)
			c.distribute(fresh.Value)
			c.w.Advance(14 * day)
			if failed := c.failures(); len(failed) > 0 {
				t.Fatalf("failed while both secrets worked: %v", failed)
			}
			c.removeAllBut(fresh)
			c.w.Advance(day)
			if failed := c.failures(); len(failed) != 1 {
				t.Errorf("failed: %v, want the one app", failed)
			}
		})
	}
}

func TestAnAppThatIsStartedAgainReadsTheNewValue(t *testing.T) {
	t.Parallel()
	c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 7})
	c.set(t, consumer.SwitchReadsAtStart, "on")
	c.w.Advance(day)
	fresh := c.issue()
	c.w.Advance(time.Hour)
	c.distribute(fresh.Value)
	c.w.Advance(day)
	c.set(t, consumer.SwitchReadsAtStart, "restart")
	c.w.Advance(14 * day)
	c.removeAllBut(fresh)
	c.w.Advance(14 * day)
	if failed := c.failures(); len(failed) > 0 {
		t.Errorf("failed: %v", failed)
	}
}

func TestTheStrangerIsThereFromTheStart(t *testing.T) {
	t.Parallel()
	c := plant(t, seed.ProvisionAssistStranger, world.Settings{Seed: 7})
	c.carefully()
	c.w.Advance(day)
	c.do(func() {
		for _, one := range c.p.Report() {
			if (one.Kind == consumer.KindStranger) != (one.Failures > 0) {
				t.Errorf("%s: %d failures, last: %s", one.Name, one.Failures, one.LastError)
			}
		}
	})
}

func TestAConnectorLivesOnItsTokenAfterAPut(t *testing.T) {
	t.Parallel()
	c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 7})
	c.distribute("wrong")
	c.do(func() {
		for _, one := range c.p.Report() {
			if one.Kind == consumer.KindConnector && one.Failures > 0 {
				t.Errorf("%s failed at once", one.Name)
			}
		}
		if result := c.p.RunWorkflow(c.w.Now(), c.workflow("CheckSiteExists")); result.Status != "Succeeded" {
			t.Errorf("the probe failed within the token's life: %+v", result)
		}
	})
	c.w.Advance(91 * time.Minute)
	c.do(func() {
		if result := c.p.RunWorkflow(c.w.Now(), c.workflow("CheckSiteExists")); result.Status != "Failed" {
			t.Errorf("the probe succeeded with a wrong secret: %+v", result)
		}
	})
}

func (c *cloud) workflow(name string) string {
	for _, r := range c.a.Resources("Microsoft.Logic/workflows") {
		if r.Name == name {
			return r.ID
		}
	}
	return ""
}
