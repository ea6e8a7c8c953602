package seed_test

import (
	"strings"
	"testing"
	"time"

	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

// TestAnEstateLives: its applications sign in for weeks without a failure, and what else it has is there.
func TestAnEstateLives(t *testing.T) {
	t.Parallel()
	c := plant(t, "large:400:fresh", world.Settings{Seed: 9})
	c.w.Advance(14 * day)
	seen := struct{ full, foreign, certificates, personal, connections, variables int }{}
	c.do(func() {
		for _, a := range c.d.Tenant(c.sample.Tenant).Applications {
			if !strings.Contains(a.DisplayName, ": ") {
				continue // a neighbour
			}
			personal := a.Audience != "AzureADMyOrg"
			count(&seen.personal, personal)
			count(&seen.full, personal && len(a.Passwords) == 2)
			count(&seen.foreign, !personal && len(a.Passwords) == 2)
			count(&seen.certificates, len(a.Certificates) > 0)
			for _, p := range a.Passwords {
				if p.DisplayName != "old" && p.End.Before(c.w.Now()) {
					t.Errorf("%s: a secret of a fresh estate has ended", a.DisplayName)
				}
			}
		}
		seen.connections, seen.variables = len(c.a.Connections()), len(c.a.Variables())
		for _, one := range c.p.Report() {
			if one.Failures > 0 || one.Successes < 13 {
				t.Errorf("%s: %d successes, %d failures: %s", one.Name, one.Successes, one.Failures, one.LastError)
			}
		}
	})
	if seen.full != 2 || seen.foreign != 80 || seen.certificates != 16 || seen.personal != 20 || seen.connections != 100 || seen.variables != 80 {
		t.Errorf("seen %+v", seen)
	}
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// TestAnEstatesSecretsEndAsItsNameSays, and its consumers notice.
func TestAnEstatesSecretsEndAsItsNameSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ least, most int }{
		"large:100:due": {100, 100}, "large:100": {35, 45}, "large:100:fresh": {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := plant(t, name, world.Settings{Seed: 4, Gentle: true})
			cloud.w.Advance(31 * day)
			failing := map[string]bool{}
			cloud.do(func() {
				for _, one := range cloud.p.Report() {
					if one.Failures > 0 {
						failing[one.ClientID] = one.Kind == consumer.KindJob
					}
				}
			})
			delete(failing, "") // connectors aren't told their app
			if len(failing) < c.least || len(failing) > c.most {
				t.Errorf("%d applications fail after 31 days, want %d to %d", len(failing), c.least, c.most)
			}
		})
	}
}

func TestAnEstateIsPlantedFast(t *testing.T) {
	began := time.Now()
	c := plant(t, "large:10000", world.Settings{Seed: 1})
	if took := time.Since(began); took > 5*time.Second*slowdown {
		t.Errorf("took %s", took)
	}
	c.do(func() {
		if n := len(c.d.Tenant(c.sample.Tenant).Applications); n < 10_000 {
			t.Errorf("%d applications", n)
		}
	})
}

func TestAnEstateThatIsNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"large:", "large:0", "large:-1", "large:100000", "large:10:soon", "large:ten"} {
		w := world.New(world.Settings{})
		defer w.Close()
		if _, err := seed.Plant(name, seed.Ground{World: w, Directory: directory.New(w)}); err == nil || !strings.Contains(err.Error(), "large:N") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
