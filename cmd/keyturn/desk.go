package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"keyturn/cloud"
	"keyturn/config"
	"keyturn/problem"
	"keyturn/stage"
	"keyturn/store"
)

// desk is a configuration with what reaches the cloud that it speaks of.
type desk struct {
	*reach
	sh       *shell
	settings config.Config
	clock    stage.Clock
	person   problem.Way // how a person signs in here; "" = nobody has to
}

// openDesk reads the configuration and opens a session. Nobody is contacted yet.
func (sh *shell) openDesk(ctx context.Context, needFile bool) (*desk, error) {
	settings, err := sh.settings(needFile)
	if err != nil {
		return nil, err
	}
	d, err := sh.deskFor(ctx, settings)
	if err != nil {
		return nil, err
	}
	return d, d.checkBlocks(settings)
}

// deskFor opens a session for a configuration, wherever that came from.
func (sh *shell) deskFor(ctx context.Context, settings config.Config) (*desk, error) {
	log, err := sh.log()
	if err != nil {
		return nil, err
	}
	o := way(settings, log)
	o.Identity, o.Username = sh.identityOf(settings), sh.visitor.login
	o.Hear = sh.hear
	o.Say, o.ShowCode = func(text string) { sh.say("%s", text) }, sh.showCode
	if o.Password, err = sh.passwordFor(settings); err != nil {
		return nil, err
	}
	r, err := newReach(ctx, o)
	if err != nil {
		return nil, err
	}
	if r.launch, err = sh.contextToken(); err != nil {
		return nil, err
	}
	return &desk{reach: r, sh: sh, settings: settings, clock: sh.parts.clock(r.session), person: cloud.WayOf(o.Identity)}, nil
}

// setup is one application with the parts that reach it. It asks for the tenant's id and for who we are.
func (d *desk) setup(ctx context.Context, app config.Application) (stage.Setup, error) {
	tenantID, err := d.session.TenantID(ctx)
	if err != nil {
		return stage.Setup{}, fmt.Errorf("look up the tenant %s: %w", d.settings.Tenant, err)
	}
	d.session.Warm(ctx)
	self, err := d.signIn(ctx)
	if err != nil {
		return stage.Setup{}, fmt.Errorf("sign in: %w", err)
	}
	if !d.launch.IsZero() && app.Issuer != config.SharePoint {
		return stage.Setup{}, usage(fmt.Errorf("--context-token-fd is for SharePoint add-ins: name one, %s isn't", app.Name))
	}
	if self.ClientID == app.ClientID {
		return stage.Setup{}, problem.NeedsPerson("self", app.Name, "Keyturn runs as this very app, and would lock itself out half-way",
			"sign in as another identity, see keyturn doctor --help")
	}
	s := stage.Setup{
		App: app.Name, ClientID: app.ClientID, TenantID: tenantID, Who: whoIs(self, d.person), Person: string(d.person),
		Checks: d.factor(self, app), Policy: app.Policy, Excluded: app.Excluded,
	}
	for _, block := range app.Targets {
		built, err := build(block, owner{clientID: app.ClientID, issuer: app.Issuer, env: d.sh.env, person: d.sh.hands(), reach: d.reach, clock: d.clock})
		if err != nil {
			return stage.Setup{}, err
		}
		s.Targets = append(s.Targets, built)
	}
	s.Issuer, err = issuers[app.Issuer](d.reach, app, s.Targets)
	return s, err
}

// setupNamed is [desk.setup] for an application of the configuration.
func (d *desk) setupNamed(ctx context.Context, name string) (stage.Setup, error) {
	app, ok := d.settings.Find(name)
	if !ok {
		return stage.Setup{}, unknownApp(d.settings, name)
	}
	return d.setup(ctx, app)
}

// openReader opens the store for looking alone; there being none is a problem that wraps fs.ErrNotExist.
func (sh *shell) openReader(ctx context.Context) (store.ReadCloser, error) {
	settings, err := sh.settings(false)
	if err != nil {
		return nil, err
	}
	return openReader(ctx, settings.Store)
}

// close gives something back; a failure is worth a word and no more.
func (sh *shell) close(what io.Closer) {
	if err := what.Close(); err != nil {
		sh.say("keyturn: %v", err)
	}
}

// nodeName names this process among those that share the store.
func nodeName(id string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), id)
}
