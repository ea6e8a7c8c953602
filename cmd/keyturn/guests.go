package main

import (
	"context"
	"net/url"
	"slices"
	"sync"

	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/server/guest"
	"keyturn/stage"
)

// guests are the people who have signed in at the console with rights of their own: each with a desk that reaches the
// cloud in their name, and the applications whose renewals they have taken on. All of it is in memory alone.
type guests struct {
	s *service

	mu      sync.Mutex
	desks   map[string]*desk // by subject
	hosting map[string]*desk // by application
}

// callbackPath is where Microsoft sends a browser back to.
const callbackPath = "/sign-in/person"

// Open implements [guest.Opener].
func (g *guests) Open(ctx context.Context, subject string, ask guest.Ask, show func(address, code string), back <-chan url.Values) (guest.Account, error) {
	o := way(g.s.settings, g.s.log)
	for _, known := range identities {
		if known.way == ask.How {
			o.Identity = known.identity
		}
	}
	o.Username, o.Password, o.Hear, o.ShowCode = ask.Login, ask.Password, g.s.sh.hear, show
	o.Open = func(address string) error { show(address, ""); return nil }
	if g.s.site.Secure() {
		o.Redirect = &cloud.Redirect{Address: g.s.site.Address.JoinPath(callbackPath).String(), Answer: answering(show, back)}
	}
	r, err := newReach(ctx, o)
	if err != nil {
		return guest.Account{}, err
	}
	theirs := &desk{reach: r, sh: g.s.sh, settings: g.s.settings, clock: g.s.clock, person: ask.How}
	self, err := theirs.signIn(ctx)
	if err != nil {
		return guest.Account{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.desks == nil {
		g.desks, g.hosting = map[string]*desk{}, map[string]*desk{}
	}
	if ctx.Err() != nil {
		return guest.Account{}, context.Cause(ctx) // they have left meanwhile
	}
	g.desks[subject] = theirs
	return guest.Account{Name: self.Name, Rights: slices.Concat(self.Roles, self.Directory), MFA: self.MFA}, nil
}

// answering shows a person where to sign in and waits for their browser to come back.
func answering(show func(address, code string), back <-chan url.Values) func(context.Context, string) (url.Values, error) {
	return func(ctx context.Context, signIn string) (url.Values, error) {
		show(signIn, "")
		select {
		case answer := <-back:
			return answer, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Close implements [guest.Opener]: what they had taken on is asked for again.
func (g *guests) Close(subject string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	theirs := g.desks[subject]
	delete(g.desks, subject)
	for app, host := range g.hosting {
		if host == theirs {
			delete(g.hosting, app)
		}
	}
}

// of is the desk of whoever signed in; asking for one where nobody did is a problem.
func (g *guests) of(subject string) (*desk, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if theirs := g.desks[subject]; theirs != nil {
		return theirs, nil
	}
	return nil, problem.NeedsPerson("signin.person", "you", "haven't signed in at Microsoft with rights of your own, or that sign-in has ended",
		"sign in under Settings, or with POST /api/v1/sign-in")
}

// host lets a person's desk do an application's renewal until it ends or they leave.
func (g *guests) host(app string, theirs *desk) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hosting[app] = theirs
}

// release ends that.
func (g *guests) release(app string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.hosting, app)
}

// setup is one application with the parts that reach it: in a person's name where one has taken it on.
func (g *guests) setup(ctx context.Context, app string) (stage.Setup, error) {
	g.mu.Lock()
	host := g.hosting[app]
	g.mu.Unlock()
	if host == nil {
		return g.s.setupNamed(ctx, app)
	}
	return host.setupNamed(ctx, app)
}
