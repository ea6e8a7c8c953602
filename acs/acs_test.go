package acs_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"keyturn/acs"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
	"keyturn/secret"
)

const (
	addIn   = "7f0d7f0d-1111-4222-8333-444444444444"
	website = "https://contoso.sharepoint.com/sites/helpdesk"
	ours    = "00000001-0000-0000-c000-000000000000"
)

// service answers as a site and ACS do, in the shapes of the facts.
type service struct {
	issuers  string // whose tokens the site trusts
	metadata int    // status of ACS's description of the realm
	token    int    // status of the token endpoint
	refusal  string // its body, where it refuses
	site     int    // status of the site's call
	form     string // what was asked last
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/_vti_bin/client.svc") && r.Header.Get("Authorization") == "Bearer":
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+cloudtest.Tenant+`",client_id="00000003-0000-0ff1-ce00-000000000000",trusted_issuers="`+s.issuers+
			`",authorization_uri="https://login.windows.net/common/oauth2/authorize"`)
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/metadata/json/1":
		cloudtest.Answer(w, s.metadata, "{}")
	case strings.HasSuffix(r.URL.Path, "/tokens/OAuth/2"):
		_ = r.ParseForm()
		s.form = r.PostForm.Encode()
		body := `{"token_type":"Bearer","expires_in":"86399","not_before":"1","expires_on":"2","resource":"x","access_token":"a.b.c"}`
		if s.token != http.StatusOK {
			body = s.refusal
		}
		cloudtest.Answer(w, s.token, body)
	case strings.HasSuffix(r.URL.Path, "/_api/web"):
		if r.Header.Get("Authorization") != "Bearer a.b.c" {
			s.site = http.StatusTeapot
		}
		cloudtest.Answer(w, s.site, `{"Title":"HelpDesk"}`)
	default:
		w.WriteHeader(http.StatusTeapot)
	}
}

func alive() *service {
	return &service{issuers: ours + "@*,https://sts.windows.net/*/", metadata: 200, token: 200, site: 200}
}

func reach(t *testing.T, s *service) (*acs.Client, acs.Site) {
	t.Helper()
	client := acs.New(cloudtest.Start(t, s).Open(t, nil))
	site, err := client.Site(website)
	if err != nil {
		t.Fatal(err)
	}
	return client, site
}

// signIn does all that a proof does.
func signIn(t *testing.T, s *service) error {
	t.Helper()
	client, site := reach(t, s)
	realm, err := client.Realm(t.Context(), site)
	if err != nil {
		return err
	}
	if err := client.Standing(t.Context(), realm.ID); err != nil {
		return err
	}
	token, err := client.AppToken(t.Context(), site, realm, addIn, secret.New("dGV4dA=="))
	if err != nil {
		return err
	}
	return client.Call(t.Context(), site, token)
}

func TestAnAddInSignsInAsTokenHelperDoes(t *testing.T) {
	s := alive()
	if err := signIn(t, s); err != nil {
		t.Fatal(err)
	}
	want := "client_id=" + addIn + "%40" + cloudtest.Tenant + "&client_secret=dGV4dA%3D%3D&grant_type=client_credentials&resource=" +
		"00000003-0000-0ff1-ce00-000000000000%2Fcontoso.sharepoint.com%40" + cloudtest.Tenant
	if s.form != want {
		t.Errorf("asked %s\nwanted %s", s.form, want)
	}
}

func TestEachEndOfASignInIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		edit  func(*service)
		code  string
		class problem.Class
	}{
		"the site doesn't trust ACS":       {func(s *service) { s.issuers = "https://sts.windows.net/*/" }, "acs.retired", problem.Person},
		"ACS knows no such tenant":         {func(s *service) { s.metadata = 404 }, "acs.retired", problem.Person},
		"ACS has no token endpoint":        {func(s *service) { s.token = 410 }, "acs.retired", problem.Person},
		"the site takes no such tokens":    {func(s *service) { s.site = 401 }, "acs.disabled", problem.Person},
		"the add-in may not read the site": {func(s *service) { s.site = 403 }, "", ""},
		"the value is wrong, in ACS's own number": {func(s *service) {
			s.token, s.refusal = 400, `{"error":"invalid_client","error_description":"AADSTS50012: Invalid client secret is provided."}`
		}, problem.SignIn, problem.Retry},
		"the value is wrong, in Entra's number": {func(s *service) {
			s.token, s.refusal = 401, `{"error":"invalid_client","error_description":"AADSTS7000215: ","error_codes":[7000215]}`
		}, problem.SignIn, problem.Retry},
		"ACS has a bad moment": {func(s *service) { s.token = 503 }, "service.failing", problem.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			s := alive()
			c.edit(s)
			err := signIn(t, s)
			if c.code == "" && err == nil {
				return
			}
			if found := problem.Of(err); err == nil || found.Code != c.code || found.Class != c.class {
				t.Errorf("%v: %+v", err, problem.Of(err))
			}
		})
	}
}

func TestTokensAreShownToSharePointAlone(t *testing.T) {
	client, _ := reach(t, alive())
	for _, address := range []string{
		"", "http://contoso.sharepoint.com", "https://contoso.example", "https://sharepoint.com.example", "https://contoso.sharepoint.com:8443/x",
		"https://me@contoso.sharepoint.com", "https://evilsharepoint.com", "https://contoso.sharepoint.com/?x=1",
	} {
		if site, err := client.Site(address); !problem.Is(err, "config.site") {
			t.Errorf("%s is taken for %s: %v", address, site, err)
		}
	}
}

// signed is a context token as ACS makes one.
func signed(t *testing.T, key string, edit func(map[string]any)) secret.Value {
	t.Helper()
	claims := map[string]any{
		"aud": addIn + "/contoso.sharepoint.com@" + cloudtest.Tenant, "iss": ours + "@" + cloudtest.Tenant, "nbf": 1, "exp": 2000000000,
		"appctxsender": "00000003-0000-0ff1-ce00-000000000000@" + cloudtest.Tenant, "refreshtoken": "refresh-me",
	}
	edit(claims)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(key)}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return secret.New(text)
}

func TestAContextTokenFitsOneOfTwoValues(t *testing.T) {
	t.Parallel()
	fresh, old := []byte("new8Q~a-value-of-more-than-32-bytes-in-all"), []byte("old8Q~a-value-of-more-than-32-bytes-in-all")
	now := time.Unix(1900000000, 0)
	for n, key := range [][]byte{fresh, old} {
		found, fitted, err := acs.ReadContext(signed(t, string(key), func(map[string]any) {}), addIn, now, fresh, old)
		if err != nil || fitted != n || found.Refresh.Reveal() != "refresh-me" || found.Realm != cloudtest.Tenant || found.Host != "contoso.sharepoint.com" {
			t.Errorf("value %d: fitted %d, %+v, %v", n, fitted, found, err)
		}
	}
	for name, c := range map[string]struct {
		key  string
		edit func(map[string]any)
	}{
		"signed with another value":      {"oth8Q~a-value-of-more-than-32-bytes-in-all", func(map[string]any) {}},
		"for another add-in":             {string(old), func(m map[string]any) { m["aud"] = "other/contoso.sharepoint.com@" + cloudtest.Tenant }},
		"from somebody else":             {string(old), func(m map[string]any) { m["iss"] = "https://sts.windows.net/x/" }},
		"past its end":                   {string(old), func(m map[string]any) { m["exp"] = 1800000000 }},
		"without an end":                 {string(old), func(m map[string]any) { delete(m, "exp") }},
		"with claims that can't be read": {string(old), func(m map[string]any) { m["exp"] = "soon" }},
	} {
		t.Run(name, func(t *testing.T) {
			token := signed(t, c.key, c.edit)
			_, _, err := acs.ReadContext(token, addIn, now, fresh, old)
			want := "context.invalid"
			if c.key != string(old) {
				want = "context.unfit"
			}
			if !problem.Is(err, want) || strings.Contains(fmt.Sprintf("%+v", err), token.Reveal()) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, _, err := acs.ReadContext(secret.New("no.token.atall"), addIn, now, fresh); !problem.Is(err, "context.invalid") {
		t.Errorf("%v", err)
	}
}
