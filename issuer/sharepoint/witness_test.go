package sharepoint

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"keyturn/acs"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
)

const older = "old8Q~the-value-before-of-this-add-in-in-full"

// shelf is a place that holds texts, and no place else.
type shelf struct {
	target.Target
	held []target.Held
}

func (shelf) Place() target.Place { return target.Place{ID: "webConfig:x", Title: "web.config x"} }

func (s shelf) Pair(context.Context) ([]target.Held, error) { return s.held, nil }

// blind is a place that gives nothing back.
type blind struct{ target.Target }

// pairOf is what a web.config holds.
func pairOf(values ...string) shelf {
	var s shelf
	for n, v := range values {
		s.held = append(s.held, target.Held{Name: []string{"ClientSecret", "SecondaryClientSecret"}[n], Text: secret.New(base64.StdEncoding.EncodeToString([]byte(v)))})
	}
	return s
}

// launched is a context token signed with a value.
func launched(t *testing.T, value, realm string) secret.Value {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(value)}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(map[string]any{
		"aud": addIn + "/helpdesk.contoso.com@" + realm, "iss": "00000001-0000-0000-c000-000000000000@" + realm, "nbf": 1, "exp": 4000000000, "refreshtoken": "refresh-me",
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(text)
}

// acsKnows is a site and an ACS that accepts one value; refresh and site are what they answer to a user's, beside 200.
func acsKnows(known string, refresh string, site int, exchanged *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/client.svc"):
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+cloudtest.Tenant+`",trusted_issuers="`+trusted+`"`)
			w.WriteHeader(http.StatusUnauthorized)
		case !strings.HasSuffix(r.URL.Path, "/tokens/OAuth/2"):
			w.WriteHeader(site)
		case r.PostFormValue("client_secret") != base64.StdEncoding.EncodeToString([]byte(known)):
			cloudtest.Answer(w, http.StatusUnauthorized, `{"error":"invalid_client","error_codes":[7000215]}`)
		case r.PostFormValue("grant_type") == "refresh_token" && refresh != "":
			cloudtest.Answer(w, http.StatusBadRequest, refresh)
		default:
			if r.PostFormValue("refresh_token") == "refresh-me" {
				exchanged.Add(1)
			}
			cloudtest.Answer(w, http.StatusOK, `{"access_token":"a.b.c","expires_in":"1"}`)
		}
	}
}

func TestTheWayOfWhoeverOpensTheAddIn(t *testing.T) {
	for name, c := range map[string]struct {
		signs, known, realm string
		places              []target.Target
		refresh             string
		site                int
		later               bool
		says, code          string
	}{
		"the new value for both":          {signs: value, known: value, says: "signs with its ClientSecret, grants a token for its ClientSecret"},
		"the old one signs":               {signs: older, known: value, later: true, says: "signs with its SecondaryClientSecret, grants a token for its ClientSecret"},
		"the old one for both":            {signs: older, known: older, later: true, says: "signs with its SecondaryClientSecret, grants a token for its SecondaryClientSecret"},
		"another value signs":             {signs: strings.Repeat("x", 40), known: value, code: "context.unfit"},
		"ACS accepts none":                {signs: value, known: "another", code: problem.SignIn},
		"of another tenant":               {signs: value, known: value, realm: "11111111-2222-4333-8444-555555555555", code: "context.invalid"},
		"its refresh token has ended":     {signs: value, known: value, refresh: `{"error":"invalid_grant","error_codes":[70008]}`, code: "context.invalid"},
		"the site takes no user's tokens": {signs: value, known: value, site: http.StatusUnauthorized, code: "acs.retired"},
		"no place gives values back":      {signs: value, known: value, places: []target.Target{blind{}}, code: "context.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			var exchanged atomic.Int32
			if c.site == 0 {
				c.site = http.StatusOK
			}
			if c.realm == "" {
				c.realm = cloudtest.Tenant
			}
			if c.places == nil {
				c.places = []target.Target{pairOf(value, older)}
			}
			stand := cloudtest.Start(t, acsKnows(c.known, c.refresh, c.site, &exchanged))
			token := launched(t, c.signs, c.realm)
			i, err := New(Config{Site: website, ForUser: true}, Consumer{Places: c.places, Launch: token}, legacy(), legacy(), acs.New(stand.Open(t, nil)))
			if err != nil {
				t.Fatal(err)
			}
			heard, err := i.Witness(t.Context(), addIn)
			if c.code != "" {
				if !problem.Is(err, c.code) || strings.Contains(err.Error(), token.Reveal()) {
					t.Errorf("%v, want %s", err, c.code)
				}
				return
			}
			if err != nil || len(heard) != 1 || heard[0].Later != c.later || heard[0].Place != "webConfig:x" || !strings.Contains(heard[0].Text, c.says) {
				t.Fatalf("%+v, %v", heard, err)
			}
			before := exchanged.Load()
			if err := i.SignIn(t.Context(), addIn, secret.New(c.known)); err != nil || exchanged.Load() != before+1 {
				t.Errorf("from then on it is tried for the user too: %d exchanges, %v", exchanged.Load()-before, err)
			}
		})
	}
}

func TestWithoutATokenNobodyIsAsked(t *testing.T) {
	i, c := issuerOf(t, legacy(), nobody)
	if heard, err := i.Witness(t.Context(), addIn); heard != nil || err != nil || len(c.Sent()) != 0 {
		t.Errorf("%v, %v, sent %v", heard, err, c.Sent())
	}
}
