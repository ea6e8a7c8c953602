package main

import (
	"log/slog"
	"net"
	"testing"

	"keyturn/config"
	"keyturn/problem"
)

// listening is a listener at an address that nobody opens.
type listening struct {
	net.Listener
	at string
}

func (l listening) Addr() net.Addr {
	address, err := net.ResolveTCPAddr("tcp", l.at)
	if err != nil {
		panic(err)
	}
	return address
}

func TestTheConsoleIsShownToTheNetworkOnlyWithASignInOverTLS(t *testing.T) {
	t.Parallel()
	provider := config.Provider{Issuer: "https://login.microsoftonline.com/t/v2.0", ClientID: "c"}
	for name, c := range map[string]struct {
		at     string
		serve  config.Serve
		shown  bool
		code   string
		cookie string
	}{
		"this machine":                           {at: "127.0.0.1:8420", shown: true, cookie: "keyturn-8420"},
		"this machine, the newer way":            {at: "[::1]:8420", shown: true, cookie: "keyturn-8420"},
		"this machine, behind a proxy with TLS":  {at: "127.0.0.1:8420", serve: config.Serve{Address: "https://k.example"}, shown: true, cookie: "__Host-keyturn"},
		"the network, without a sign-in":         {at: "192.0.2.1:8420", cookie: "keyturn-8420"},
		"the network, in the open":               {at: "192.0.2.1:8420", serve: config.Serve{Provider: provider}, code: "serve.plain", cookie: "keyturn-8420"},
		"every address, under no name":           {at: "0.0.0.0:8420", serve: config.Serve{Provider: provider, CertFile: "c.pem"}, code: "serve.address", cookie: "__Host-keyturn"},
		"the network, over TLS":                  {at: "192.0.2.1:8420", serve: config.Serve{Provider: provider, CertFile: "c.pem"}, shown: true, cookie: "__Host-keyturn"},
		"every address, by a name, over TLS":     {at: "0.0.0.0:8420", serve: config.Serve{Provider: provider, Address: "https://k.example"}, shown: true, cookie: "__Host-keyturn"},
		"every address, by a name, in the open":  {at: "0.0.0.0:8420", serve: config.Serve{Provider: provider, Address: "http://k.example:80"}, code: "serve.plain", cookie: "keyturn-80"},
		"TLS alone lets nobody in from anywhere": {at: "192.0.2.1:8420", serve: config.Serve{CertFile: "c.pem"}, cookie: "__Host-keyturn"},
	} {
		s := &service{workshop: &workshop{desk: &desk{settings: config.Config{Serve: c.serve}}}, log: slog.New(slog.DiscardHandler)}
		site, err := siteOf(c.serve, listening{at: c.at})
		if err != nil || site.Cookie() != c.cookie {
			t.Errorf("%s: cookie %s: %v", name, site.Cookie(), err)
		}
		shown, err := s.mayShow(site, listening{at: c.at})
		code := ""
		if err != nil {
			code = problem.Of(err).Code
		}
		if shown != c.shown || code != c.code {
			t.Errorf("%s: shown %v, %q, want %v, %q", name, shown, code, c.shown, c.code)
		}
	}
}
