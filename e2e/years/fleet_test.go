package years_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
	_ "time/tzdata"

	"keyturn/arm"
	"keyturn/cloud"
	"keyturn/config"
	"keyturn/engine"
	"keyturn/graph"
	"keyturn/issuer/entra"
	"keyturn/renewal"
	"keyturn/simulator"
	"keyturn/simulator/world"
	"keyturn/stage"
	"keyturn/store/sqlite"
	"keyturn/target"
	"keyturn/target/apiconnection"
	"keyturn/target/automationvariable"
	"keyturn/target/keyvaultsecret"
	"keyturn/vault"
)

// fleet is everything that `keyturn serve` is made of, on the clock of a simulated cloud in the same process: engine,
// stages, store, clients. Only the network is missing, and the alarm clock is one that shows the simulated time.
type fleet struct {
	t        *testing.T
	sim      *simulator.Simulator
	settings config.Config
	session  *cloud.Session
	graph    *graph.Client
	arm      *arm.Client
	vault    *vault.Client
	entra    *entra.Issuer
	store    *sqlite.Store
	engine   *engine.Engine
	alarm    *alarm
	stop     chan struct{}
}

// newFleet plants an organisation and sets Keyturn up in it, with a policy that is added to the one in the sample.
func newFleet(t *testing.T, seed string, draws uint64, edits ...string) *fleet {
	t.Helper()
	propagation := 3 * time.Second
	sim, err := simulator.Start(t.Context(), simulator.Options{
		Seed: seed, Settings: world.Settings{Gentle: true, Propagation: &propagation, Seed: draws},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	f := &fleet{t: t, sim: sim, stop: make(chan struct{})}
	dir := t.TempDir()
	f.settings = f.configure(dir, edits)
	f.reach()
	if f.store, err = sqlite.Open(t.Context(), filepath.Join(dir, "keyturn.db"), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	f.alarm = &alarm{store: f.store, now: f.now, ready: make(chan struct{})}
	f.engine = engine.New(engine.Options{
		Store: f.store, Node: "years", Clock: f.clock(), Watch: func(renewal.Event) {}, Setup: f.setup, Stop: f.stop,
		Rounds: engine.Rounds{Apps: f.tended(), Every: 100 * 365 * day, Again: 400 * day, Plan: f.plan},
	})
	return f
}

func (f *fleet) configure(dir string, edits []string) config.Config {
	f.t.Helper()
	text := []byte(f.sim.KeyturnYAML(filepath.Join(dir, "ca.pem")))
	for i := 0; i+1 < len(edits); i += 2 {
		if !bytes.Contains(text, []byte(edits[i])) {
			f.t.Fatalf("keyturn.yaml has no %q", edits[i])
		}
		text = bytes.Replace(text, []byte(edits[i]), []byte(edits[i+1]), 1)
	}
	file := filepath.Join(dir, "keyturn.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		f.t.Fatal(err)
	}
	loaded, err := config.Load(file, []target.Descriptor{keyvaultsecret.Descriptor(), apiconnection.Descriptor(), automationvariable.Descriptor()})
	if err != nil {
		f.t.Fatal(err)
	}
	return loaded
}

// reach opens the session and the clients on it.
func (f *fleet) reach() {
	f.t.Helper()
	sample := f.sim.Sample()
	f.t.Setenv("AZURE_CLIENT_ID", sample.AdminClientID)
	f.t.Setenv("AZURE_CLIENT_SECRET", sample.AdminSecret)
	var err error
	f.session, err = cloud.Open(f.t.Context(), cloud.Options{
		Tenant: sample.Tenant, Identity: cloud.IdentityEnvironment, Carry: f.sim,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.graph, f.arm, f.vault = graph.New(f.session), arm.New(f.session), vault.New(f.session)
	f.entra = entra.New(f.session, f.graph)
}

func (f *fleet) now() time.Time { return f.sim.World().Now() }

// clock waits by letting the simulated time pass, for everybody.
func (f *fleet) clock() stage.Clock {
	return stage.Clock{Now: f.now, Sleep: func(ctx context.Context, d time.Duration) error {
		f.sim.Advance(d)
		return ctx.Err()
	}}
}

func (f *fleet) tended() []string {
	var names []string
	for _, app := range f.settings.Applications {
		if app.Excluded == "" {
			names = append(names, app.Name)
		}
	}
	return names
}

func (f *fleet) setup(_ context.Context, name string) (stage.Setup, error) {
	app, _ := f.settings.Find(name)
	s := stage.Setup{
		App: app.Name, ClientID: app.ClientID, TenantID: f.sim.Sample().Tenant, Who: "keyturn-admin", Policy: app.Policy, Issuer: f.entra,
	}
	for _, block := range app.Targets {
		built, err := f.place(block, app.ClientID)
		if err != nil {
			return s, err
		}
		s.Targets = append(s.Targets, built)
	}
	return s, nil
}

func (f *fleet) place(block config.Block, clientID string) (target.Target, error) {
	portal := f.session.Hosts().Portal
	self := func(ctx context.Context) (string, error) {
		who, err := f.session.Self(ctx)
		return who.ObjectID, err
	}
	switch block.Kind {
	case keyvaultsecret.Descriptor().Code:
		var c keyvaultsecret.Config
		if err := block.Decode(&c); err != nil {
			return nil, err
		}
		return keyvaultsecret.New(c, keyvaultsecret.Parts{Vaults: f.vault, Plane: f.arm, Self: self, Portal: portal})
	case apiconnection.Descriptor().Code:
		var c apiconnection.Config
		if err := block.Decode(&c); err != nil {
			return nil, err
		}
		return apiconnection.New(c, clientID, apiconnection.Parts{ARM: f.arm, Flows: f.arm, Sleep: f.clock().Sleep, Portal: portal})
	}
	var c automationvariable.Config
	if err := block.Decode(&c); err != nil {
		return nil, err
	}
	return automationvariable.New(c, f.arm, portal)
}

func (f *fleet) plan(ctx context.Context, name string) (stage.Setup, stage.Plan, error) {
	setup, err := f.setup(ctx, name)
	if err != nil {
		return setup, stage.Plan{}, err
	}
	plan, err := stage.MakePlan(ctx, setup, stage.Remember(ctx, f.store, stage.Request{}, name), f.now)
	return setup, plan, err
}
