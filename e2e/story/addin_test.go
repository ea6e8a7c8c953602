//go:build unix

package story_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// addIn is the sample's SharePoint add-in in its configuration.
const addIn = "helpdesk"

// addInTruth is what the directory holds of the sample's add-in, whichever kind of principal it is.
type addInTruth struct {
	Passwords []password `json:"passwords"`
	Keys      []struct {
		KeyID string    `json:"keyId"`
		Usage string    `json:"usage"`
		Start time.Time `json:"start"`
		End   time.Time `json:"end"`
	} `json:"keys"`
}

// addIn reads the add-in's credentials.
func (c *cloud) addIn() addInTruth {
	c.t.Helper()
	type holder struct {
		DisplayName string `json:"displayName"`
		addInTruth
	}
	var state struct {
		Tenants []struct {
			Applications      []holder `json:"applications"`
			ServicePrincipals []holder `json:"servicePrincipals"`
		} `json:"tenants"`
	}
	c.ask("GET", "/_sim/state?part=tenants", nil, &state)
	for _, tenant := range state.Tenants {
		for _, each := range slices.Concat(tenant.Applications, tenant.ServicePrincipals) {
			if each.DisplayName == "HelpDesk" && len(each.Passwords) > 0 {
				return each.addInTruth
			}
		}
	}
	c.t.Fatal("the cloud has no add-in")
	return addInTruth{}
}

// webConfig returns the add-in's file.
func (c *cloud) webConfig() string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, addIn, "web.config"))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// finishAddIn comes back again and again, over the day in which ACS gets to know the new secret and past the old one's end
// and the week after it.
func finishAddIn(t *testing.T, m *machine) {
	t.Helper()
	for range 8 {
		m.cloud.advance(6 * day)
		if r := m.run("resume", addIn, "--wait", "0"); r.code != 0 && r.code != 2 {
			t.Fatalf("resume: exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
		}
		if m.lastRun().State == "done" {
			return
		}
	}
	t.Fatalf("the run isn't done after 48 days: %+v", m.lastRun())
}

// assertAddInRenewed: the old three are gone and the new three whole, the file holds the new value alone, one line of it is
// new and one other, and nobody ever failed.
func assertAddInRenewed(t *testing.T, c *cloud, before addInTruth, file string) {
	t.Helper()
	now := c.addIn()
	if len(now.Passwords) != 1 || now.Passwords[0].KeyID == before.Passwords[0].KeyID {
		t.Errorf("passwords: %+v", now.Passwords)
	}
	usages := map[string]int{}
	for _, k := range now.Keys {
		if k.End.Equal(now.Passwords[0].End) {
			usages[k.Usage]++
		}
	}
	if len(now.Keys) != len(before.Keys) || usages["Sign"] != 1 || usages["Verify"] != 1 {
		t.Errorf("keys: %+v", now.Keys)
	}
	old, is := strings.Split(file, "\n"), strings.Split(c.webConfig(), "\n")
	changed := 0
	for _, line := range is {
		if !slices.Contains(old, line) {
			changed++
		}
	}
	if len(is) != len(old)+1 || changed != 2 || strings.Contains(c.webConfig(), before.Passwords[0].Value) {
		t.Errorf("web.config:\n%s", c.webConfig())
	}
	state := c.state()
	if failed := state.failures(); len(failed) > 0 {
		t.Errorf("the add-in failed: %v", failed)
	}
	if state.successes() < 1000 {
		t.Errorf("the add-in signed in only %d times: nobody was at work", state.successes())
	}
}

// TestAnAddInIsRenewed is the second job, whole: before and after ACS has heard of the new secret, past the old one's end
// and a week, and two more weeks, people open the add-in and it never fails.
func TestAnAddInIsRenewed(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"one of before December 2024":    {"--seed", "helpdesk", "--gentle"},
		"one with an app registration":   {"--seed", "helpdesk-app", "--gentle"},
		"where ACS hears of things late": {"--seed", "helpdesk"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, flags...)
			m := newMachine(t, cloud)
			before, file := cloud.addIn(), cloud.webConfig()
			if r := m.want(2, "plan", addIn); !strings.Contains(r.stdout, "IIS restarts the site") {
				t.Errorf("plan doesn't say that the site restarts:\n%s", r.stdout)
			}
			m.want(2, "renew", addIn, "--yes", "--wait", "0")
			finishAddIn(t, m)
			cloud.advance(14 * day)
			assertAddInRenewed(t, cloud, before, file)
			assertNoSecretLeft(t, m)
		})
	}
}

// TestWhereACSIsGoneNothingIsWritten: it is found by asking, and said by every command, before any write.
func TestWhereACSIsGoneNothingIsWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ lever, value, code string }{
		"as after 2 April 2026":            {"acs-retired", "on", "acs.retired"},
		"sites don't trust it any more":    {"acs-retired", "site", "acs.retired"},
		"its host is gone too":             {"acs-retired", "host", "acs.retired"},
		"the tenant's switch turns it off": {"acs-disabled", "on", "acs.disabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
			cloud.turn(c.lever, c.value)
			m := newMachine(t, cloud)
			before, file := cloud.addIn(), cloud.webConfig()
			for _, command := range [][]string{{"doctor", addIn}, {"plan", addIn}, {"renew", addIn, "--yes"}} {
				if r := m.want(2, command...); !strings.Contains(r.stdout+r.stderr, "["+c.code+"]") || !strings.Contains(r.stdout+r.stderr, "keyturn advise "+addIn) {
					t.Errorf("%s doesn't say %s:\n%s\n%s", command[0], c.code, r.stdout, tail(r.stderr))
				}
			}
			if now := cloud.addIn(); fmt.Sprint(now) != fmt.Sprint(before) || cloud.webConfig() != file {
				t.Error("something was written")
			}
			for _, line := range cloud.log() {
				if line.Host == "graph.microsoft.com" && line.Method != "GET" {
					t.Errorf("%s %s was asked", line.Method, line.Path)
				}
			}
		})
	}
}

// TestAnAddInWhoseRenewalIsKilled kills the real program right after its events, spread over all that writes.
func TestAnAddInWhoseRenewalIsKilled(t *testing.T) {
	t.Parallel()
	for _, n := range []int{4, 6, 8} {
		t.Run(fmt.Sprint("after event ", n), func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--seed", "helpdesk")
			m := newMachine(t, cloud)
			before, file := cloud.addIn(), cloud.webConfig()
			m.killAfter(n, "renew", addIn, "--yes", "--wait", "0", "-o", "json")
			if r := m.run("renew", addIn, "--yes", "--wait", "0"); r.code != 0 && r.code != 2 {
				t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			finishAddIn(t, m)
			cloud.advance(14 * day)
			assertAddInRenewed(t, cloud, before, file)
			assertNoSecretLeft(t, m)
		})
	}
}

// TestAnAddInWhoseRepliesAreLost: the effect happened and nobody was told, in either of the two steps.
func TestAnAddInWhoseRepliesAreLost(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]map[string]any{
		"of the password": {"method": "POST", "path": "addPassword", "count": 1},
		"of the keys":     {"method": "PATCH", "path": "servicePrincipals", "count": 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--seed", "helpdesk")
			m := newMachine(t, cloud)
			before, file := cloud.addIn(), cloud.webConfig()
			rule["host"], rule["kind"] = "graph.microsoft.com", "reply-lost"
			cloud.faults(rule)
			if r := m.run("renew", addIn, "--yes", "--wait", "0"); r.code != 0 && r.code != 2 {
				t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			finishAddIn(t, m)
			cloud.advance(14 * day)
			assertAddInRenewed(t, cloud, before, file)
		})
	}
}

// TestALeakedAddInsSecret is gone within days, and the add-in goes on.
func TestALeakedAddInsSecret(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk")
	m := newMachine(t, cloud)
	before := cloud.addIn()
	if r := m.run("renew", addIn, "--yes", "--wait", "0", "--emergency"); r.code != 0 && r.code != 2 {
		t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
	}
	for range 30 {
		cloud.advance(time.Hour)
		m.run("resume", addIn, "--wait", "0")
	}
	if now := cloud.addIn(); m.lastRun().State != "done" || len(now.Passwords) != 1 || now.Passwords[0].KeyID == before.Passwords[0].KeyID {
		t.Errorf("%+v, %+v", m.lastRun(), now.Passwords)
	}
	cloud.advance(14 * day)
	if failed := cloud.state().failures(); len(failed) > 0 {
		t.Errorf("the add-in failed: %v", failed)
	}
}

// TestADeploymentPutsTheOldFileBack: the add-in goes on with the old secret until that ends, and a person who writes the file
// again in time mends it.
func TestADeploymentPutsTheOldFileBack(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
	m := newMachine(t, cloud)
	before, file := cloud.addIn(), cloud.webConfig()
	m.want(2, "renew", addIn, "--yes", "--wait", "0")
	if err := os.WriteFile(filepath.Join(cloud.Dir, addIn, "web.config"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	cloud.advance(2 * day)
	m.run("resume", addIn, "--wait", "0")
	cloud.advance(20 * day) // the old one is near its end
	if told := m.lastRun(); told.Door != "person" || told.Reason.Code != "drift" {
		t.Errorf("%+v", told)
	}
	m.run("resume", addIn, "--wait", "0", "--overwrite")
	cloud.advance(time.Hour) // in which whatever was sent last has arrived
	m.run("resume", addIn, "--wait", "0")
	finishAddIn(t, m)
	cloud.advance(14 * day)
	assertAddInRenewed(t, cloud, before, file)
}

// TestAThirdSecretWouldTakeTheOneInUse: a renewal was given up while ACS still signs with the old secret. Another one would push
// that out of the file, and whoever opens the add-in would be refused; so it isn't begun before the old one has ended.
func TestAThirdSecretWouldTakeTheOneInUse(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
	m := newMachine(t, cloud)
	m.want(2, "renew", addIn, "--yes", "--wait", "0")
	m.want(0, "abort", m.lastRun().ID)
	file := cloud.webConfig()
	for _, flag := range []string{"--yes", "--emergency"} {
		r := m.run("renew", addIn, "--yes", "--wait", "0", flag)
		if r.code != 1 || !strings.Contains(r.stderr, "no consumer would hold it any more") || cloud.webConfig() != file {
			t.Errorf("%s: exit %d\n%s", flag, r.code, r.stderr)
		}
	}
	cloud.advance(27 * day)
	m.want(2, "renew", addIn, "--yes", "--wait", "0")
	cloud.advance(3 * day)
	if failed := cloud.state().failures(); len(failed) > 0 {
		t.Errorf("the add-in failed: %v", failed)
	}
}

// TestAnAddInWhoseSecretHasEnded fails already, and goes on as soon as ACS knows the new one; nobody is told that it works meanwhile.
func TestAnAddInWhoseSecretHasEnded(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk")
	cloud.turn("propagation", "acs=3h")
	m := newMachine(t, cloud)
	before := cloud.addIn()
	cloud.advance(27 * day)
	r := m.want(2, "renew", addIn, "--yes", "--wait", "0")
	for _, says := range []string{"fail until it is", "the old secret has ended already"} {
		if !strings.Contains(r.stderr, says) || strings.Contains(r.stderr, "go on with the old one") {
			t.Errorf("nothing is said of %q:\n%s", says, r.stderr)
		}
	}
	cloud.advance(6 * time.Hour)
	healed := cloud.state().failures()
	cloud.advance(2 * day)
	m.want(2, "resume", addIn, "--wait", "0")
	finishAddIn(t, m)
	cloud.advance(14 * day)
	for name, failed := range cloud.state().failures() {
		if failed != healed[name] {
			t.Errorf("%s failed %d times more", name, failed-healed[name])
		}
	}
	if now := cloud.addIn(); len(now.Passwords) != 1 || len(now.Keys) != 2 || now.Passwords[0].KeyID == before.Passwords[0].KeyID {
		t.Errorf("the directory holds %+v", now)
	}
}

// TestTheOldValueVanishesFromTheFile: whoever opens the add-in is refused from then on. It is told within a day, and by doctor at
// once; the leaked secret's way has ACS go on to the new one.
func TestTheOldValueVanishesFromTheFile(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
	m := newMachine(t, cloud)
	m.want(2, "renew", addIn, "--yes", "--wait", "0")
	whole := cloud.webConfig()
	path := filepath.Join(cloud.Dir, addIn, "web.config")
	for name, text := range map[string]string{
		"it is gone":    secondSecret.ReplaceAllString(whole, "${1}"),
		"it is another": secondSecret.ReplaceAllString(whole, "${1}b2xkZXI="),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := m.want(2, "doctor", addIn); !strings.Contains(r.stdout, "[pair.lost]") {
			t.Errorf("%s: doctor says\n%s", name, r.stdout)
		}
	}
	cloud.advance(2 * day)
	m.run("resume", addIn, "--wait", "0")
	if told := m.lastRun(); told.Door != "person" || told.Reason.Code != "pair.lost" {
		t.Fatalf("%+v", told)
	}
	for range 4 {
		m.run("renew", addIn, "--yes", "--emergency", "--wait", "0")
		cloud.advance(time.Hour)
	}
	healed := cloud.state().failures()
	cloud.advance(14 * day)
	for name, failed := range cloud.state().failures() {
		if failed != healed[name] {
			t.Errorf("%s failed %d times more", name, failed-healed[name])
		}
	}
}
