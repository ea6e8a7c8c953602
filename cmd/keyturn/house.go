package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/config"
	"keyturn/engine"
	"keyturn/graph"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server"
	"keyturn/server/access"
	"keyturn/server/api"
	"keyturn/server/board"
	"keyturn/server/command"
	"keyturn/server/feed"
	"keyturn/server/guest"
	"keyturn/server/web"
	"keyturn/store/postgres"
	"keyturn/target"
)

// house is what is served at an address: health for all and, where it may be shown, the console.
type house struct {
	rules   *tls.Config // nil = plain HTTP
	site    server.Site
	console *server.Console // nil = health alone
	board   *board.Board
	feed    *feed.Feed
}

// feedEvery is how often the store is asked what other processes did; what this one does is told at once.
const feedEvery = time.Second

// house furnishes what is served at listener. Away from this machine there is no console without a sign-in.
func (s *service) house(ctx context.Context, listener net.Listener) (*house, error) {
	h := &house{}
	var err error
	if h.rules, err = tlsOf(s.settings.Serve); err != nil {
		return nil, err
	}
	if h.site, err = siteOf(s.settings.Serve, listener); err != nil {
		return nil, err
	}
	if shown, err := s.mayShow(h.site, listener); err != nil || !shown {
		return h, err
	}
	h.feed = feed.New(s.store, feedEvery, s.log)
	s.feed = h.feed
	h.board = board.New(board.Options{Store: s.store, Settings: s.settings, Now: s.clock.Now, Duty: engine.LookDuty, Places: s.placesShown, Feed: h.feed, Log: s.log})
	if h.console, err = s.console(h); err != nil {
		return nil, err
	}
	return h, s.greet(ctx, h)
}

// console puts pages and API together.
func (s *service) console(h *house) (*server.Console, error) {
	keeper, commands := keeperOf(s.store), command.Desk{Engine: orders{s, s.guests}, Runs: s.store}
	room := &guest.Room{Opener: s.guests, Password: s.settings.SignIn.Password, Now: time.Now}
	programs, err := api.New(api.Parts{
		Board: h.board, Commands: commands, Feed: h.feed, Store: s.store, Keeper: keeper, Room: room, Settings: s.settingsShown(),
	})
	if err != nil {
		return nil, err
	}
	pages := web.Pages{Board: h.board, Commands: commands, Document: programs.Document(), About: s.aboutShown, Room: room, Tokens: keeper, Password: room.Password}
	s.site = h.site
	console := &server.Console{Keeper: keeper, Site: h.site, Room: room, Log: s.log}
	if s.settings.Serve.Provider.On() {
		if console.Provider, err = s.provider(); err != nil {
			return nil, err
		}
		pages.Provider = console.ProviderPath()
	}
	console.Routes, console.Refuse = append(pages.Routes(), programs.Routes()...), pages.Refuse
	return console, nil
}

// provider is who people sign in with.
func (s *service) provider() (*server.Provider, error) {
	p := s.settings.Serve.Provider
	shown, err := p.ClientSecret(s.sh.env)
	if err != nil {
		return nil, err
	}
	roles := map[string]access.Role{}
	for value, name := range p.Roles {
		if roles[value], err = access.RoleNamed(name); err != nil {
			return nil, err // the configuration was checked
		}
	}
	made := &server.Provider{Issuer: p.Issuer, ClientID: p.ClientID, Secret: shown, Roles: roles, Client: s.session.Elsewhere()}
	if strings.HasPrefix(p.Issuer, s.session.Hosts().Login+"/") {
		made.Groups = graph.NewMembership(s.session)
	}
	return made, nil
}

// mayShow says whether the console may be shown at a listener: to this machine always; to others only where they sign in
// with a provider, over TLS.
func (s *service) mayShow(site server.Site, listener net.Listener) (bool, error) {
	at := listener.Addr().String()
	address, err := netip.ParseAddrPort(at)
	switch {
	case isLocal(listener):
		return true, nil
	case !s.settings.Serve.Provider.On():
		s.log.Info("the console isn't shown at an address of the network without serve.signIn", "address", at)
		return false, nil
	case s.settings.Serve.Address == "" && err == nil && address.Addr().IsUnspecified():
		return false, problem.NeedsPerson("serve.address", at, "people can't be sent back to it after signing in", "set serve.address to what they type, such as https://keyturn.contoso.com")
	case !site.Secure():
		return false, problem.NeedsPerson("serve.plain", at, "what people sign in with would go over the network in the open",
			"set serve.tls, or serve.address to the https address of a proxy before it")
	}
	return true, nil
}

// settingsShown are the settings that everybody may see who may look: nothing that lets anybody in anywhere.
func (s *service) settingsShown() api.Settings {
	kept := "file"
	if postgres.Is(s.settings.Store) {
		kept = "postgres"
	}
	return api.Settings{
		Release: release, Tenant: s.settings.Tenant, Cloud: s.settings.Cloud, Identity: s.settings.Identity, Store: kept,
		Every: config.FormatDuration(s.settings.Serve.Every), SignIn: s.signInShown(), Applications: len(s.settings.Applications),
	}
}

func (s *service) signInShown() string {
	if s.settings.Serve.Provider.On() {
		return access.ByProvider
	}
	return access.ByLink
}

// keeperOf gives out passes that are kept in a store. They go by the machine's own clock.
func keeperOf(kept memory) *access.Keeper { return &access.Keeper{Passes: kept, Now: time.Now} }

// greet says where the console is, with the link that lets whoever sits here in where nobody signs in with a provider.
func (s *service) greet(ctx context.Context, h *house) error {
	if h.console.Provider != nil {
		s.invite("console: " + h.site.Address.String())
		return nil
	}
	link, err := h.console.Keeper.Link(ctx, s.sh.local())
	if err != nil {
		return err
	}
	s.invite(fmt.Sprintf("console: %s   (once, within %s)", h.site.Link(link), config.FormatDuration(access.LinkLife)))
	return nil
}

// local is whoever sits at this machine and may do everything here.
func (sh *shell) local() access.Person {
	who := sh.person()
	return access.Person{Name: who, Subject: "local:" + who, Role: access.Admin, Method: access.ByLink}
}

// answer serves a house until ctx ends.
func (s *service) answer(ctx context.Context, listener net.Listener, h *house) error {
	s.log.Info("listening", "address", listener.Addr().String())
	group, inner := errgroup.WithContext(ctx)
	if h.console != nil {
		defer h.console.Room.Empty()
		group.Go(func() error { h.feed.Run(inner); return nil })
		group.Go(func() error { h.board.Follow(inner); return nil })
	}
	group.Go(func() error {
		return server.Serve(inner, listener, h.rules, server.New(server.Health{Alive: s.alive, Ready: s.ready, Metrics: s.metrics()}, h.console), s.log)
	})
	return group.Wait()
}

func tlsOf(s config.Serve) (*tls.Config, error) {
	if s.CertFile == "" {
		return nil, nil
	}
	return server.TLS(s.CertFile, s.KeyFile)
}

// siteOf is where browsers find what listens there.
func siteOf(s config.Serve, listener net.Listener) (server.Site, error) {
	address := s.Address
	if address == "" {
		address = schemeOf(s) + "://" + listener.Addr().String()
	}
	site, err := url.Parse(address)
	if err != nil {
		return server.Site{}, err // the configuration was checked
	}
	return server.Site{Address: &url.URL{Scheme: site.Scheme, Host: site.Host}}, nil
}

// isLocal reports whether nobody but this machine reaches a listener.
func isLocal(listener net.Listener) bool {
	address, err := netip.ParseAddrPort(listener.Addr().String())
	return err == nil && address.Addr().Unmap().IsLoopback()
}

// placesShown are the places of an application, without asking anybody. What can't be built was told when the
// configuration was checked.
func (s *service) placesShown(app config.Application) []target.Place {
	var places []target.Place
	for _, block := range app.Targets {
		if built, err := build(block, owner{clientID: app.ClientID, reach: s.reach, clock: s.clock}); err == nil {
			places = append(places, built.Place())
		}
	}
	return places
}

// heard is a log of renewals whose every line is also counted, and wakes those who watch the console.
type heard struct {
	logged
	s *service
}

// Tell writes one line, counts and wakes.
func (h heard) Tell(event renewal.Event) {
	h.logged.Tell(event)
	if event.Kind == "done" || event.Kind == "aborted" {
		h.s.guests.release(event.App)
	}
	h.s.count.Event(event)
	if h.s.feed != nil {
		h.s.feed.Poke()
	}
}
