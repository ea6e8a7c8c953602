package seed_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/seed"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

func TestSixtyDaysPassInTwoSeconds(t *testing.T) {
	c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 3})
	began := spent(t)
	c.w.Advance(60 * day)
	if took := spent(t) - began; took > 2*time.Second*slowdown {
		t.Errorf("took %s", took)
	}
}

func TestTheSameSeedGivesTheSameCloudAndTheSameLife(t *testing.T) {
	t.Parallel()
	var reports [][]consumer.Consumer
	var samples []seed.Sample
	for range 2 {
		c := plant(t, seed.ProvisionAssistStranger, world.Settings{Seed: 11})
		c.w.Advance(20 * day)
		c.do(func() { reports = append(reports, c.p.Report()) })
		samples = append(samples, c.sample)
	}
	if samples[0] != samples[1] {
		t.Errorf("samples differ:\n%+v\n%+v", samples[0], samples[1])
	}
	if !reflect.DeepEqual(reports[0], reports[1]) {
		t.Errorf("lives differ:\n%+v\n%+v", reports[0], reports[1])
	}
}

func TestTheSamplesAreAsDescribed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		daysLeft int
		variable bool
		failing  bool
		stranger bool
	}{
		seed.ProvisionAssist:         {daysLeft: 25, variable: true},
		seed.ProvisionAssistExpired:  {daysLeft: -1, variable: true, failing: true},
		seed.ProvisionAssistV2:       {daysLeft: 25},
		seed.ProvisionAssistStranger: {daysLeft: 25, variable: true, stranger: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := plant(t, name, world.Settings{Seed: 5})
			c.w.Advance(8 * day)
			failing := len(c.failures()) > 0
			c.do(func() {
				if left := int(c.app().Passwords[0].End.Sub(c.w.Now().Add(-8*day)) / day); left != want.daysLeft {
					t.Errorf("%d days left, want %d", left, want.daysLeft)
				}
				if got := strings.Contains(c.sample.KeyturnYAML, "automationVariable"); got != want.variable {
					t.Errorf("configuration names the variable: %v", got)
				}
				stranger := false
				for _, one := range c.p.Report() {
					stranger = stranger || one.Kind == consumer.KindStranger
					if !want.failing && one.Successes == 0 {
						t.Errorf("%s did nothing in eight days", one.Name)
					}
				}
				if stranger != want.stranger {
					t.Errorf("stranger: %v", stranger)
				}
			})
			if failing != want.failing {
				t.Errorf("failing: %v", c.failures())
			}
		})
	}
}

func TestAnExpiredDeploymentComesBack(t *testing.T) {
	t.Parallel()
	c := plant(t, seed.ProvisionAssistExpired, world.Settings{Seed: 5})
	fresh := c.issue()
	c.w.Advance(2 * time.Minute)
	c.distribute(fresh.Value)
	before := c.failures()
	c.w.Advance(30 * day)
	if after := c.failures(); !reflect.DeepEqual(before, after) {
		t.Errorf("went on failing: %v, then %v", before, after)
	}
}

func TestAnUnknownSampleIsRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	w := world.New(world.Settings{})
	t.Cleanup(w.Close)
	d := directory.New(w)
	v := vault.New(w, d)
	a := azure.New(w, d, v)
	_, err := seed.Plant("nonesuch", seed.Ground{World: w, Directory: d, Vaults: v, Azure: a, Park: consumer.New(w, d, v, a)})
	if err == nil || !strings.Contains(err.Error(), seed.ProvisionAssistV2) {
		t.Errorf("got %v", err)
	}
}

func TestTheReportsKnowTheSampleFromTheStart(t *testing.T) {
	t.Parallel()
	c := plant(t, seed.ProvisionAssist, world.Settings{Seed: 5})
	c.do(func() {
		rows := c.d.Activities(c.app().Tenant, "")
		for _, row := range rows {
			if age := c.w.Now().Sub(row.Last()); age < time.Hour || age > day {
				t.Errorf("%s was last used %s ago", row.ResourceAppID, age)
			}
		}
		if len(rows) != 3 {
			t.Errorf("%d rows, want the vault's, the control plane's and Graph's", len(rows))
		}
	})
}
