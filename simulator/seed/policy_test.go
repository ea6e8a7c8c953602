package seed_test

import (
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

func TestThePolicySwitchLimitsNewPasswords(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		value   string
		life    time.Duration
		refused bool
	}{
		"off allows all":                      {"", 720 * day, false},
		"a cap of days refuses what is above": {"90d", 91 * day, true},
		"a cap of days allows what is below":  {"90d", 90 * day, false},
		"a cap of hours refuses as well":      {"48h", 3 * day, true},
		"blocked refuses all":                 {"blocked", time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := plant(t, seed.ProvisionAssist, world.Settings{Seed: 1})
			planted.set(t, directory.SwitchPasswordPolicy, c.value)
			planted.do(func() {
				if _, refused := planted.app().Tenant.Policy("").Refuses(planted.app().Created, now, now.Add(c.life)); refused != c.refused {
					t.Errorf("refused: %v", refused)
				}
			})
		})
	}
}
