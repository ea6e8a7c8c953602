package cloud

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"keyturn/secret"
)

// Options is what a [Session] needs to know. The zero value means: the public cloud, the tenant that the identity
// belongs to, whatever identity the machine offers, the proxy of the environment, the machine's own authorities.
type Options struct {
	Tenant   string // its id or a domain of it; "" = AZURE_TENANT_ID, else the tenant of the identity
	Cloud    string // see [Lookup]
	Identity string // one of [Identities]; "" = default
	ClientID string // of the public client that people sign in through (browser, deviceCode); every other identity takes AZURE_CLIENT_ID
	Proxy    string // address of an HTTP proxy; "" = HTTPS_PROXY and NO_PROXY of the environment
	CAFile   string // PEM file with authorities trusted besides the machine's own; "" = none

	Username string       // of the person who signs in; "" = whoever they say they are. IdentityPassword needs it
	Password secret.Value // theirs, for IdentityPassword alone; it is forgotten once signed in

	Log  *slog.Logger     // receives one debug line a request, without bodies, query strings or headers; nil = nowhere
	Hear func(Exchange)   // is told of every request and its answer, from many goroutines at once; nil = nobody listens
	Say  func(string)     // shows a person what to do to sign in; nil = nowhere
	Now  func() time.Time // the local clock; nil = time.Now
	Slow time.Duration    // after which Log is told that a request has no whole answer yet; 0 = 8 s

	// Carry takes every request instead of the network, for tests that have a whole cloud in their own process; nil = the
	// network. Proxy and CAFile mean nothing then.
	Carry http.RoundTripper

	Open     func(address string) error // opens a browser for a person; nil = the machine's own
	Redirect *Redirect                  // for IdentityBrowser where the browser isn't on this computer; nil = it is
	ShowCode func(address, code string) // shows a person the code to type, and where; nil = as a sentence through Say
}

// Session is one identity signed in to one cloud through one network path. It is safe for concurrent use.
type Session struct {
	options   Options
	hosts     Hosts
	base      *http.Transport
	wire      *wire
	client    *http.Client
	tokens    *tokens
	discovery *discovery
	purse     purse // of Microsoft Graph
}

// Open checks options and builds a session. It contacts nobody: the first request signs in. A proxy address, an
// authority file, a cloud or an identity that can't be used is a Person problem.
func Open(_ context.Context, o Options) (*Session, error) {
	o = o.filled()
	hosts, err := Lookup(o.Cloud)
	if err != nil {
		return nil, err
	}
	base, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	line := &wire{base: o.carrier(base), meter: &meter{hosts: hosts, log: o.Log, hear: o.Hear, slow: o.Slow, clock: &clock{local: o.Now}}}
	s := &Session{options: o, hosts: hosts, wire: line, base: base, client: newClient(line)}
	s.discovery = &discovery{client: s.client}
	s.tokens, err = newTokens(o, hosts, s.discovery, s.Now)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// carrier is what requests are sent through.
func (o Options) carrier(base *http.Transport) http.RoundTripper {
	if o.Carry != nil {
		return o.Carry
	}
	return newOpening(base)
}

func (o Options) filled() Options {
	if o.Tenant == "" {
		o.Tenant = os.Getenv("AZURE_TENANT_ID")
	}
	if o.Identity == "" {
		o.Identity = IdentityDefault
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Hear == nil {
		o.Hear = func(Exchange) {}
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Open == nil {
		o.Open = openBrowser
	}
	if o.ShowCode == nil {
		o.ShowCode = func(address, code string) {
			o.Say("To sign in, open " + address + " in a browser and enter the code " + code)
		}
	}
	if o.Slow == 0 {
		o.Slow = slowAfter
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Hosts returns where this session's cloud answers.
func (s *Session) Hosts() Hosts { return s.hosts }

// Client returns the HTTP client behind everything: proxy, authorities, log, count and clock, without any sign-in. It
// follows no redirect, so that what is sent goes only where it was meant to.
func (s *Session) Client() *http.Client { return s.client }

// Credential returns the identity for clients that ask for tokens themselves. Tokens are kept by scope for as long as
// the cloud's clock allows, so that one scope costs one sign-in.
func (s *Session) Credential() azcore.TokenCredential { return s.tokens }

// Now returns the cloud's time: the local clock, corrected by the Date of Microsoft's own answers when the two are more
// than two minutes apart, so that a wrong clock on a laptop can't end an overlap early.
func (s *Session) Now() time.Time { return s.wire.clock.now() }

// Skew returns how far the cloud's clock is ahead of the local one, as last seen; 0 before the first answer. It is
// exact to about a second.
func (s *Session) Skew() time.Duration { return s.wire.clock.skew() }

// Requests returns how many HTTP requests were sent so far, sign-ins and repeats included.
func (s *Session) Requests() int64 { return s.wire.sent.Load() }

// TenantID returns the tenant's id. A domain name is looked up once, from what the tenant says of itself to everybody;
// without any tenant configured it is the one that the identity belongs to.
func (s *Session) TenantID(ctx context.Context) (string, error) {
	switch {
	case s.options.Tenant == "":
		self, err := s.Self(ctx)
		return self.TenantID, err
	case IsGUID(s.options.Tenant):
		return s.options.Tenant, nil
	}
	return s.discovery.tenantID(ctx, s.hosts.Login, s.options.Tenant)
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// IsGUID reports whether text is written as an id of Microsoft's directory is.
func IsGUID(text string) bool { return guid.MatchString(text) }
