//go:build unix

package story_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// launched is the context token that SharePoint posts to the sample's add-in when somebody opens it.
func (c *cloud) launched() string {
	c.t.Helper()
	var told struct{ SPAppToken string }
	c.ask("POST", "/_sim/launch", map[string]string{"clientId": c.addInClient(), "user": "user"}, &told)
	if told.SPAppToken == "" {
		c.t.Fatal("nothing was posted to the add-in")
	}
	return told.SPAppToken
}

var clientIDSetting = regexp.MustCompile(`key="ClientId"\s+value="([^"]+)"`)

func (c *cloud) addInClient() string {
	c.t.Helper()
	if found := clientIDSetting.FindStringSubmatch(c.webConfig()); found != nil {
		return found[1]
	}
	c.t.Fatal("web.config names no add-in")
	return ""
}

// TestTheWayThatHelpDeskGoesIsProven: with the token that SharePoint posted to the add-in, each step shows with which of the
// file's two values ACS signs, and which of them buys a person the way to the site: the old one for both, then for one, then none.
func TestTheWayThatHelpDeskGoesIsProven(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--propagation", "2s")
	cloud.turn("propagation", "acs=3h")
	m := newMachine(t, cloud)
	before, file := cloud.addIn(), cloud.webConfig()
	var tokens []string
	hears := func(code int, shows string, args ...string) {
		t.Helper()
		tokens = append(tokens, cloud.launched())
		r := m.fed("SPAppToken="+tokens[len(tokens)-1]+"\n", append(args, "--context-token-fd", "0")...)
		if r.code != code || !strings.Contains(r.stdout+r.stderr, shows) {
			t.Errorf("%s: exit %d, says nothing of %q:\n%s\n%s", args[0], r.code, shows, r.stdout, tail(r.stderr))
		}
	}
	hears(0, "ACS signs with its ClientSecret, grants a token for its ClientSecret", "doctor", addIn)
	hears(2, "ACS signs with its SecondaryClientSecret, grants a token for its SecondaryClientSecret", "renew", addIn, "--yes", "--wait", "0")
	cloud.advance(2 * day)
	hears(2, "ACS signs with its SecondaryClientSecret, grants a token for its ClientSecret", "resume", addIn, "--wait", "0")
	cloud.advance(24 * day)
	hears(0, "ACS signs with its ClientSecret, grants a token for its ClientSecret", "doctor", addIn)
	cloud.advance(8 * day)
	cloud.turn("acs-ended-keys", "on")
	hears(2, "keeps the old secret: ACS signs with its SecondaryClientSecret", "resume", addIn, "--wait", "0")
	if len(cloud.addIn().Passwords) != len(before.Passwords)+1 {
		t.Error("the secret is gone that ACS still signs with")
	}
	cloud.turn("acs-ended-keys", "off")
	cloud.advance(day)
	hears(0, "proof: platform check", "resume", addIn, "--wait", "0")
	assertAddInRenewed(t, cloud, before, file)
	assertNoSecretLeft(t, m, tokens...)
}

// TestAnAddInThatItsUsersCannotOpen: somebody renewed by hand and forgot the value that ACS still signs with. It is told with
// that secret's id, before anything is written, and told to be mended once it is.
func TestAnAddInThatItsUsersCannotOpen(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
	m := newMachine(t, cloud)
	m.want(2, "renew", addIn, "--yes", "--wait", "0")
	m.want(0, "abort", m.lastRun().ID)
	whole, old := cloud.webConfig(), cloud.addIn()
	path := filepath.Join(cloud.Dir, addIn, "web.config")
	forgotten := regexp.MustCompile(`(?m)^.*SecondaryClientSecret.*\n`).ReplaceAllString(whole, "")
	if err := os.WriteFile(path, []byte(forgotten), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"doctor", addIn}, {"plan", addIn}, {"renew", addIn, "--yes", "--wait", "0"}} {
		r := m.fed(cloud.launched(), append(args, "--context-token-fd", "0")...)
		if said := r.stdout + r.stderr; r.code != 2 || !strings.Contains(said, "by the directory that is secret ") || !strings.Contains(said, "SecondaryClientSecret") {
			t.Errorf("%s: exit %d\n%s", args[0], r.code, said)
		}
	}
	if cloud.webConfig() != forgotten || len(cloud.addIn().Passwords) != len(old.Passwords) {
		t.Error("something was written")
	}
	if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := m.fed(cloud.launched(), "doctor", addIn, "--context-token-fd", "0"); r.code != 0 {
		t.Errorf("mended: exit %d\n%s", r.code, r.stdout)
	}
}

// TestAnAddInForPeopleAlone is renewed where the tenant has switched app-only access off: the switch doesn't reach what it
// does for whoever opens it.
func TestAnAddInForPeopleAlone(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
	m := newMachine(t, cloud)
	cloud.turn("acs-disabled", "on")
	before := cloud.addIn()
	if r := m.want(2, "renew", addIn, "--yes", "--wait", "0"); !strings.Contains(r.stderr, "appOnly: false") || len(cloud.addIn().Passwords) != 1 {
		t.Fatalf("without a word about it:\n%s", r.stderr)
	}
	m.edit("site: https://contoso.sharepoint.com/sites/helpdesk", "site: https://contoso.sharepoint.com/sites/helpdesk\n      appOnly: false")
	r := m.fed(cloud.launched(), "renew", addIn, "--yes", "--wait", "0", "--context-token-fd", "0")
	if r.code != 2 || !strings.Contains(r.stdout+r.stderr, "proof: platform check") {
		t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
	}
	finishAddIn(t, m)
	if now := cloud.addIn(); len(now.Passwords) != 1 || now.Passwords[0].KeyID == before.Passwords[0].KeyID {
		t.Errorf("passwords: %+v", now.Passwords)
	}
	for _, c := range cloud.state().Consumers {
		if c.Name == "HelpDesk" && (c.Failures > 0 || c.Successes < 1000) {
			t.Errorf("%s: %d successes, %d failures: %s", c.Name, c.Successes, c.Failures, c.LastError)
		}
	}
}
