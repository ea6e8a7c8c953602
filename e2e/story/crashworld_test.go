//go:build unix

package story_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"keyturn/store/postgrestest"
)

// longAfter is how far the clock is moved past a renewal's end before consumers are asked whether they ever failed.
const longAfter = 15 * day

// assertBothWork: until the gate is passed the old secret is there, and at any time each place holds a secret that is.
func (c *crash) assertBothWork() {
	c.Helper()
	now := c.cloud.state()
	live := map[string]bool{}
	for _, p := range now.provisionAssist(c.T).Passwords {
		live[p.Value] = true
	}
	if c.without["overlap"] {
		return
	}
	if !c.gated && !live[c.old.Value] {
		c.Error("the old secret is gone although the gate wasn't passed")
	}
	for place, value := range now.places(c.T) {
		if !live[value] {
			c.Errorf("%s holds a secret that is gone, while the run is %s", place, c.state)
		}
	}
}

// assertWhole is what each cell of the table must end with.
func (c *crash) assertWhole() {
	c.Helper()
	c.cloud.advance(2 * time.Hour) // tokens and breaks of consumers
	healed := c.cloud.state().failures()
	c.cloud.advance(longAfter)
	after := c.cloud.state()
	c.assertSecrets(after)
	if was, is := c.before.foreign(c.T), after.foreign(c.T); !maps.Equal(was, is) {
		c.Errorf("what is foreign was %v, is %v", was, is)
	}
	for name, failed := range after.failures() {
		if !c.without["overlap"] || failed > healed[name] {
			c.Errorf("%s failed %d times", name, failed)
		}
	}
	if after.successes() <= c.before.successes() {
		c.Error("nobody was at work")
	}
	c.m.want(0, "audit", "verify")
	c.assertNothingKept()
}

// assertSecrets: one new secret on the app and in every place, the old one gone, no orphan.
func (c *crash) assertSecrets(after truth) {
	c.Helper()
	was, is := byKey(c.before.provisionAssist(c.T).Passwords), byKey(after.provisionAssist(c.T).Passwords)
	want := maps.Clone(was)
	delete(want, c.room)
	if !c.without["old removed"] {
		delete(want, c.old.KeyID)
	}
	var made []password
	for keyID, p := range is {
		if _, there := was[keyID]; !there {
			made = append(made, p)
		}
		delete(want, keyID)
	}
	for keyID := range want {
		c.Errorf("secret %s was removed", keyID)
	}
	if gone := was[c.old.KeyID]; !c.without["old removed"] && is[gone.KeyID].KeyID != "" {
		c.Error("the old secret is still there")
	}
	holds := c.old.Value
	if !c.without["new made"] {
		if len(made) != 1 {
			c.Fatalf("%d new secrets are on the app, want one: %+v", len(made), made)
		}
		holds = made[0].Value
	} else if len(made) > 0 {
		c.Errorf("a secret was made: %+v", made)
	}
	for place, value := range after.places(c.T) {
		if kept := place == "vault" && c.without["key vault"]; value != holds && !(kept && value == c.old.Value) {
			c.Errorf("%s doesn't hold the new secret", place)
		}
	}
}

// foreign is everything that no renewal of Provision Assist may touch, in words that can be compared.
func (s truth) foreign(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	put := func(name string, what any) {
		text, err := json.Marshal(what)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	for _, tenant := range s.Tenants {
		for _, app := range tenant.Applications {
			if !strings.HasPrefix(app.DisplayName, "Provision Assist") {
				put("app "+app.DisplayName, app.Passwords)
			}
		}
	}
	for _, vault := range s.Vaults {
		for _, secret := range vault.Secrets {
			if !strings.EqualFold(secret.Name, "appSecret") {
				put("secret "+secret.Name, secret.Versions)
			}
		}
	}
	for _, connection := range s.Connections {
		parameters := maps.Clone(connection.Parameters)
		delete(parameters, "token:clientSecret")
		put(connection.ID, parameters)
	}
	for _, variable := range s.Variables {
		if !strings.EqualFold(filepath.Base(variable.ID), "appSecret") {
			put(variable.ID, variable.Value)
		}
	}
	return all
}

// assertNothingKept searches all that the machine and the database hold for every value that the cloud ever handed out.
func (c *crash) assertNothingKept() {
	c.Helper()
	if c.database != "" {
		c.m.keep([]string{"the database"}, postgrestest.Dump(c.T, c.database))
	}
	assertNoSecretLeft(c.T, c.m)
}

// assertServerKeptNothing searches the files of the database server, its write-ahead log too, for values of clients' secrets:
// Entra's have a fixed mark in the fourth to sixth place.
func assertServerKeptNothing(t *testing.T) {
	t.Helper()
	folder := postgrestest.Folder()
	if folder == "" {
		return
	}
	mark := regexp.MustCompile(`[A-Za-z0-9_.~-]{3}8Q~[A-Za-z0-9_.~-]{34}`)
	files := 0
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server works on
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		files++
		if bytes.Contains(text, []byte("8Q~")) && mark.Match(text) {
			t.Errorf("%s holds a secret", name)
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("searched %d files of the server: %v", files, err)
	}
}

// fillApp makes the app one that may hold two secrets, and gives it a second one, which is to go first.
func (c *crash) fillApp() {
	c.Helper()
	object := c.cloud.state().provisionAssist(c.T).ObjectID
	c.graph("PATCH", object, `{"signInAudience":"AzureADandPersonalMicrosoftAccount"}`)
	c.graph("POST", object+"/addPassword", `{"passwordCredential":{"displayName":"a spare one"}}`)
	for _, p := range c.cloud.state().provisionAssist(c.T).Passwords {
		if p.DisplayName == "a spare one" {
			c.room = p.KeyID
		}
	}
	c.more = []string{"--make-room", c.room}
}

// graph sends one request to the simulated Microsoft Graph, as the identity that Keyturn runs as.
func (c *crash) graph(method, object, body string) {
	c.Helper()
	get := func(name string) string {
		for _, pair := range c.cloud.Env {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		c.Fatalf("the cloud's environment has no %s", name)
		return ""
	}
	client := c.cloud.client()
	answer, err := client.PostForm("https://login.microsoftonline.com/"+get("AZURE_TENANT_ID")+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"},
		"client_id": {get("AZURE_CLIENT_ID")}, "client_secret": {get("AZURE_CLIENT_SECRET")},
	})
	if err != nil {
		c.Fatal(err)
	}
	defer answer.Body.Close()
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&granted); err != nil {
		c.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.Context(), method, "https://graph.microsoft.com/v1.0/applications/"+object, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	request.Header = http.Header{"Authorization": {"Bearer " + granted.Token}, "Content-Type": {"application/json"}}
	done, err := client.Do(request)
	if err != nil {
		c.Fatal(err)
	}
	defer done.Body.Close()
	if text, _ := io.ReadAll(done.Body); done.StatusCode/100 != 2 {
		c.Fatalf("%s %s: %d %s", method, object, done.StatusCode, text)
	}
}

// client reaches the services that the cloud simulates.
func (c *cloud) client() *http.Client {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, "ca.pem"))
	if err != nil {
		c.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bytes.TrimSpace(text))
	proxy, err := url.Parse(c.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true,
	}}
}

// letAPlaceLag puts the old value, which still works, back into one place of a renewal that was broken off.
func (c *crash) letAPlaceLag() {
	c.Helper()
	was := c.cloud.state().places(c.T)["vault"]
	c.m.want(2, "renew", app, "--yes")
	c.m.want(0, "abort", c.m.lastRun().ID, "--yes")
	c.cloud.turn("portal-edit", "provisionassist-automation="+was)
}

// letExpire moves the clock past the secret's end.
func (c *crash) letExpire() { c.cloud.advance(26 * day) }

// renewBefore is a whole renewal, so that the next one finds a version of Keyturn's own in the vault.
func (c *crash) renewBefore() {
	c.Helper()
	c.m.want(2, "renew", app, "--yes")
	finish(c.T, c.m)
}
