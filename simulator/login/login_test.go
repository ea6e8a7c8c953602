package login_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // thumbprints are SHA-1 by Microsoft's definition
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"keyturn/simulator/directory"
	"keyturn/simulator/login"
	"keyturn/simulator/world"
)

// bench is a directory with one app, which has a good, an expired and a fresh secret and a certificate.
type bench struct {
	w       *world.World
	d       *directory.Directory
	s       *login.Service
	tenant  *directory.Tenant
	app     *directory.Application
	good    *directory.Password
	expired *directory.Password
	key     *rsa.PrivateKey
	der     []byte
}

func newBench(t *testing.T, settings world.Settings) *bench {
	t.Helper()
	settings.Seed = 7
	w := world.New(settings)
	t.Cleanup(w.Close)
	b := &bench{w: w, d: directory.New(w)}
	b.s = login.New(w, b.d)
	b.key, b.der = certificate(t, w.Now())
	w.Lock()
	defer w.Unlock()
	b.tenant = b.d.AddTenant(directory.TenantSpec{Domain: "contoso.onmicrosoft.com", DisplayName: "Contoso"})
	b.app = b.d.AddApplication(b.tenant.ID, directory.AppSpec{DisplayName: "daemon", Roles: []string{"Application.Read.All"}, Scopes: []string{"User.Read"}})
	b.good = b.d.AddPassword(b.app, directory.PasswordSpec{Settled: true, Start: w.Now().AddDate(0, 0, -1)})
	b.expired = b.d.AddPassword(b.app, directory.PasswordSpec{Settled: true, Start: w.Now().AddDate(-1, 0, 0), End: w.Now().AddDate(0, 0, -1)})
	b.d.AddCertificate(b.app, directory.CertSpec{PublicDER: b.der, Start: w.Now().AddDate(0, 0, -1), End: w.Now().AddDate(1, 0, 0)})
	b.d.AddUser(b.tenant.ID, directory.UserSpec{Name: "svc@contoso.onmicrosoft.com", Password: "Passw0rd+ &", DisplayName: "Service"})
	b.d.AddUser(b.tenant.ID, directory.UserSpec{Name: "anna@contoso.onmicrosoft.com", Password: "x", MFA: true})
	return b
}

func certificate(t *testing.T, now time.Time) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "daemon"}, NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return key, der
}

func (b *bench) post(t *testing.T, path string, form url.Values) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://login.microsoftonline.com/"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.serve(t, r)
}

func (b *bench) serve(t *testing.T, r *http.Request) (int, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r)
	var body map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("body is no JSON: %v in %s", err, w.Body)
		}
	}
	return w.Code, body
}

func (b *bench) form(edit map[string]string) url.Values {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {b.app.AppID}, "client_secret": {b.good.Value},
		"scope": {"https://graph.microsoft.com/.default"},
	}
	for name, value := range edit {
		if value == "" {
			form.Del(name)
			continue
		}
		form.Set(name, value)
	}
	return form
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	tests := map[string]struct {
		tenant string
		edit   map[string]string
		status int
		oauth  string
		code   float64
		noURI  bool
	}{
		"wrong secret":                 {edit: map[string]string{"client_secret": "nope"}, status: 401, oauth: "invalid_client", code: 7000215},
		"secret id instead of value":   {edit: map[string]string{"client_secret": b.good.KeyID}, status: 401, oauth: "invalid_client", code: 7000215},
		"expired secret":               {edit: map[string]string{"client_secret": b.expired.Value}, status: 401, oauth: "invalid_client", code: 7000222},
		"no secret":                    {edit: map[string]string{"client_secret": ""}, status: 401, oauth: "invalid_client", code: 7000218},
		"no client id":                 {edit: map[string]string{"client_id": ""}, status: 400, oauth: "invalid_request", code: 900144},
		"unknown client id":            {edit: map[string]string{"client_id": "11111111-2222-4333-8444-555555555555"}, status: 400, oauth: "unauthorized_client", code: 700016},
		"client id of zeros":           {edit: map[string]string{"client_id": "00000000-0000-0000-0000-000000000000"}, status: 400, oauth: "unauthorized_client", code: 700038, noURI: true},
		"object id as client id":       {edit: map[string]string{"client_id": b.app.ServicePrincipal.ObjectID}, status: 400, oauth: "unauthorized_client", code: 700016},
		"unknown grant":                {edit: map[string]string{"grant_type": "no_such_grant"}, status: 400, oauth: "unsupported_grant_type", code: 70003, noURI: true},
		"no grant":                     {edit: map[string]string{"grant_type": ""}, status: 400, oauth: "invalid_request", code: 900144},
		"unknown resource":             {edit: map[string]string{"scope": "api://not-a-registered-resource/.default"}, status: 400, oauth: "invalid_resource", code: 500011},
		"scope without default":        {edit: map[string]string{"scope": "https://graph.microsoft.com/User.Read"}, status: 400, oauth: "invalid_scope", code: 1002012},
		"two resources":                {edit: map[string]string{"scope": "https://graph.microsoft.com/.default https://vault.azure.net/.default"}, status: 400, oauth: "invalid_scope", code: 70011},
		"no scope":                     {edit: map[string]string{"scope": ""}, status: 400, oauth: "invalid_request", code: 90014},
		"resource at the v2 endpoint":  {edit: map[string]string{"resource": "https://graph.microsoft.com"}, status: 400, oauth: "invalid_request", code: 901002},
		"unknown tenant id":            {tenant: "11111111-2222-4333-8444-555555555555", status: 400, oauth: "invalid_request", code: 90002},
		"unknown domain":               {tenant: "fabrikam.example", status: 400, oauth: "invalid_request", code: 90002},
		"no tenant at all":             {tenant: "contoso", status: 400, oauth: "invalid_request", code: 900023},
		"organizations":                {tenant: "organizations", status: 400, oauth: "invalid_request", code: 50059},
		"common":                       {tenant: "common", status: 400, oauth: "invalid_request", code: 50059},
		"assertion of another type":    {edit: map[string]string{"client_assertion": "a.b.c", "client_assertion_type": "x"}, status: 400, oauth: "invalid_request", code: 50023},
		"assertion that is no token":   {edit: map[string]string{"client_assertion": "abc", "client_assertion_type": assertionType}, status: 400, oauth: "invalid_request", code: 50027},
		"password grant over common":   {tenant: "common", edit: map[string]string{"grant_type": "password", "username": "a@b", "password": "c"}, status: 400, oauth: "invalid_request", code: 9001023},
		"password grant without user":  {edit: map[string]string{"grant_type": "password", "password": "c"}, status: 400, oauth: "invalid_request", code: 900144},
		"unknown user":                 {edit: map[string]string{"grant_type": "password", "username": "x@contoso.onmicrosoft.com", "password": "c"}, status: 400, oauth: "invalid_grant", code: 50034},
		"wrong password":               {edit: map[string]string{"grant_type": "password", "username": "svc@contoso.onmicrosoft.com", "password": "c"}, status: 400, oauth: "invalid_grant", code: 50126},
		"second factor wanted":         {edit: map[string]string{"grant_type": "password", "username": "anna@contoso.onmicrosoft.com", "password": "x"}, status: 400, oauth: "invalid_grant", code: 50076},
		"wrong secret before the user": {edit: map[string]string{"grant_type": "password", "username": "x@y", "password": "c", "client_secret": "no"}, status: 401, oauth: "invalid_client", code: 7000215},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := tc.tenant
			if tenant == "" {
				tenant = b.tenant.ID
			}
			status, body := b.post(t, tenant+"/oauth2/v2.0/token", b.form(tc.edit))
			codes, _ := body["error_codes"].([]any)
			if status != tc.status || body["error"] != tc.oauth || len(codes) != 1 || codes[0] != tc.code {
				t.Fatalf("got %d %v %v, want %d %s %v", status, body["error"], codes, tc.status, tc.oauth, tc.code)
			}
			checkEnvelope(t, body, tc.noURI)
		})
	}
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// checkEnvelope compares with the form of the recorded answers.
func checkEnvelope(t *testing.T, body map[string]any, noURI bool) {
	t.Helper()
	description, _ := body["error_description"].(string)
	shape := regexp.MustCompile(`^AADSTS\d+: .+ Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$`)
	if !shape.MatchString(description) {
		t.Errorf("description %q", description)
	}
	if !strings.Contains(description, body["trace_id"].(string)) || !strings.Contains(description, body["correlation_id"].(string)) ||
		!strings.HasSuffix(description, body["timestamp"].(string)) {
		t.Errorf("the ids outside do not repeat those in %q", description)
	}
	if _, has := body["error_uri"]; has == noURI {
		t.Errorf("error_uri present: %v", has)
	}
}

func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	t.Run("v2 answers numbers", func(t *testing.T) {
		t.Parallel()
		status, body := b.post(t, b.tenant.Domain+"/oauth2/v2.0/token", b.form(nil))
		if status != http.StatusOK || body["token_type"] != "Bearer" || body["expires_in"] != 3599.0 || body["ext_expires_in"] != 3599.0 || len(body) != 4 {
			t.Errorf("got %d %v", status, body)
		}
	})
	t.Run("v1 answers texts", func(t *testing.T) {
		t.Parallel()
		form := b.form(map[string]string{"scope": "", "resource": "https://graph.microsoft.com"})
		status, body := b.post(t, b.tenant.ID+"/oauth2/token", form)
		if status != http.StatusOK || body["expires_in"] != "3599" || body["resource"] != "https://graph.microsoft.com" {
			t.Fatalf("got %d %v", status, body)
		}
		for _, name := range []string{"expires_on", "not_before", "ext_expires_in", "access_token", "token_type"} {
			if _, isText := body[name].(string); !isText {
				t.Errorf("%s is %v", name, body[name])
			}
		}
	})
	t.Run("v1 without a resource", func(t *testing.T) {
		t.Parallel()
		if status, body := b.post(t, b.tenant.ID+"/oauth2/token", b.form(nil)); status != http.StatusBadRequest || body["error"] != "invalid_resource" {
			t.Errorf("got %d %v", status, body)
		}
	})
	t.Run("the label flow's password grant on v1", func(t *testing.T) {
		t.Parallel()
		form := b.form(map[string]string{
			"scope": "", "resource": "https://graph.microsoft.com", "grant_type": "password", "username": "svc@contoso.onmicrosoft.com",
			"password": "Passw0rd+ &",
		})
		status, body := b.post(t, b.tenant.ID+"/oauth2/token", form)
		if status != http.StatusOK {
			t.Fatalf("got %d %v", status, body)
		}
		claims := b.claims(t, body)
		if claims["upn"] != "svc@contoso.onmicrosoft.com" || claims["idtyp"] != "user" || claims["scp"] == "" || claims["roles"] != nil {
			t.Errorf("claims %v", claims)
		}
	})
	t.Run("organizations finds the tenant by the user's domain", func(t *testing.T) {
		t.Parallel()
		form := b.form(map[string]string{"grant_type": "password", "username": "svc@contoso.onmicrosoft.com", "password": "Passw0rd+ &", "scope": "User.Read openid"})
		if status, body := b.post(t, "organizations/oauth2/v2.0/token", form); status != http.StatusOK || body["id_token"] == nil {
			t.Errorf("got %d %v", status, body)
		}
	})
	t.Run("client secret basic", func(t *testing.T) {
		t.Parallel()
		form := b.form(map[string]string{"client_id": "", "client_secret": ""})
		r := httptest.NewRequest(http.MethodPost, "https://login.microsoftonline.com/"+b.tenant.ID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
		r.SetBasicAuth(url.QueryEscape(b.app.AppID), url.QueryEscape(b.good.Value))
		if status, body := b.serve(t, r); status != http.StatusOK {
			t.Errorf("got %d %v", status, body)
		}
	})
	t.Run("a form without content type, slashes doubled", func(t *testing.T) {
		t.Parallel()
		r := httptest.NewRequest(http.MethodPost, "https://login.microsoftonline.com//"+b.tenant.ID+"//oauth2/v2.0/token/", strings.NewReader(b.form(nil).Encode()))
		if status, body := b.serve(t, r); status != http.StatusOK {
			t.Errorf("got %d %v", status, body)
		}
	})
}

// claims checks the token against the published keys, as a resource would, and answers what it says.
func (b *bench) claims(t *testing.T, body map[string]any) map[string]any {
	t.Helper()
	text, _ := body["access_token"].(string)
	parsed, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatalf("parse token: %v", err)
	}
	r := httptest.NewRequest(http.MethodGet, "https://login.microsoftonline.com/common/discovery/keys", nil)
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil {
		t.Fatalf("read keys: %v", err)
	}
	keys := set.Key(parsed.Headers[0].KeyID)
	if len(keys) != 1 || len(keys[0].Certificates) != 1 {
		t.Fatalf("key %s is not published with its certificate", parsed.Headers[0].KeyID)
	}
	var claims map[string]any
	if err := parsed.Claims(keys[0].Key, &claims); err != nil {
		t.Fatalf("verify token: %v", err)
	}
	return claims
}

func TestTokenClaims(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for scope, audience := range map[string]string{
		"https://graph.microsoft.com/.default":          "https://graph.microsoft.com",
		"https://management.core.windows.net//.default": "https://management.core.windows.net/",
		"https://management.azure.com/.default":         "https://management.azure.com",
		"https://vault.azure.net/.default":              "https://vault.azure.net",
		directory.GraphAppID + "/.default":              directory.GraphAppID,
	} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			_, body := b.post(t, b.tenant.ID+"/oauth2/v2.0/token", b.form(map[string]string{"scope": scope}))
			claims := b.claims(t, body)
			want := map[string]any{
				"aud": audience, "iss": "https://sts.windows.net/" + b.tenant.ID + "/", "appid": b.app.AppID, "appidacr": "1", "idtyp": "app",
				"idp": "https://sts.windows.net/" + b.tenant.ID + "/", "oid": b.app.ServicePrincipal.ObjectID, "sub": b.app.ServicePrincipal.ObjectID,
				"tid": b.tenant.ID, "ver": "1.0", "app_displayname": "daemon",
			}
			for name, value := range want {
				if claims[name] != value {
					t.Errorf("%s is %v, want %v", name, claims[name], value)
				}
			}
			roles, _ := claims["roles"].([]any)
			if isGraph := strings.Contains(audience, "graph") || audience == directory.GraphAppID; isGraph != (len(roles) == 1) {
				t.Errorf("roles %v", roles)
			}
			for _, name := range []string{"uti", "rh", "aio", "iat", "nbf", "exp"} {
				if claims[name] == nil {
					t.Errorf("no claim %s", name)
				}
			}
		})
	}
	t.Run("the app's own API gets a v2.0 token with the recorded claims", func(t *testing.T) {
		t.Parallel()
		_, body := b.post(t, b.tenant.ID+"/oauth2/v2.0/token", b.form(map[string]string{"scope": b.app.AppID + "/.default"}))
		claims := b.claims(t, body)
		for _, name := range []string{"aio", "aud", "azp", "azpacr", "exp", "iat", "iss", "nbf", "oid", "rh", "sub", "tid", "uti", "ver", "xms_ftd"} {
			if _, has := claims[name]; !has {
				t.Errorf("no claim %s", name)
			}
		}
		if claims["aud"] != b.app.AppID || claims["iss"] != "https://login.microsoftonline.com/"+b.tenant.ID+"/v2.0" || claims["appid"] != nil || claims["idtyp"] != nil || len(claims) != 15 {
			t.Errorf("claims %v", claims)
		}
	})
}

func TestClientAssertions(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	sha := sha1.Sum(b.der)
	sha2 := sha256.Sum256(b.der)
	x5t := map[string]any{"x5t": base64.RawURLEncoding.EncodeToString(sha[:])}
	x5t256 := map[string]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(sha2[:])}
	endpoint := loginHost + b.tenant.ID + "/oauth2/v2.0/token"
	now := time.Now()
	tests := map[string]struct {
		alg     string
		header  map[string]any
		aud     any
		issuer  string
		from    time.Time
		breakIt bool
		code    float64
	}{
		"RS256 with x5t":                {alg: "RS256", header: x5t, aud: endpoint},
		"PS256 with x5t#S256":           {alg: "PS256", header: x5t256, aud: endpoint},
		"audience with the domain":      {alg: "RS256", header: x5t, aud: loginHost + b.tenant.Domain + "/oauth2/token"},
		"audience is the v2 issuer":     {alg: "PS256", header: x5t256, aud: loginHost + b.tenant.ID + "/v2.0"},
		"audience is the v1 issuer":     {alg: "RS256", header: x5t, aud: "https://sts.windows.net/" + b.tenant.ID + "/"},
		"audience in a list":            {alg: "RS256", header: x5t, aud: []string{endpoint}},
		"audience of another tenant":    {alg: "RS256", header: x5t, aud: loginHost + "11111111-2222-4333-8444-555555555555/oauth2/v2.0/token", code: 700023},
		"audience elsewhere":            {alg: "RS256", header: x5t, aud: "https://example.com/", code: 700023},
		"certificate that is not known": {alg: "RS256", header: map[string]any{"x5t": "AAAA"}, aud: endpoint, code: 700027},
		"no thumbprint":                 {alg: "RS256", header: map[string]any{}, aud: endpoint, code: 700027},
		"signature that does not fit":   {alg: "RS256", header: x5t, aud: endpoint, breakIt: true, code: 700027},
		"algorithm none":                {alg: "none", header: x5t, aud: endpoint, code: 700027},
		"issued by another app":         {alg: "RS256", header: x5t, aud: endpoint, issuer: "someone", code: 700021},
		"expired an hour ago":           {alg: "RS256", header: x5t, aud: endpoint, from: now.Add(-time.Hour - 20*time.Minute), code: 700024},
		"valid only from tomorrow":      {alg: "RS256", header: x5t, aud: endpoint, from: now.Add(24 * time.Hour), code: 700024},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer, from := tc.issuer, tc.from
			if issuer == "" {
				issuer = b.app.AppID
			}
			if from.IsZero() {
				from = now
			}
			text := b.assertion(t, tc.alg, tc.header, map[string]any{
				"aud": tc.aud, "iss": issuer, "sub": issuer, "jti": "x", "nbf": from.Unix(), "iat": from.Unix(), "exp": from.Add(10 * time.Minute).Unix(),
			})
			if tc.breakIt {
				text = text[:len(text)-8] + "AAAAAAAA"
			}
			form := b.form(map[string]string{"client_secret": "", "client_assertion": text, "client_assertion_type": assertionType})
			status, body := b.post(t, b.tenant.ID+"/oauth2/v2.0/token", form)
			if tc.code == 0 {
				if status != http.StatusOK || b.claims(t, body)["appidacr"] != "2" {
					t.Errorf("got %d %v", status, body)
				}
				return
			}
			if codes, _ := body["error_codes"].([]any); status != http.StatusUnauthorized || len(codes) != 1 || codes[0] != tc.code {
				t.Errorf("got %d %v, want 401 %v", status, body, tc.code)
			}
		})
	}
}

const loginHost = "https://login.microsoftonline.com/"

func (b *bench) assertion(t *testing.T, alg string, header, claims map[string]any) string {
	t.Helper()
	full := map[string]any{"alg": alg, "typ": "JWT"}
	for name, value := range header {
		full[name] = value
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(full) + "." + part(claims)
	sum := sha256.Sum256([]byte(signed))
	var signature []byte
	var err error
	switch alg {
	case "RS256":
		signature, err = rsa.SignPKCS1v15(nil, b.key, crypto.SHA256, sum[:])
	case "PS256":
		signature, err = rsa.SignPSS(rand.Reader, b.key, crypto.SHA256, sum[:], nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	get := func(path string) (int, map[string]any) {
		return b.serve(t, httptest.NewRequest(http.MethodGet, loginHost+path, nil))
	}
	status, body := get(b.tenant.Domain + "/v2.0/.well-known/openid-configuration")
	if status != http.StatusOK || body["issuer"] != loginHost+b.tenant.ID+"/v2.0" || body["token_endpoint"] != loginHost+b.tenant.ID+"/oauth2/v2.0/token" ||
		body["msgraph_host"] != "graph.microsoft.com" || body["cloud_instance_name"] != "microsoftonline.com" {
		t.Errorf("v2 configuration: %d %v", status, body)
	}
	status, body = get(b.tenant.ID + "/.well-known/openid-configuration")
	if status != http.StatusOK || body["issuer"] != "https://sts.windows.net/"+b.tenant.ID+"/" || body["token_endpoint"] != loginHost+b.tenant.ID+"/oauth2/token" {
		t.Errorf("v1 configuration: %d %v", status, body)
	}
	status, body = get("organizations/v2.0/.well-known/openid-configuration")
	if status != http.StatusOK || body["issuer"] != loginHost+"{tenantid}/v2.0" {
		t.Errorf("shared configuration: %d %v", status, body)
	}
	status, body = get("nobody.example/v2.0/.well-known/openid-configuration")
	if status != http.StatusBadRequest || body["error"] != "invalid_tenant" {
		t.Errorf("unknown tenant: %d %v", status, body)
	}
	status, body = get("common/discovery/instance?api-version=1.1&authorization_endpoint=" + url.QueryEscape(loginHost+"t/oauth2/v2.0/authorize"))
	if status != http.StatusOK || body["tenant_discovery_endpoint"] != loginHost+"t/v2.0/.well-known/openid-configuration" {
		t.Errorf("instance: %d %v", status, body)
	}
	status, body = get("common/discovery/instance?api-version=1.1&authorization_endpoint=https://evil.example/t/authorize")
	if status != http.StatusBadRequest || body["error"] != "invalid_instance" {
		t.Errorf("foreign instance: %d %v", status, body)
	}
	status, body = get("common/UserRealm/svc%40contoso.onmicrosoft.com?api-version=1.0")
	if status != http.StatusOK || body["account_type"] != "Managed" {
		t.Errorf("realm: %d %v", status, body)
	}
	status, body = get("getuserrealm.srf?login=svc@contoso.onmicrosoft.com&json=1")
	if status != http.StatusOK || body["NameSpaceType"] != "Managed" || body["DomainName"] != "contoso.onmicrosoft.com" || body["FederationBrandName"] != "Contoso" {
		t.Errorf("realm as older clients ask: %d %v", status, body)
	}
	status, body = get("GetUserRealm.srf?login=somebody@nowhere.example")
	if status != http.StatusOK || body["NameSpaceType"] != "Unknown" || body["DomainName"] != nil {
		t.Errorf("realm of nobody: %d %v", status, body)
	}
}

func TestTheOldRealmIsToldAsXMLToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.w.Lock()
	b.tenant.Domains = append(b.tenant.Domains, directory.Domain{Name: "contoso.com", Federated: true})
	b.w.Unlock()
	r := httptest.NewRequest(http.MethodPost, loginHost+"GetUserRealm.srf", strings.NewReader("login=anna%40contoso.com&xml=1"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r)
	for _, part := range []string{`<RealmInfo Success="true">`, "<State>3</State>", "<NameSpaceType>Federated</NameSpaceType>", "<STSAuthURL>https://adfs.contoso.com/adfs/services/trust/2005/usernamemixed</STSAuthURL>"} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %s in %s", part, w.Body)
		}
	}
}

func TestOddRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	path := loginHost + b.tenant.ID + "/oauth2/v2.0/token"
	tests := map[string]struct {
		request *http.Request
		status  int
	}{
		"GET of the token endpoint":  {httptest.NewRequest(http.MethodGet, path, nil), http.StatusBadRequest},
		"HEAD of the token endpoint": {httptest.NewRequest(http.MethodHead, path, nil), http.StatusBadRequest},
		"OPTIONS":                    {httptest.NewRequest(http.MethodOptions, path, nil), http.StatusOK},
		"an empty form":              {httptest.NewRequest(http.MethodPost, path, nil), http.StatusBadRequest},
		"a broken escape":            {httptest.NewRequest(http.MethodPost, path, strings.NewReader("grant_type=client_credentials&client_id=%zz")), http.StatusBadRequest},
		"a huge form":                {httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("a", 2<<20))), http.StatusRequestEntityTooLarge},
		"POST of a document":         {httptest.NewRequest(http.MethodPost, loginHost+"common/discovery/keys", nil), http.StatusMethodNotAllowed},
		"a path nobody knows":        {httptest.NewRequest(http.MethodGet, loginHost+"common/what", nil), http.StatusNotFound},
		"the root":                   {httptest.NewRequest(http.MethodGet, loginHost, nil), http.StatusNotFound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, body := b.serve(t, tc.request); status != tc.status {
				t.Errorf("got %d %v, want %d", status, body, tc.status)
			}
		})
	}
	t.Run("JSON instead of a form", func(t *testing.T) {
		t.Parallel()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"grant_type":"client_credentials"}`))
		r.Header.Set("Content-Type", "application/json")
		if status, body := b.serve(t, r); status != http.StatusBadRequest || !strings.HasPrefix(body["error_description"].(string), "AADSTS900144") {
			t.Errorf("got %d %v", status, body)
		}
	})
}
