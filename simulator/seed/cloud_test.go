package seed_test

import (
	"testing"
	"time"

	"keyturn/simulator/acs"
	"keyturn/simulator/azure"
	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/seed"
	"keyturn/simulator/sharepoint"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

// cloud is a planted cloud without its network doors.
type cloud struct {
	w      *world.World
	d      *directory.Directory
	v      *vault.Service
	a      *azure.Service
	p      *consumer.Park
	sample seed.Sample
}

func plant(t *testing.T, name string, settings world.Settings) *cloud {
	t.Helper()
	w := world.New(settings)
	t.Cleanup(w.Close)
	c := &cloud{w: w, d: directory.New(w)}
	c.v = vault.New(w, c.d)
	c.a = azure.New(w, c.d, c.v)
	c.p = consumer.New(w, c.d, c.v, c.a)
	sites := sharepoint.New(w, c.d, acs.New(w, c.d))
	sample, err := seed.Plant(name, seed.Ground{World: w, Directory: c.d, Vaults: c.v, Azure: c.a, Park: c.p, SharePoint: sites})
	if err != nil {
		t.Fatal(err)
	}
	c.sample = sample
	return c
}

// do runs f with the lock held.
func (c *cloud) do(f func()) {
	c.w.Lock()
	defer c.w.Unlock()
	f()
}

func (c *cloud) app() *directory.Application {
	for _, a := range c.d.Applications() {
		if a.DisplayName == "Provision Assist" {
			return a
		}
	}
	return nil
}

func (c *cloud) set(t *testing.T, name, value string) {
	t.Helper()
	c.do(func() {
		if err := c.w.SetSwitch(name, value); err != nil {
			t.Fatal(err)
		}
	})
}

// failures sums the failures of the users of the secret, by name.
func (c *cloud) failures() map[string]int {
	failed := map[string]int{}
	c.do(func() {
		for _, one := range c.p.Report() {
			if one.Failures > 0 {
				failed[one.Name] = one.Failures
			}
		}
	})
	return failed
}

// issue adds a password the way a careful or careless administrator would.
func (c *cloud) issue() *directory.Password {
	var p *directory.Password
	c.do(func() {
		p = c.d.AddPassword(c.app(), directory.PasswordSpec{DisplayName: "new", End: c.w.Now().AddDate(0, 6, 0)})
	})
	return p
}

// distribute writes a value into all four places.
func (c *cloud) distribute(value string) {
	c.do(func() {
		c.v.SetSecret("kv-provassist", "appSecret", value, vault.SecretSpec{})
		for _, connection := range c.a.Connections() {
			if _, held := connection.Parameters["token:clientSecret"]; held {
				connection.Parameters["token:clientSecret"] = value
			}
		}
		for _, variable := range c.a.Variables() {
			if variable.Name == "appSecret" {
				variable.Value = `"` + value + `"`
			}
		}
	})
}

// remove takes all passwords but one from the app.
func (c *cloud) removeAllBut(kept *directory.Password) {
	c.do(func() {
		for _, p := range append([]*directory.Password{}, c.app().Passwords...) {
			if p.KeyID != kept.KeyID {
				c.d.RemovePassword(c.app(), p.KeyID)
			}
		}
	})
}

const day = 24 * time.Hour
