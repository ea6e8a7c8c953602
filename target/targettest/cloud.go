// Package targettest holds the suite that every target passes, run against the simulated cloud through the real HTTP
// stack, and the simulated cloud prepared for it. Only tests import it.
//
// Start at [Exercise].
package targettest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/cloud"
	"keyturn/simulator"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

// Names in the sample, as Provision Assist's templates give them.
const (
	Group                = "rg-provisionassist"
	Vault                = "kv-provassist"
	VaultConnection      = "provisionassist-kv"
	AutomationConnection = "provisionassist-automation"
	Account              = "provisionassist-auto"
)

// Cloud is a simulated cloud with Provision Assist in it, gentle unless told otherwise.
type Cloud struct {
	Sim *simulator.Simulator
	// Session belongs to an identity that may do the work.
	Session *cloud.Session
	// ClientID is the app's whose secret the places hold.
	ClientID string

	caFile string
	log    *held
	t      *testing.T
}

// Start runs a simulated cloud until the test ends. It sets the environment of an identity, so the test can't be
// parallel.
func Start(t *testing.T) *Cloud {
	t.Helper()
	sim, err := simulator.Start(t.Context(), simulator.Options{Seed: seed.ProvisionAssist, Settings: world.Settings{Gentle: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	c := &Cloud{Sim: sim, t: t, log: &held{}, caFile: filepath.Join(t.TempDir(), "ca.pem")}
	if err := os.WriteFile(c.caFile, sim.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	sample := sim.Sample()
	c.Session = c.SignedIn(sample.AdminClientID, sample.AdminSecret)
	c.ClientID = c.owner(c.Secret("appSecret")).AppID
	return c
}

// SignedIn opens a session as another identity and signs it in everywhere.
func (c *Cloud) SignedIn(clientID, value string) *cloud.Session {
	c.t.Helper()
	c.t.Setenv("AZURE_CLIENT_ID", clientID)
	c.t.Setenv("AZURE_CLIENT_SECRET", value)
	session, err := cloud.Open(c.t.Context(), cloud.Options{
		Tenant: c.Sim.Sample().Tenant, Identity: cloud.IdentityEnvironment, Proxy: c.Sim.URL(), CAFile: c.caFile,
		Log: slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	hosts := session.Hosts()
	for _, scope := range []string{hosts.GraphScope(), hosts.ARMScope(), hosts.VaultScope()} {
		if _, err := session.Credential().GetToken(c.t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}}); err != nil {
			c.t.Fatal(err)
		}
	}
	return session
}

// AsApp is a session of the app itself, which may read the vault's secrets and write nothing.
func (c *Cloud) AsApp() *cloud.Session {
	c.t.Helper()
	return c.SignedIn(c.ClientID, c.Secret("appSecret"))
}

// ID is the resource id of something in the sample's group.
func (c *Cloud) ID(kind, name string) string {
	return "/subscriptions/" + c.Sim.Sample().Subscription + "/resourceGroups/" + Group + "/providers/" + kind + "/" + name
}

// Log is everything that was logged, at debug.
func (c *Cloud) Log() string { return c.log.String() }

// Fault makes the next count requests that fit suffer.
func (c *Cloud) Fault(kind, host, method, path string, count int) {
	c.t.Helper()
	c.lever("faults", []map[string]any{{"kind": kind, "host": host, "method": method, "path": path, "count": count}})
}

// Switch sets one of the simulator's switches.
func (c *Cloud) Switch(name, value string) {
	c.t.Helper()
	if err := c.Sim.World().SetSwitch(name, value); err != nil {
		c.t.Fatal(err)
	}
}

func (c *Cloud) lever(name string, body any) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.Sim.URL()+"/_sim/"+name, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		c.t.Fatalf("lever %s: %s", name, answer.Status)
	}
}

// Truth is what is true in the cloud, as far as tests of targets need it.
type Truth struct {
	Tenants []struct {
		Applications []Application `json:"applications"`
	} `json:"tenants"`
	Vaults []struct {
		Name    string `json:"name"`
		Secrets []struct {
			Name     string    `json:"name"`
			Versions []Version `json:"versions"`
		} `json:"secrets"`
	} `json:"vaults"`
	Connections []struct {
		ID         string            `json:"id"`
		Parameters map[string]string `json:"parameters"`
	} `json:"connections"`
	Variables []struct {
		ID        string `json:"id"`
		Encrypted bool   `json:"encrypted"`
		Value     string `json:"value"`
	} `json:"variables"`
	Sites []Site `json:"sites"`
}

// Site is a web app or slot with its settings.
type Site struct {
	ID       string            `json:"id"`
	Settings map[string]string `json:"settings"`
	Sticky   []string          `json:"sticky"`
	Restarts int               `json:"restarts"`
}

// Application is an app with its passwords.
type Application struct {
	AppID     string `json:"appId"`
	Passwords []struct {
		Value string `json:"value"`
	} `json:"passwords"`
}

// Version is one version of a secret.
type Version struct {
	Version string            `json:"version"`
	Value   string            `json:"value"`
	Enabled bool              `json:"enabled"`
	Tags    map[string]string `json:"tags"`
}

// Truth reads what is true.
func (c *Cloud) Truth() Truth {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Sim.URL()+"/_sim/state", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var truth Truth
	if err := json.NewDecoder(answer.Body).Decode(&truth); err != nil {
		c.t.Fatal(err)
	}
	return truth
}

// Versions are the versions of a secret, oldest first.
func (c *Cloud) Versions(name string) []Version {
	c.t.Helper()
	for _, v := range c.Truth().Vaults {
		for _, s := range v.Secrets {
			if strings.EqualFold(s.Name, name) {
				return s.Versions
			}
		}
	}
	return nil
}

// Secret is the latest value of a secret, "" when there is none.
func (c *Cloud) Secret(name string) string {
	c.t.Helper()
	versions := c.Versions(name)
	if len(versions) == 0 {
		return ""
	}
	return versions[len(versions)-1].Value
}

// Parameters are those of a connection, the secret included.
func (c *Cloud) Parameters(id string) map[string]string {
	c.t.Helper()
	for _, one := range c.Truth().Connections {
		if strings.EqualFold(one.ID, id) {
			return one.Parameters
		}
	}
	return nil
}

// Variable is the document in a variable, and whether it is encrypted.
func (c *Cloud) Variable(id string) (document string, encrypted bool) {
	c.t.Helper()
	for _, one := range c.Truth().Variables {
		if strings.EqualFold(one.ID, id) {
			return one.Value, one.Encrypted
		}
	}
	return "", false
}

// Site is a web app or slot as it really is.
func (c *Cloud) Site(id string) Site {
	c.t.Helper()
	for _, one := range c.Truth().Sites {
		if strings.EqualFold(one.ID, id) {
			return one
		}
	}
	return Site{}
}

// owner is the app that has a password of this value.
func (c *Cloud) owner(value string) Application {
	c.t.Helper()
	for _, tenant := range c.Truth().Tenants {
		for _, app := range tenant.Applications {
			for _, p := range app.Passwords {
				if p.Value == value {
					return app
				}
			}
		}
	}
	c.t.Fatal(fmt.Errorf("no app has the secret in the vault"))
	return Application{}
}

// held gathers the log of several goroutines.
type held struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *held) Write(line []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(line)
}

func (h *held) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}
