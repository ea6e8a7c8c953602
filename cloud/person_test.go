package cloud_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
	"keyturn/secret"
)

const (
	initial = "contoso.onmicrosoft.com"
	anna    = "anna@" + initial
	typed   = "Corr3ct-horse+battery & staple"
)

// desk is a stand-in at which people sign in: it grants, or refuses with one number, and keeps what was sent.
type desk struct {
	refusal  string // body of a refusal at the token endpoint; "" = granted
	realm    string // account type
	mu       sync.Mutex
	redeemed []url.Values
	asked    []url.Values
}

func (d *desk) handle(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/openid-configuration") && strings.Contains(r.URL.Path, "elsewhere"):
		cloudtest.Answer(w, http.StatusOK, map[string]any{"issuer": "https://login.microsoftonline.com/" + otherApp + "/v2.0"})
	case strings.HasSuffix(r.URL.Path, "/openid-configuration") && strings.Contains(r.URL.Path, "nobody"):
		cloudtest.Answer(w, http.StatusBadRequest, oauth("invalid_tenant", 90002, "Tenant not found."))
	case strings.Contains(r.URL.Path, "/userrealm/"):
		cloudtest.Answer(w, http.StatusOK, map[string]any{"ver": "1.0", "account_type": d.realm})
	case strings.HasSuffix(r.URL.Path, "/token"):
		d.token(w, r)
	default:
		cloudtest.Granting(nil, fine)(w, r)
	}
}

func (d *desk) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // an empty form fails the test
	d.mu.Lock()
	d.redeemed = append(d.redeemed, r.PostForm)
	d.mu.Unlock()
	if d.refusal != "" {
		cloudtest.Answer(w, http.StatusBadRequest, d.refusal)
		return
	}
	cloudtest.Answer(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": 3600, "scope": strings.Fields(r.PostForm.Get("scope"))[0], "refresh_token": "refresh-of-anna",
		"access_token": cloudtest.Token(cloudtest.Claims{"upn": anna, "scp": "Application.ReadWrite.All", "amr": []string{"pwd"}}),
		"id_token":     cloudtest.Token(cloudtest.Claims{"preferred_username": anna, "aud": otherApp}),
		"client_info":  "eyJ1aWQiOiIxIiwidXRpZCI6IjIifQ",
	})
}

func (d *desk) forms() []url.Values {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]url.Values(nil), d.redeemed...)
}

// sit opens a session in which somebody signs in that way.
func (d *desk) sit(t *testing.T, identity, login string) (*cloud.Session, *cloudtest.Cloud) {
	t.Helper()
	stand := cloudtest.Start(t, http.HandlerFunc(d.handle))
	return stand.Open(t, func(o *cloud.Options) {
		o.Tenant, o.Identity, o.ClientID, o.Username, o.Password = initial, identity, otherApp, login, secret.New(typed)
		o.Open = d.browse
	}), stand
}

// browse is a browser in which somebody signs in at once: it posts the answer to where the address says.
func (d *desk) browse(address string) error {
	at, err := url.Parse(address)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.asked = append(d.asked, at.Query())
	d.mu.Unlock()
	answer := url.Values{"state": {at.Query().Get("state")}, "code": {"code-of-anna"}}
	if d.refusal != "" {
		answer = url.Values{"state": {at.Query().Get("state")}, "error": {"access_denied"}, "error_description": {d.refusal}}
	}
	came, err := http.PostForm(at.Query().Get("redirect_uri"), answer)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, came.Body)
	return err
}

// askAzure asks a second service, which wants a token of its own.
func askAzure(t *testing.T, s *cloud.Session) {
	t.Helper()
	request, err := runtime.NewRequest(t.Context(), http.MethodGet, s.Hosts().ARM+"/subscriptions")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Pipeline(s.Hosts().ARM, s.Hosts().ARMScope()).Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", answer, err)
	}
}

func TestAPasswordIsSentOnceAndForgotten(t *testing.T) {
	d := &desk{realm: "Managed"}
	s, stand := d.sit(t, cloud.IdentityPassword, anna)
	self, err := s.Self(t.Context())
	if err != nil || !self.User || self.Name != anna || self.MFA {
		t.Fatalf("%+v, %v", self, err)
	}
	askAzure(t, s)
	forms := d.forms()
	if len(forms) != 2 {
		t.Fatalf("redeemed %d times", len(forms))
	}
	first, second := forms[0], forms[1]
	if first.Get("grant_type") != "password" || first.Get("username") != anna || first.Get("password") != typed || first.Has("client_secret") {
		t.Errorf("first %v", first)
	}
	if second.Get("grant_type") != "refresh_token" || second.Has("password") || second.Get("refresh_token") != "refresh-of-anna" {
		t.Errorf("the second service was signed in to with %v", second)
	}
	for _, line := range stand.Sent() {
		if strings.Contains(line, url.PathEscape(typed)) || strings.Contains(line, "horse") {
			t.Errorf("an address holds the password: %s", line)
		}
	}
}

func TestABrowserSignsInOnceForAllServices(t *testing.T) {
	d := &desk{}
	s, _ := d.sit(t, cloud.IdentityBrowser, anna)
	if self, err := s.Self(t.Context()); err != nil || self.Name != anna {
		t.Fatalf("%+v, %v", self, err)
	}
	askAzure(t, s)
	if len(d.asked) != 1 || d.asked[0].Get("code_challenge_method") != "S256" || d.asked[0].Get("login_hint") != anna ||
		!strings.HasPrefix(d.asked[0].Get("redirect_uri"), "http://localhost:") {
		t.Fatalf("the browser was sent to %v", d.asked)
	}
	forms := d.forms()
	if len(forms) != 2 || forms[0].Get("grant_type") != "authorization_code" || forms[0].Get("code_verifier") == "" || forms[1].Get("grant_type") != "refresh_token" {
		t.Errorf("redeemed %v", forms)
	}
}

func TestALoginThatCannotWorkIsToldBeforeThePasswordGoesAnywhere(t *testing.T) {
	for name, c := range map[string]struct {
		login, realm, code, fix string
	}{
		"no domain":          {"anna", "", "login.form", "anna@" + initial},
		"an old NT name":     {`CONTOSO\anna`, "", "login.form", initial},
		"a guest":            {"anna_fabrikam.com#EXT#@" + initial, "", "login.form", ""},
		"a federated domain": {"anna@contoso.com", "Federated", "login.form", "anna@" + initial},
		"nobody's domain":    {"anna@nobody.example", "", "login.form", "anna@" + initial},
		"another tenant's":   {"anna@elsewhere.example", "", "tenant.wrong", "tenant"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{realm: c.realm}
			s, _ := d.sit(t, cloud.IdentityPassword, c.login)
			_, err := s.Self(t.Context())
			if p := problem.Of(err); p.Code != c.code || !strings.Contains(p.Fix, c.fix) {
				t.Errorf("%v: %s, fix %q", err, p.Code, p.Fix)
			}
			if len(d.forms()) != 0 {
				t.Error("the password was sent")
			}
		})
	}
}

// Each number of the table is told under its code, in each way of signing in that it concerns, and is asked for once.
func TestKnownIssuesAreTold(t *testing.T) {
	identities := map[problem.Way]string{problem.ByPassword: cloud.IdentityPassword, problem.ByBrowser: cloud.IdentityBrowser}
	for _, known := range problem.KnownIssues() {
		for way, identity := range identities {
			for _, number := range known.Numbers {
				if !known.Concerns(way) {
					continue
				}
				t.Run(fmt.Sprintf("%s, %d, by %s", known.Code, number, way), func(t *testing.T) {
					d := &desk{refusal: oauth("invalid_grant", number, "No.")}
					if way == problem.ByBrowser {
						d.refusal = fmt.Sprintf("AADSTS%d: No, <b>.", number)
					}
					s, _ := d.sit(t, identity, anna)
					for range 2 { // the second is answered from memory
						_, err := s.Self(t.Context())
						if p := problem.Of(err); p.Code != known.Code || p.Class != problem.Person || p.Fix == "" || !strings.Contains(p.Message, fmt.Sprint(number)) {
							t.Fatalf("%v: %s, fix %q", err, p.Code, p.Fix)
						}
					}
					if len(d.forms())+len(d.asked) != 1 {
						t.Errorf("asked %d times", len(d.forms())+len(d.asked))
					}
				})
			}
		}
	}
}

// The library uses the answer to a device code's question up; what it said must be told all the same.
func TestARefusedDeviceCodeSaysWhy(t *testing.T) {
	asks := 0
	c := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/devicecode"):
			cloudtest.Answer(w, http.StatusOK, `{"device_code":"d","user_code":"ABC","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":1}`)
		case strings.HasSuffix(r.URL.Path, "/token"):
			if asks++; asks == 1 {
				cloudtest.Answer(w, http.StatusBadRequest, `{"error":"authorization_pending","error_description":"AADSTS70016: wait","error_codes":[70016]}`)
				return
			}
			cloudtest.Answer(w, http.StatusBadRequest, oauth("interaction_required", 53003, "Blocked."))
		default:
			cloudtest.Granting(nil, fine)(w, r)
		}
	}))
	s := c.Open(t, func(o *cloud.Options) { o.Identity, o.ClientID = cloud.IdentityDeviceCode, otherApp })
	if _, err := s.Self(t.Context()); !problem.Is(err, "signin.blocked") || !strings.Contains(problem.Of(err).Fix, "--sign-in browser") {
		t.Errorf("%v", err)
	}
}

func TestASignInWithoutAnAppToSignInThrough(t *testing.T) {
	for _, identity := range []string{cloud.IdentityBrowser, cloud.IdentityDeviceCode, cloud.IdentityPassword} {
		s := cloudtest.Start(t, cloudtest.Granting(nil, fine)).Open(t, func(o *cloud.Options) { o.Identity = identity })
		if _, err := s.Self(t.Context()); !problem.Is(err, "client.missing") {
			t.Errorf("%s: %v", identity, err)
		}
	}
}
