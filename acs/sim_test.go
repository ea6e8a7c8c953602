package acs_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"keyturn/acs"
	"keyturn/cloud"
	"keyturn/secret"
	"keyturn/simulator"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
	"keyturn/target"
)

var attribute = regexp.MustCompile(`key="(ClientId|ClientSecret)"\s+value="([^"]+)"`)

// TestTheWayThatHelpDeskGoes walks it whole against the simulated cloud: a person opens the add-in, ACS signs a context token
// for it, one of the add-in's values fits, its refresh token buys an access token, and the site takes that.
func TestTheWayThatHelpDeskGoes(t *testing.T) {
	dir := t.TempDir()
	sim, err := simulator.Start(t.Context(), simulator.Options{Seed: seed.Helpdesk, Dir: dir, Settings: world.Settings{Gentle: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	caFile := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(caFile, sim.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	session, err := cloud.Open(t.Context(), cloud.Options{Tenant: sim.Sample().Tenant, Proxy: sim.URL(), CAFile: caFile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Client().CloseIdleConnections)
	settings := addInSettings(t, filepath.Join(dir, "helpdesk", "web.config"))
	client := acs.New(session)
	site, err := client.Site(website)
	if err != nil {
		t.Fatal(err)
	}
	realm, err := client.Realm(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	text := secret.New(settings["ClientSecret"])
	value := target.Base64.Read(text)
	token := launched(t, sim.URL(), settings["ClientId"])
	stranger := []byte("str8Q~not-a-value-of-this-add-in-at-all-x")
	found, fitted, err := acs.ReadContext(token, settings["ClientId"], sim.World().Now(), stranger, []byte(value.Reveal()))
	if err != nil || fitted != 1 || found.Realm != realm.ID {
		t.Fatalf("%+v, value %d: %v", found, fitted, err)
	}
	access, err := client.Exchange(t.Context(), site, realm, settings["ClientId"], text, found.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Call(t.Context(), site, access); err != nil {
		t.Error(err)
	}
}

// addInSettings reads the add-in's file by a pattern; the commented secret has no base64 and comes first.
func addInSettings(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, pair := range attribute.FindAllStringSubmatch(string(text), -1) {
		found[pair[1]] = pair[2]
	}
	return found
}

// launched is the context token that SharePoint posts to the add-in when a user opens it.
func launched(t *testing.T, cloud, clientID string) secret.Value {
	t.Helper()
	body, err := json.Marshal(map[string]string{"clientId": clientID, "user": "user"})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, cloud+"/_sim/launch", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var told map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	token, _ := told["SPAppToken"].(string)
	return secret.New(token)
}
