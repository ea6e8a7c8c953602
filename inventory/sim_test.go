package inventory_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyturn/arm"
	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/simulator"
	"keyturn/simulator/world"
	"keyturn/vault"
)

// rig is a simulated tenant and a session that reaches it as the real one would be reached.
type rig struct {
	*simulator.Simulator
	session *cloud.Session
	app     credential.App
}

// start plants a sample. It sets the environment, so that tests that call it can't be parallel.
func start(t *testing.T, sample string, settings world.Settings) *rig {
	t.Helper()
	settings.Gentle = true
	sim, err := simulator.Start(t.Context(), simulator.Options{Seed: sample, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, sim.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	admin := sim.Sample()
	t.Setenv("AZURE_TENANT_ID", admin.Tenant)
	t.Setenv("AZURE_CLIENT_ID", admin.AdminClientID)
	t.Setenv("AZURE_CLIENT_SECRET", admin.AdminSecret)
	session, err := cloud.Open(t.Context(), cloud.Options{
		Tenant: admin.Tenant, Identity: cloud.IdentityEnvironment, Proxy: sim.URL(), CAFile: ca, Now: sim.World().Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Simulator: sim, session: session}
	r.app = r.truth(t)
	return r
}

// truth reads Provision Assist's app from the simulator's own account of itself.
func (r *rig) truth(t *testing.T) credential.App {
	t.Helper()
	response, err := http.Get(r.URL() + "/_sim/state")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var state struct {
		Tenants []struct {
			Applications []struct {
				AppID        string
				ObjectID     string
				DisplayName  string
				Passwords    []struct{ KeyID, DisplayName, Value, Start, End string }
				Certificates []struct{ KeyID, Thumbprint, Start, End string }
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	for _, a := range state.Tenants[0].Applications {
		if !strings.Contains(a.DisplayName, "Provision") {
			continue
		}
		app := credential.App{ClientID: a.AppID, ObjectID: a.ObjectID, Name: a.DisplayName}
		for _, p := range a.Passwords {
			app.Credentials = append(app.Credentials, credential.Credential{
				KeyID: p.KeyID, DisplayName: p.DisplayName, Hint: p.Value[:3], Kind: credential.Password, Start: at(t, p.Start), End: at(t, p.End),
			})
		}
		for _, c := range a.Certificates {
			app.Credentials = append(app.Credentials, credential.Credential{
				KeyID: c.KeyID, Thumbprint: c.Thumbprint, Kind: credential.Certificate, Start: at(t, c.Start), End: at(t, c.End),
			})
		}
		return app
	}
	t.Fatalf("no Provision Assist in %+v", state)
	return credential.App{}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func (r *rig) lever(t *testing.T, path, body string) {
	t.Helper()
	response, err := http.Post(r.URL()+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", path, body, response.Status)
	}
}

func (r *rig) finder() inventory.Finder {
	return inventory.Finder{Resources: arm.New(r.session), Vaults: vault.New(r.session)}
}

func (r *rig) discover(t *testing.T) inventory.Report {
	t.Helper()
	report, err := r.finder().Discover(t.Context(), inventory.Query{App: r.app, Values: true})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// requests lists what Keyturn's identity asked since the log was cleared, as "METHOD host/path".
func (r *rig) requests(t *testing.T) []string {
	t.Helper()
	response, err := http.Get(r.URL() + "/_sim/log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var lines []string
	decoder := json.NewDecoder(response.Body)
	for decoder.More() {
		var e struct{ Host, Method, Path, Identity string }
		if err := decoder.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e.Identity == "" || strings.Contains(e.Identity, r.Sample().AdminClientID) {
			lines = append(lines, e.Method+" "+e.Host+e.Path)
		}
	}
	return lines
}
