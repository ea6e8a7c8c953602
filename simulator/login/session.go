package login

import (
	"crypto/rand"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// How long things last. Sources: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code,
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and
// https://learn.microsoft.com/entra/identity-platform/refresh-tokens, read 2026-11-25.
const (
	pageLife    = time.Hour
	codeLife    = 10 * time.Minute
	deviceLife  = 15 * time.Minute
	refreshLife = 90 * 24 * time.Hour
	devicePause = 5 * time.Second
)

// request is what a program asks a person's sign-in for.
type request struct {
	// tenant is as written, and may stand for many tenants; home is the person's, once known.
	tenant   string
	home     *directory.Tenant
	clientID string
	resource string
	// scopes are as written; asked are those at the resource, without its name.
	scopes, asked []string
	v2            bool
	// What an authorization code is bound to.
	redirect, state, nonce, mode, challenge, method, hint string
	// public says that redirect belongs to programs without a secret, page that it belongs to those that run in a browser.
	public, page bool
	// device is set when the sign-in answers a device code.
	device *device

	user    *directory.User
	mfa     bool
	expires time.Time
}

// sessions are the sign-ins under way and what came of them, under the world's lock.
type sessions struct {
	pages   map[string]*request // by the page's hidden field
	codes   map[string]*code
	devices map[string]*device // by device code
	tokens  map[string]*refresh
}

func newSessions() sessions {
	return sessions{pages: map[string]*request{}, codes: map[string]*code{}, devices: map[string]*device{}, tokens: map[string]*refresh{}}
}

// code is an authorization code. It is kept after its use, so that the second use is known as such.
type code struct {
	request
	used bool
}

// device is a device code and the code that its owner types in.
type device struct {
	request
	code, userCode string
	asked          time.Time
	declined       bool
}

// refresh is a refresh token.
type refresh struct {
	request
	password string // of the user when it was made: another one revokes it
}

// open keeps a request for the pages to come and answers the hidden field that leads back to it.
func (s *Service) open(r *request) string {
	now := s.w.Now()
	for key, old := range s.sessions.pages {
		if !now.Before(old.expires) {
			delete(s.sessions.pages, key)
		}
	}
	key := rand.Text()
	r.expires = now.Add(pageLife)
	s.sessions.pages[key] = r
	return key
}

// issue makes the authorization code of a request whose person has signed in.
func (s *Service) issue(r *request) string {
	now := s.w.Now()
	for key, old := range s.sessions.codes {
		if now.After(old.expires.Add(pageLife)) {
			delete(s.sessions.codes, key)
		}
	}
	key := "1.A" + rand.Text() + "." + rand.Text()
	made := &code{request: *r}
	made.expires = now.Add(codeLife)
	s.sessions.codes[key] = made
	return key
}

// remember makes a refresh token for a person who has signed in.
func (s *Service) remember(r request) string {
	r.expires = s.w.Now().Add(refreshLife)
	key := "1.AR" + rand.Text() + "." + rand.Text()
	s.sessions.tokens[key] = &refresh{request: r, password: r.user.Password}
	return key
}

// begin makes a device code.
func (s *Service) begin(r request) *device {
	now := s.w.Now()
	for key, old := range s.sessions.devices {
		if now.After(old.expires.Add(pageLife)) {
			delete(s.sessions.devices, key)
		}
	}
	r.expires = now.Add(deviceLife)
	d := &device{request: r, code: "1.AD" + rand.Text() + rand.Text(), userCode: userCode()}
	s.sessions.devices[d.code] = d
	return d
}

// userCode is nine letters and digits that are hard to mistake.
func userCode() string {
	const signs = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	b := make([]byte, 9)
	_, _ = rand.Read(b) // never fails, by its documentation
	for i := range b {
		b[i] = signs[int(b[i])%len(signs)]
	}
	return string(b)
}

// typed finds the device code that a person typed in; "" is the newest that waits. nil when there is none.
func (s *Service) typed(text string) *device {
	text = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(text))
	var found *device
	for _, d := range s.sessions.devices {
		waits := d.user == nil && !d.declined && s.w.Now().Before(d.expires)
		if waits && (d.userCode == text || (text == "" && (found == nil || d.expires.After(found.expires)))) {
			found = d
		}
	}
	return found
}

// signIn is the sign-in that a request's person makes.
func (r *request) signIn() directory.SignIn {
	return directory.SignIn{
		Tenant: r.home.ID, ClientID: r.clientID, Resource: r.resource, Scopes: r.asked, Public: r.public,
		Person: &directory.Person{ObjectID: r.user.ObjectID, MFA: r.mfa, Device: r.device != nil},
	}
}
