package entra_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer/entra"
	"keyturn/issuer/issuertest"
	"keyturn/simulator"
	"keyturn/simulator/world"
)

const nobody = "00000000-dead-beef-0000-000000000000"

// rig is a simulated tenant reached as the real one would be: through a proxy that inspects TLS.
type rig struct {
	*simulator.Simulator
	session  *cloud.Session
	issuer   *entra.Issuer
	clientID string
	log      *held
	caFile   string
}

// start plants Provision Assist. It sets the environment, so that tests which call it can't be parallel.
func start(t *testing.T, settings world.Settings) *rig {
	t.Helper()
	sim, err := simulator.Start(t.Context(), simulator.Options{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	r := &rig{Simulator: sim, log: &held{}, caFile: filepath.Join(t.TempDir(), "ca.pem")}
	if err := os.WriteFile(r.caFile, sim.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	sample := sim.Sample()
	r.signIn(t, sample.AdminClientID, sample.AdminSecret)
	r.clientID = r.provisionAssist(t)
	return r
}

func (r *rig) signIn(t *testing.T, clientID, value string) {
	t.Helper()
	t.Setenv("AZURE_CLIENT_ID", clientID)
	t.Setenv("AZURE_CLIENT_SECRET", value)
	session, err := cloud.Open(t.Context(), cloud.Options{
		Tenant: r.Sample().Tenant, Identity: cloud.IdentityEnvironment, Proxy: r.URL(), CAFile: r.caFile,
		Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Client().CloseIdleConnections)
	r.session, r.issuer = session, entra.New(session, graph.New(session))
}

func (r *rig) provisionAssist(t *testing.T) string {
	t.Helper()
	for app, err := range graph.New(r.session).Applications(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(app.DisplayName, "Provision") && app.AppID != r.Sample().AdminClientID {
			return app.AppID
		}
	}
	t.Fatal("the sample has no Provision Assist")
	return ""
}

func (r *rig) app(t *testing.T) credential.App {
	t.Helper()
	app, err := r.issuer.Look(t.Context(), r.clientID)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func (r *rig) bench() issuertest.Bench {
	return issuertest.Bench{
		Issuer: r.issuer, ClientID: r.clientID, Unknown: nobody, Now: r.session.Now, Pass: r.Advance, Log: r.log.String,
	}
}

func (r *rig) fault(t *testing.T, rules ...world.Fault) {
	t.Helper()
	if err := r.World().AddFaults(rules); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) flip(t *testing.T, name, value string) {
	t.Helper()
	if err := r.World().SetSwitch(name, value); err != nil {
		t.Fatal(err)
	}
}

// held is a log kept in memory.
type held struct {
	mu   sync.Mutex
	text bytes.Buffer
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

func TestSuiteOnAGentleCloud(t *testing.T) {
	issuertest.Exercise(t, func(t *testing.T) issuertest.Bench { return start(t, world.Settings{Gentle: true}).bench() })
}

func TestSuiteOnAnUnkindCloud(t *testing.T) {
	spread := 20 * time.Second
	issuertest.Exercise(t, func(t *testing.T) issuertest.Bench {
		return start(t, world.Settings{Propagation: &spread}).bench()
	})
}
