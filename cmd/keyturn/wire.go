package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"keyturn/acs"
	"keyturn/arm"
	"keyturn/cloud"
	"keyturn/config"
	"keyturn/engine"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/issuer/entra"
	"keyturn/issuer/sharepoint"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/stage"
	"keyturn/store"
	"keyturn/store/alarm"
	"keyturn/store/postgres"
	"keyturn/store/sqlite"
	"keyturn/target"
	"keyturn/target/apiconnection"
	"keyturn/target/appservicesetting"
	"keyturn/target/automationvariable"
	"keyturn/target/keyvaultsecret"
	"keyturn/target/manual"
	"keyturn/target/vendorwebhook"
	"keyturn/target/webconfig"
	"keyturn/vault"
)

// parts are what a command is built from and what the demo builds differently.
type parts struct {
	clock func(*cloud.Session) stage.Clock // the time that renewals go by
	watch func(next follower) follower     // looks at what is shown of a renewal
}

func newParts() parts {
	return parts{
		clock: func(s *cloud.Session) stage.Clock { return stage.Clock{Now: s.Now, Sleep: cloud.Sleep} },
		watch: func(next follower) follower { return next },
	}
}

// reach is everything behind one sign-in.
type reach struct {
	session *cloud.Session
	graph   *graph.Client
	arm     *arm.Client
	vault   *vault.Client
	entra   *entra.Issuer
	acs     *acs.Client
	launch  secret.Value // the context token that a person handed over; none = nobody did
}

// way is how a configuration's cloud is reached and signed in to.
func way(c config.Config, log *slog.Logger) cloud.Options {
	return cloud.Options{
		Tenant: c.Tenant, Cloud: c.Cloud, Identity: c.Identity, ClientID: c.SignIn.ClientID,
		Proxy: c.Network.Proxy, CAFile: c.Network.CAFile, Log: log,
	}
}

// newReach opens a session and the clients on it. Nobody is contacted yet.
func newReach(ctx context.Context, o cloud.Options) (*reach, error) {
	session, err := cloud.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &reach{session: session, graph: graph.New(session), arm: arm.New(session), vault: vault.New(session)}
	r.entra, r.acs = entra.New(session, r.graph), acs.New(session)
	return r, nil
}

// issuers lists what makes secrets, by the kind that an application names. A new one is a folder and a line here.
var issuers = map[config.Issuer]func(r *reach, app config.Application, places []target.Target) (issuer.Issuer, error){
	config.Entra: func(r *reach, _ config.Application, _ []target.Target) (issuer.Issuer, error) { return r.entra, nil },
	config.SharePoint: func(r *reach, app config.Application, places []target.Target) (issuer.Issuer, error) {
		return sharepoint.New(sharepoint.Config{Site: app.Site, Keep: app.Keep, ForUser: app.ForUser}, sharepoint.Consumer{Places: places, Launch: r.launch},
			r.entra, r.graph, r.acs)
	},
}

// owner is whose secret a target holds, with what reaches the target. To check settings, a reach alone is enough.
type owner struct {
	clientID string
	issuer   config.Issuer
	env      config.Environment // where Keyturn's own secrets come from; nil = their references' form alone is checked
	person   manual.Person      // who sits at the terminal; nil = nobody
	reach    *reach
	clock    stage.Clock
}

// kind is one kind of target: what it is, and how one is made from its block.
type kind struct {
	descriptor target.Descriptor
	build      func(block config.Block, o owner) (target.Target, error)
}

// kinds lists the targets of this release. A new one is a folder and a line here.
var kinds = sync.OnceValue(func() []kind {
	return []kind{
		{keyvaultsecret.Descriptor(), buildVaultSecret},
		{apiconnection.Descriptor(), buildConnection},
		{automationvariable.Descriptor(), buildVariable},
		{webconfig.Descriptor(), buildWebConfig},
		{appservicesetting.Descriptor(), buildAppSetting},
		{vendorwebhook.Descriptor(), buildVendor},
		{manual.Descriptor(), buildManual},
	}
})

func buildVaultSecret(block config.Block, o owner) (target.Target, error) {
	var c keyvaultsecret.Config
	if err := block.Decode(&c); err != nil {
		return nil, err
	}
	return keyvaultsecret.New(c, keyvaultsecret.Parts{Vaults: o.reach.vault, Plane: o.reach.arm, Self: o.reach.self, Portal: o.reach.portal()})
}

func buildConnection(block config.Block, o owner) (target.Target, error) {
	var c apiconnection.Config
	if err := block.Decode(&c); err != nil {
		return nil, err
	}
	return apiconnection.New(c, o.clientID,
		apiconnection.Parts{ARM: o.reach.arm, Flows: o.reach.arm, Sleep: o.clock.Sleep, Portal: o.reach.portal()})
}

func buildVariable(block config.Block, o owner) (target.Target, error) {
	var c automationvariable.Config
	if err := block.Decode(&c); err != nil {
		return nil, err
	}
	return automationvariable.New(c, o.reach.arm, o.reach.portal())
}

func buildWebConfig(block config.Block, o owner) (target.Target, error) {
	var c webconfig.Config
	if err := block.Decode(&c); err != nil {
		return nil, err
	}
	c.Path = block.Beside(c.Path)
	return webconfig.New(c, o.clientID)
}

func buildAppSetting(block config.Block, o owner) (target.Target, error) {
	var c appservicesetting.Config
	if err := block.Decode(&c); err != nil {
		return nil, err
	}
	if o.issuer == config.SharePoint {
		if c.Secondary == "" {
			return nil, problem.NeedsPerson("config.setting", "appServiceSetting "+c.Name, "an add-in needs both values while ACS signs with the old one",
				"add secondary: SecondaryClientSecret")
		}
		c.Form = cmp.Or(c.Form, string(target.Base64))
	}
	return appservicesetting.New(c, o.clientID, o.reach.arm, o.reach.portal())
}

func buildVendor(block config.Block, o owner) (target.Target, error) {
	var c vendorwebhook.Config
	if err := block.Fetch(o.env, &c); err != nil {
		return nil, err
	}
	return vendorwebhook.New(c, vendorwebhook.Parts{Client: o.reach.session.Elsewhere(), Now: o.reach.session.Now})
}

func buildManual(block config.Block, o owner) (target.Target, error) {
	var c manual.Config
	if err := block.Decode(&c); err != nil {
		return nil, err
	}
	return manual.New(c, o.person)
}

// portal is where people see the cloud.
func (r *reach) portal() string { return r.session.Hosts().Portal }

// self is the object id of the identity that Keyturn runs as.
func (r *reach) self(ctx context.Context) (string, error) {
	who, err := r.session.Self(ctx)
	return who.ObjectID, err
}

// descriptors lists the targets of this release.
func descriptors() []target.Descriptor {
	var list []target.Descriptor
	for _, k := range kinds() {
		list = append(list, k.descriptor)
	}
	return list
}

// build makes one target. What its settings can't mean is told at the block's place in the file.
func build(block config.Block, o owner) (target.Target, error) {
	for _, k := range kinds() {
		if k.descriptor.Code != block.Kind {
			continue
		}
		made, err := k.build(block, o)
		if err != nil {
			return nil, block.Fault(err)
		}
		return made, nil
	}
	return nil, fmt.Errorf("no target is called %s", block.Kind) // the configuration was checked against the same list
}

// memory is a store that renewals are driven on, with the alarm clock that belongs to it.
type memory interface {
	engine.Service
	store.Ledger
	store.Pages
	store.Passes
	store.OutboxReader
	store.Budgets
	Close() error
	alarm(log *slog.Logger, workers int) engine.Waker
}

// openReader opens the store for looking alone. where is a file's path or a PostgreSQL database's address.
func openReader(ctx context.Context, where string) (store.ReadCloser, error) {
	if postgres.Is(where) {
		return postgres.OpenReader(ctx, where)
	}
	return sqlite.OpenReader(ctx, where)
}

// openStore opens the store for renewals, and makes it where there is none. A file of an older release is migrated; a
// database that others may be using is, when migrating is true.
func openStore(ctx context.Context, where string, migrating bool) (memory, error) {
	if postgres.Is(where) {
		kept, err := postgres.Open(ctx, where, postgres.Options{AllowMigrate: migrating})
		return database{kept}, err
	}
	kept, err := sqlite.Open(ctx, where, sqlite.Options{AllowMigrate: true})
	return file{kept}, err
}

// file is a store in a file.
type file struct{ *sqlite.Store }

func (f file) alarm(log *slog.Logger, workers int) engine.Waker {
	return sqlite.NewWaker(f.Store, alarm.Options{Workers: workers, Log: log})
}

// database is a store in a database that machines share.
type database struct{ *postgres.Store }

func (d database) alarm(log *slog.Logger, workers int) engine.Waker {
	return postgres.NewWaker(d.Store, alarm.Options{Workers: workers, Log: log})
}

// budget is what the processes on one store may ask of one tenant's Microsoft Graph together.
type budget struct {
	kept   store.Budgets
	tenant string
}

func (b budget) name() string { return "microsoft graph of " + strings.ToLower(b.tenant) }

// Draw implements [cloud.Budget].
func (b budget) Draw(ctx context.Context, of cloud.Limit, want int) (int, time.Duration, error) {
	return b.kept.Draw(ctx, strings.TrimSpace(b.name()+" "+of.Name), store.Rate{Every: of.Every, Burst: of.Burst}, want)
}

// Hold implements [cloud.Budget].
func (b budget) Hold(ctx context.Context, d time.Duration) error {
	return b.kept.Hold(ctx, b.name(), d)
}

// Held implements [cloud.Budget].
func (b budget) Held(ctx context.Context) (time.Duration, error) { return b.kept.Held(ctx, b.name()) }
