package acs

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// The switches of add-ins.
const (
	// SwitchRetired says what of ACS is gone: "on" what the site trusts and what ACS answers, "site" the site's trust
	// alone, "host" ACS's host name too.
	SwitchRetired = "acs-retired"
	// SwitchDisabled is DisableCustomAppAuthentication of the SharePoint tenant: tokens of add-ins alone are refused.
	SwitchDisabled = "acs-disabled"
)

// Names of principals in ACS tokens. Source: sp-dev-docs, context-token-oauth-flow-for-sharepoint-add-ins, read 2026-11-25.
const (
	IssuerID     = "00000001-0000-0000-c000-000000000000"
	SharePointID = directory.SharePointAppID
)

// How long tokens last. Source: the same page.
const (
	contextLife = 12 * time.Hour
	userLife    = 12 * time.Hour
	appLife     = 24 * time.Hour
	refreshLife = 180 * 24 * time.Hour
	codeLife    = 5 * time.Minute
)

// Service is ACS for all tenants of a directory.
type Service struct {
	w *world.World
	d *directory.Directory
	// key seals refresh tokens and codes, which need no memory then; used are codes that came once, by the world's lock.
	key  [32]byte
	used map[string]time.Time
}

// New returns ACS for a directory and declares its switches. The world's lock must not be held.
func New(w *world.World, d *directory.Directory) *Service {
	s := &Service{w: w, d: d, used: map[string]time.Time{}}
	_, _ = rand.Read(s.key[:]) // never fails, by its documentation
	w.Lock()
	defer w.Unlock()
	w.Declare(SwitchRetired, `ACS as after 2 April 2026: "on", "site" (it still issues tokens, and no site trusts them), "host" (its host is gone too)`, nil)
	w.Declare(SwitchDisabled, "DisableCustomAppAuthentication: sites refuse tokens that an add-in got for itself alone", nil)
	return s
}

// Gone reports whether ACS's host doesn't exist any more. Takes the world's lock.
func (s *Service) Gone() bool {
	s.w.Lock()
	defer s.w.Unlock()
	return s.w.Switch(SwitchRetired) == "host"
}

// retired reports whether ACS refuses everything.
func (s *Service) retired() bool {
	value := s.w.Switch(SwitchRetired)
	return value != "" && value != "site"
}

// Trusted reports whether sites trust ACS. Hold the lock.
func (s *Service) Trusted() bool { return s.w.Switch(SwitchRetired) == "" }

// ticket is what a refresh token or a code stands for.
type ticket struct {
	Kind, Realm, Client, User, Host string
	Expires                         time.Time
	Draw                            string
}

const (
	kindRefresh = "refresh"
	kindCode    = "code"
)

func (s *Service) seal(t ticket) string {
	t.Draw = rand.Text()
	body, err := json.Marshal(t)
	if err != nil {
		panic("acs: marshal ticket: " + err.Error()) // plain texts always do
	}
	return base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(s.mac(body))
}

func (s *Service) mac(body []byte) []byte {
	m := hmac.New(sha256.New, s.key[:])
	m.Write(body)
	return m.Sum(nil)
}

func (s *Service) open(text string) (t ticket, ok bool) {
	first, second, _ := strings.Cut(text, ".")
	body, err1 := base64.RawURLEncoding.DecodeString(first)
	mac, err2 := base64.RawURLEncoding.DecodeString(second)
	if err1 != nil || err2 != nil || !hmac.Equal(mac, s.mac(body)) {
		return t, false
	}
	return t, json.Unmarshal(body, &t) == nil
}

// AddIn finds an add-in's principal in a realm, which is a tenant's id; nil when there is none. Hold the lock.
func (s *Service) AddIn(realm, clientID string) *directory.ServicePrincipal {
	t := s.d.Tenant(realm)
	if t == nil {
		return nil
	}
	sp := t.ServicePrincipal(clientID)
	if sp == nil || !strings.EqualFold(sp.AppID, clientID) || sp.AddIn == nil {
		return nil
	}
	return sp
}
