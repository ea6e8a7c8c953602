package server

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server/access"
)

// Provider is an OpenID Connect provider that people sign in with: by authorization code, with PKCE, state and nonce.
// Source: https://openid.net/specs/openid-connect-core-1_0.html (read 2026-11-25).
type Provider struct {
	Issuer, ClientID string
	Secret           secret.Value           // of the console's registration
	Roles            map[string]access.Role // by what the claims roles and groups say of somebody
	Client           *http.Client           // the way to the provider
	Groups           Memberships            // knows the groups of whoever is in too many to be named; nil = nobody does

	mu    sync.Mutex
	known *oidc.Provider // once it has described itself
}

// flowLife is how long somebody may take to sign in at the provider.
const flowLife = 10 * time.Minute

// flow is one sign-in under way. The browser keeps it, so that any process may end what another began.
type flow struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	To       string `json:"t"` // where somebody wanted to go
	Groups   bool   `json:"g"` // it is the second way there: with the permission to ask for their groups
}

// described returns the provider as it describes itself. One that can't be reached is asked again the next time.
func (p *Provider) described(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	// What it is made of outlives the request: keys are fetched anew when the provider changes them.
	known, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.Client), p.Issuer)
	if err != nil {
		return nil, problem.Later("provider.unreachable", p.Issuer, 0, fmt.Errorf("can't be asked how people sign in: %w", err))
	}
	p.known = known
	return known, nil
}

func (p *Provider) settings(known *oidc.Provider, site Site, f flow) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID, "profile", "email"}
	if f.Groups && p.Groups != nil {
		scopes = append(scopes, p.Groups.Scope())
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.Secret.Reveal(), Endpoint: known.Endpoint(),
		RedirectURL: site.Address.JoinPath(callbackPath).String(), Scopes: scopes,
	}
}

const (
	providerPath = "/sign-in/provider"
	callbackPath = "/sign-in/callback"
)

// providerRoutes are the ways to the provider and back.
func providerRoutes(c *Console) []access.Route {
	if c.Provider == nil {
		return nil
	}
	return []access.Route{
		{Pattern: "GET " + providerPath, Counted: true, Handler: http.HandlerFunc(c.toProvider)},
		{Pattern: "GET " + callbackPath, Counted: true, Handler: http.HandlerFunc(c.fromProvider)},
	}
}

// ProviderPath is where a person begins to sign in with the provider.
func (c *Console) ProviderPath() string { return providerPath }

// toProvider sends a browser to the provider.
func (c *Console) toProvider(w http.ResponseWriter, r *http.Request) {
	c.send(w, r, flow{To: within(r.URL.Query().Get("to"))})
}

// send begins a sign-in at the provider, with more parameters in its address if given.
func (c *Console) send(w http.ResponseWriter, r *http.Request, f flow, more ...oauth2.AuthCodeOption) {
	known, err := c.Provider.described(r.Context())
	if err != nil {
		c.Refuse(w, r, http.StatusServiceUnavailable, err)
		return
	}
	f.State, f.Nonce, f.Verifier = oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	text, err := json.Marshal(f)
	if err != nil {
		c.Refuse(w, r, http.StatusInternalServerError, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: c.Site.Cookie() + "-flow", Value: base64.RawURLEncoding.EncodeToString(text), Path: "/", MaxAge: int(flowLife.Seconds()),
		Secure: c.Site.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	more = append(more, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
	address := c.Provider.settings(known, c.Site, f).AuthCodeURL(f.State, more...)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// within is a path of this site, and the first page for whatever isn't one.
func within(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

// fromProvider lets in whom the provider sends back.
func (c *Console) fromProvider(w http.ResponseWriter, r *http.Request) {
	f, said, err := c.recognise(r)
	if err == nil && !f.Groups && len(c.Provider.unnamed(said)) > 0 {
		c.send(w, r, flow{To: f.To, Groups: true}, oauth2.SetAuthURLParam("login_hint", said.Username))
		return
	}
	http.SetCookie(w, &http.Cookie{Name: c.Site.Cookie() + "-flow", Path: "/", MaxAge: -1, Secure: c.Site.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
	var person access.Person
	if err == nil {
		person, err = c.Provider.personOf(r.Context(), said)
	}
	if err == nil {
		var session secret.Value
		if session, person, err = c.Keeper.SignIn(r.Context(), person); err == nil {
			c.letIn(w, r, session, person, f.To)
			return
		}
	}
	c.Log.Warn("a sign-in failed", "error", err)
	c.Refuse(w, r, statusOf(err), err)
}

// recognise follows what the provider said back to the browser that was sent there.
func (c *Console) recognise(r *http.Request) (flow, claims, error) {
	var f flow
	query := r.URL.Query()
	cookie, err := r.Cookie(c.Site.Cookie() + "-flow")
	if err == nil {
		var text []byte
		if text, err = base64.RawURLEncoding.DecodeString(cookie.Value); err == nil {
			err = json.Unmarshal(text, &f)
		}
	}
	if err != nil || f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(query.Get("state"))) != 1 {
		return f, claims{}, problem.NeedsPerson("signin.foreign", "the sign-in", "wasn't begun by this browser, or took longer than 10 minutes", "sign in again")
	}
	if refusal := query.Get("error"); refusal != "" {
		return f, claims{}, denied(refusal, query.Get("error_description"), f)
	}
	known, err := c.Provider.described(r.Context())
	if err != nil {
		return f, claims{}, err
	}
	said, err := c.Provider.redeem(r.Context(), known, c.Site, query.Get("code"), f)
	return f, said, err
}

func denied(refusal, description string, f flow) error {
	if f.Groups {
		return problem.NeedsPerson("signin.denied", "the provider", "didn't let Keyturn ask which groups you are in, which are too many for its token: "+refusal+" "+description, groupsFix)
	}
	return problem.NeedsPerson("signin.denied", "the provider", "didn't let you in: "+refusal+" "+description, "sign in again, with an account of the organisation")
}

// claims are what the provider says of somebody.
type claims struct {
	Subject  string   `json:"sub"`
	Name     string   `json:"name"`
	Username string   `json:"preferred_username"`
	Email    string   `json:"email"`
	Roles    []string `json:"roles"`
	Groups   []string `json:"groups"`
	// Elsewhere names the claims that Entra leaves out because they would be too long, such as groups.
	// Source: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference (read 2026-11-25).
	Elsewhere map[string]string `json:"_claim_names"`
	HasGroups json.RawMessage   `json:"hasgroups"` // there instead of them in some tokens

	token secret.Value // what the provider lets be asked in their name
}

// redeem turns the code into what the provider says, after its signature, audience, issuer, age and nonce were checked.
func (p *Provider) redeem(ctx context.Context, known *oidc.Provider, site Site, code string, f flow) (claims, error) {
	var said claims
	token, err := p.settings(known, site, f).Exchange(oidc.ClientContext(ctx, p.Client), code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			return said, denied(refused.ErrorCode, refused.ErrorDescription, f)
		}
		return said, problem.Later("provider.unreachable", p.Issuer, 0, errors.New("didn't answer"))
	}
	said.token = secret.New(token.AccessToken)
	raw, _ := token.Extra("id_token").(string)
	verified, err := known.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(oidc.ClientContext(ctx, p.Client), raw)
	if err == nil && subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(f.Nonce)) != 1 {
		err = errors.New("it answers another sign-in")
	}
	if err == nil {
		err = verified.Claims(&said)
	}
	if err != nil {
		return said, problem.NeedsPerson("signin.token", "the provider's answer", "can't be believed: "+err.Error(), "sign in again; if it stays, check issuer, clientId and this machine's clock")
	}
	return said, nil
}

// personOf is who was let in, in the highest role that any claim gives.
func (p *Provider) personOf(ctx context.Context, said claims) (access.Person, error) {
	person := access.Person{
		Name: first(said.Username, said.Email, said.Name, said.Subject), Subject: p.Issuer + "|" + said.Subject, Method: access.ByProvider,
		Role: p.highest(append(said.Roles, said.Groups...)),
	}
	if asked := p.unnamed(said); len(asked) > 0 {
		in, err := p.Groups.Among(ctx, said.token, asked)
		if err != nil {
			return person, unasked(person, err)
		}
		person.Role = max(person.Role, p.highest(in))
	}
	if person.Role == access.Nobody && said.hidden() && p.Groups == nil {
		return person, problem.NeedsPerson("role.none", person.Name, "has no role at this console, and is in more groups than its token names",
			"have an administrator give you an app role, which is named however many groups there are; serve.signIn.roles says which")
	}
	if person.Role == access.Nobody {
		return person, problem.NeedsPerson("role.none", person.Name, "has no role at this console", "have an administrator give you one; serve.signIn.roles says which")
	}
	return person, nil
}

// highest is the best role that any of them gives.
func (p *Provider) highest(said []string) access.Role {
	role := access.Nobody
	for _, value := range said {
		role = max(role, p.Roles[value])
	}
	return role
}

func first(names ...string) string {
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}
