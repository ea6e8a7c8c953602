//go:build unix

package story_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// addInRows are the crash table of a SharePoint add-in: its secret is made in two steps and taken away in two, its place is
// a file that is changed and changed back, and it is tried at ACS.
func addInRows() []row {
	const (
		keys = "PATCH graph.microsoft.com/…/servicePrincipals/"
		acs  = "POST accounts.accesscontrol.windows.net/…/tokens/OAuth/2"
	)
	usual := story{}
	lost := story{first: acs}
	return []row{
		{"issuing: make the password", "issuing", "issue intended", adds, usual},
		{"issuing: add the two keys", "issuing", "complete intended", keys, usual},
		{"settling: try it at ACS", "settling", "", acs, usual},
		{"settling: remove the keys of an attempt whose value was lost", "settling", "attempt noted", keys, lost},
		{"settling: remove its password", "settling", "", removes, lost},
		{"delivering: web.config", "delivering", "write intended webConfig", "", usual},
		{"verifying: read web.config, try it at ACS", "verifying", "verify intended", acs, usual},
		{"overlapping: try whether ACS knows it by now", "overlapping", "", acs, usual},
		{"retiring: the gate", "retiring", "", acs, usual},
		{"retiring: web.config lets go of the old one", "retiring", "release intended webConfig", "", usual},
		{"retiring: remove the old one's keys", "retiring", "remove intended", keys, usual},
		{"retiring: remove the old password", "retiring", "", removes, usual},
	}
}

// TestCrashTableOfAnAddIn kills the real program at each point of each row, as TestCrashTable does. What differs by store is
// in that one.
func TestCrashTableOfAnAddIn(t *testing.T) {
	t.Parallel()
	table := newTable(t, chart{"add-in crash table", addInRows(), "on SQLite"})
	clouds := newFleet(t, "--seed", "helpdesk")
	for _, cell := range drawn(t, cells(addInRows()), 16) {
		t.Run(cell.String(), func(t *testing.T) {
			t.Parallel()
			c := newAddInCrash(t, clouds, cell)
			c.run()
			table.fill(t, cell, c.outcome())
		})
	}
}

var realmOfTenant = regexp.MustCompile(`AZURE_TENANT_ID=([0-9a-f-]{36})`)

func newAddInCrash(t *testing.T, clouds *fleet, cell cell) *crash {
	t.Helper()
	c := &crash{T: t, cell: cell, cloud: clouds.lend(t), early: cell.story.first == ""}
	c.m = newMachine(t, c.cloud)
	tenant := realmOfTenant.FindStringSubmatch(strings.Join(c.cloud.Env, " "))
	if tenant == nil {
		t.Fatalf("the cloud's environment names no tenant: %v", c.cloud.Env)
	}
	before, file := c.cloud.addIn(), c.cloud.webConfig()
	c.renew = []string{"--wait", "0"}
	c.subject = subject{
		name: addIn, clientID: c.cloud.addInClient() + "@" + tenant[1], soon: 2 * day, later: 8 * day,
		bothWork: func() { c.assertAddInWorks(before) },
		whole: func() {
			c.cloud.advance(14 * day)
			assertAddInRenewed(t, c.cloud, before, file)
			c.m.want(0, "audit", "verify")
			assertNoSecretLeft(t, c.m)
		},
	}
	return c
}

// assertAddInWorks: the add-in opens, by itself and for people, with what its file holds now; the old secret is there until the
// gate was passed.
func (c *crash) assertAddInWorks(before addInTruth) {
	c.Helper()
	c.cloud.advance(time.Hour)
	if failed := c.cloud.state().failures(); len(failed) > 0 {
		c.Errorf("the add-in failed while the run is %s: %v", c.state, failed)
	}
	for _, p := range c.cloud.addIn().Passwords {
		if p.KeyID == before.Passwords[0].KeyID {
			return
		}
	}
	if !c.gated {
		c.Error("the old secret is gone although the gate wasn't passed")
	}
}
