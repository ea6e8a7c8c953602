//go:build unix

package story_test

import (
	"encoding/base64"
	"testing"
)

// An add-in in Azure App Service has both values among its settings until the old one has ended, and the other settings,
// those of the slot beside it and what stays with each slot are as they were.
func TestAnAddInInAzureIsRenewed(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk-azure", "--propagation", "2s")
	m := newMachine(t, cloud, quick...)
	before, old := cloud.addIn(), cloud.sites()
	m.want(2, "renew", addIn, "--yes", "--wait", "0")
	held := cloud.sites()[0].Settings
	if held["SecondaryClientSecret"] != old[0].Settings["ClientSecret"] || held["ClientSecret"] == old[0].Settings["ClientSecret"] {
		t.Fatalf("the app holds %v", held)
	}
	finishAddIn(t, m)
	cloud.advance(14 * day)
	assertAzureAddInRenewed(t, cloud, before, old)
	for _, c := range cloud.state().Consumers {
		if c.Failures != 0 || c.Successes < 100 {
			t.Errorf("%s: %d successes, %d failures: %s", c.Name, c.Successes, c.Failures, c.LastError)
		}
	}
	assertNoSecretLeft(t, m)
}

// assertAzureAddInRenewed: the new one alone is in the directory and among the settings, and nothing else there changed.
func assertAzureAddInRenewed(t *testing.T, c *cloud, before addInTruth, old []siteTruth) {
	t.Helper()
	now, after := c.addIn(), c.sites()
	if len(now.Passwords) != 1 || len(now.Keys) != 2 || now.Passwords[0].KeyID == before.Passwords[0].KeyID {
		t.Errorf("the directory holds %+v", now)
	}
	if after[0].Settings["ClientSecret"] != base64.StdEncoding.EncodeToString([]byte(now.Passwords[0].Value)) || after[0].Settings["SecondaryClientSecret"] != "" {
		t.Errorf("the app holds %v", after[0].Settings)
	}
	for _, kept := range []string{"ClientId", "Mail:From", "WEBSITE_TIME_ZONE", "Database"} {
		if after[0].Settings[kept] != old[0].Settings[kept] {
			t.Errorf("%s became %q", kept, after[0].Settings[kept])
		}
	}
	if after[1].Restarts != 0 || len(after[0].Sticky) != 1 {
		t.Errorf("the slot beside it was written, or what stays with a slot: %+v", after)
	}
}

type siteTruth struct {
	ID       string            `json:"id"`
	Settings map[string]string `json:"settings"`
	Sticky   []string          `json:"sticky"`
	Restarts int               `json:"restarts"`
}

// sites are the web apps and their slots, in order of their ids.
func (c *cloud) sites() []siteTruth {
	c.t.Helper()
	var state struct {
		Sites []siteTruth `json:"sites"`
	}
	c.ask("GET", "/_sim/state", nil, &state)
	return state.Sites
}
