package server_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"keyturn/secret"
	"keyturn/server"
	"keyturn/server/access"
)

const (
	clientID     = "console"
	clientSecret = "the console's own secret at the provider"
)

// issuer is an OpenID Connect provider of a test: it lets everybody in at once, as the test says they are.
type issuer struct {
	*httptest.Server
	t   *testing.T
	key *rsa.PrivateKey

	mu      sync.Mutex
	says    map[string]any         // claims of whoever signs in next; they may overrule any
	refuses string                 // error of the next sign-in; "" = none
	codes   map[string]url.Values  // what each code was asked for with
	signs   func() *rsa.PrivateKey // nil = with its own key
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.describe)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) describe(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (i *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &i.key.PublicKey, KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
}

func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	asked := r.URL.Query()
	back := url.Values{"state": {asked.Get("state")}}
	if i.refuses != "" {
		back.Set("error", i.refuses)
	} else {
		code := rand.Text()
		i.codes[code] = asked
		back.Set("code", code)
	}
	http.Redirect(w, r, asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	id, shown, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	shown, _ = url.QueryUnescape(shown)
	asked, ok := i.codes[r.FormValue("code")]
	delete(i.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || id != clientID || shown != clientSecret || r.FormValue("redirect_uri") != asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || asked.Get("code_challenge_method") != "S256" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "of " + asked.Get("scope"), "token_type": "Bearer", "id_token": i.idToken(asked.Get("nonce"))})
}

// idToken is called with the lock held.
func (i *issuer) idToken(nonce string) string {
	key := i.key
	if i.signs != nil {
		key = i.signs()
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		i.t.Error(err)
		return ""
	}
	said := map[string]any{
		"iss": i.URL, "aud": clientID, "sub": "ada-1", "nonce": nonce, "preferred_username": "ada@contoso.com",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for name, value := range i.says {
		said[name] = value
	}
	text, err := jwt.Signed(signer).Claims(said).Serialize()
	if err != nil {
		i.t.Error(err)
	}
	return text
}

// say sets what is claimed of whoever signs in next.
func (i *issuer) say(claims map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.says = claims
}

func withProvider(i *issuer) func(*server.Console) {
	return func(c *server.Console) {
		c.Provider = &server.Provider{
			Issuer: i.URL, ClientID: clientID, Secret: secret.New(clientSecret), Client: i.Client(),
			Roles: map[string]access.Role{"Keyturn.Admin": access.Admin, "Keyturn.Viewer": access.Viewer, "group-of-approvers": access.Approver},
		}
	}
}

// signIn walks to the provider and back; change, if not nil, alters the way back.
func (b *building) signIn(client *http.Client, to string, change func(*url.URL)) (*http.Response, string) {
	b.t.Helper()
	begun, text := b.ask(client, "GET", "/sign-in/provider?to="+url.QueryEscape(to), nil)
	if begun.StatusCode != http.StatusSeeOther {
		return begun, text
	}
	decided, _ := b.ask(client, "GET", begun.Header.Get("Location"), nil)
	back, err := url.Parse(decided.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		change(back)
	}
	return b.ask(client, "GET", back.String(), nil)
}

func TestPeopleSignInWithAProvider(t *testing.T) {
	t.Parallel()
	provider := newIssuer(t)
	b := build(t, withProvider(provider))
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		claims  map[string]any
		refuses string
		signs   func() *rsa.PrivateKey
		change  func(*url.URL)
		to      string
		role    access.Role // Nobody = isn't let in
		lands   string
	}{
		{name: "an app role", claims: map[string]any{"roles": []string{"Keyturn.Viewer"}}, role: access.Viewer, to: "/runs", lands: "/runs"},
		{name: "a group", claims: map[string]any{"groups": []string{"other", "group-of-approvers"}}, role: access.Approver, to: "/", lands: "/"},
		{name: "of several the highest", claims: map[string]any{"roles": []string{"Keyturn.Viewer", "Keyturn.Admin"}}, role: access.Admin, to: "//evil.example/", lands: "/"},
		{name: "no role", claims: map[string]any{"roles": []string{"Other"}}},
		{name: "refused by the provider", refuses: "access_denied"},
		{name: "another audience", claims: map[string]any{"roles": []string{"Keyturn.Admin"}, "aud": "another"}},
		{name: "another issuer", claims: map[string]any{"roles": []string{"Keyturn.Admin"}, "iss": "https://evil.example"}},
		{name: "an old answer", claims: map[string]any{"roles": []string{"Keyturn.Admin"}, "exp": time.Now().Add(-time.Hour).Unix()}},
		{name: "another sign-in's answer", claims: map[string]any{"roles": []string{"Keyturn.Admin"}, "nonce": "another"}},
		{name: "signed by a stranger", claims: map[string]any{"roles": []string{"Keyturn.Admin"}}, signs: func() *rsa.PrivateKey { return stranger }},
		{name: "another state", claims: map[string]any{"roles": []string{"Keyturn.Admin"}}, change: func(u *url.URL) {
			u.RawQuery = strings.Replace(u.RawQuery, "state=", "state=x", 1)
		}},
		{name: "a code that is none", claims: map[string]any{"roles": []string{"Keyturn.Admin"}}, change: func(u *url.URL) {
			u.RawQuery = strings.Replace(u.RawQuery, "code=", "code=x", 1)
		}},
	} {
		provider.mu.Lock()
		provider.says, provider.refuses, provider.signs = c.claims, c.refuses, c.signs
		provider.mu.Unlock()
		b := build(t, withProvider(provider)) // tries are counted
		client := b.browser(access.Nobody)
		answer, text := b.signIn(client, c.to, c.change)
		if strings.Contains(text, clientSecret) {
			t.Errorf("%s: the page shows the secret", c.name)
		}
		if c.role == access.Nobody {
			if answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %d", c.name, answer.StatusCode)
			}
			if after, _ := b.ask(client, "GET", "/api/v1/me", nil); after.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: let in all the same", c.name)
			}
			continue
		}
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != c.lands {
			t.Errorf("%s: %d to %q: %s", c.name, answer.StatusCode, answer.Header.Get("Location"), text)
		}
		var me access.Person
		if _, text := b.ask(client, "GET", "/api/v1/me", nil); json.Unmarshal([]byte(text), &me) != nil || me.Role != c.role || me.Name != "ada@contoso.com" || me.Subject != provider.URL+"|ada-1" {
			t.Errorf("%s: it is %+v", c.name, me)
		}
	}
	provider.say(map[string]any{"roles": []string{"Keyturn.Admin"}})
	var seen string
	first := b.browser(access.Nobody)
	b.signIn(first, "/", func(u *url.URL) { seen = u.String() })
	if answer, _ := b.ask(b.browser(access.Nobody), "GET", seen, nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("an answer shown by another browser gets %d", answer.StatusCode)
	}
	if answer, _ := b.ask(first, "GET", seen, nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("an answer shown twice gets %d", answer.StatusCode)
	}
	if answer, _ := b.ask(b.browser(access.Nobody), "GET", b.link(access.Admin), nil); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a link beside a provider gets %d", answer.StatusCode)
	}
}

func TestAProviderThatIsAwayIsAskedAgain(t *testing.T) {
	t.Parallel()
	provider := newIssuer(t)
	away := true
	b := build(t, func(c *server.Console) {
		withProvider(provider)(c)
		c.Provider.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if away {
				return nil, http.ErrHandlerTimeout
			}
			return http.DefaultTransport.RoundTrip(r)
		})}
	})
	provider.say(map[string]any{"roles": []string{"Keyturn.Viewer"}})
	if answer, _ := b.signIn(b.browser(access.Nobody), "/", nil); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("while it is away: %d", answer.StatusCode)
	}
	away = false
	if answer, text := b.signIn(b.browser(access.Nobody), "/", nil); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("when it is back: %d %s", answer.StatusCode, text)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
