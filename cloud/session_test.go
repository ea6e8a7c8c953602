package cloud_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

const graphAddress = "https://graph.microsoft.com"

// ask sends one request through a pipeline for Microsoft Graph and returns its status, 0 when there was no answer.
func ask(t *testing.T, s *cloud.Session, method, address string) (int, error) {
	t.Helper()
	request, err := runtime.NewRequest(t.Context(), method, address)
	if err != nil {
		t.Fatal(err)
	}
	if method != http.MethodGet {
		if err := runtime.MarshalAsJSON(request, map[string]string{"a": "b"}); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := s.Pipeline(s.Hosts().Graph, s.Hosts().GraphScope()).Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, nil
}

func fine(w http.ResponseWriter, _ *http.Request) { cloudtest.Answer(w, http.StatusOK, "{}") }

func TestOneScopeCostsOneSignIn(t *testing.T) {
	c := cloudtest.Start(t, cloudtest.Granting(nil, fine))
	s := c.Open(t, nil)
	for range 3 {
		if status, err := ask(t, s, http.MethodGet, graphAddress+"/v1.0/x"); status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	if _, err := s.Self(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.Count("openid-configuration") != 1 || c.Count("/token") != 1 || s.Requests() != 5 {
		t.Errorf("%d requests, want 5: %v", s.Requests(), c.Sent())
	}
}

func TestScopesSignInSideBySide(t *testing.T) {
	var waiting atomic.Int32
	both := make(chan struct{})
	c := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			if waiting.Add(1) == 2 {
				close(both)
			}
			select {
			case <-both:
			case <-r.Context().Done():
			}
		}
		cloudtest.Granting(nil, fine)(w, r)
	}))
	s := c.Open(t, nil)
	var group sync.WaitGroup
	for _, scope := range []string{s.Hosts().GraphScope(), s.Hosts().ARMScope()} {
		group.Go(func() {
			if _, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if c.Count("openid-configuration") != 1 {
		t.Errorf("the tenant was asked more than once: %v", c.Sent())
	}
}

func TestTheTokenSaysWhoWeAre(t *testing.T) {
	for name, c := range map[string]struct {
		claims cloudtest.Claims
		want   cloud.Identity
	}{
		"a service principal": {
			cloudtest.Roles("Application.ReadWrite.OwnedBy"),
			cloud.Identity{Name: "keyturn", Roles: []string{"Application.ReadWrite.OwnedBy"}},
		},
		"a person with a second factor": {
			cloudtest.Claims{"upn": "megan@contoso.com", "scp": "User.Read Application.ReadWrite.All", "amr": []string{"pwd", "mfa"}},
			cloud.Identity{Name: "megan@contoso.com", Roles: []string{"User.Read", "Application.ReadWrite.All"}, User: true, MFA: true},
		},
		"a person without one": {
			cloudtest.Claims{"preferred_username": "lee@contoso.com", "idtyp": "user", "amr": []string{"pwd"}},
			cloud.Identity{Name: "lee@contoso.com", User: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := cloudtest.Start(t, cloudtest.Granting(c.claims, fine)).Open(t, nil)
			self, err := s.Self(t.Context())
			if err != nil || self.TenantID != cloudtest.Tenant || self.ClientID != cloudtest.Client || self.ObjectID == "" {
				t.Fatalf("%+v, %v", self, err)
			}
			if self.Name != c.want.Name || strings.Join(self.Roles, " ") != strings.Join(c.want.Roles, " ") || self.User != c.want.User || self.MFA != c.want.MFA {
				t.Errorf("%+v, want %+v", self, c.want)
			}
		})
	}
}

func TestATenantIsFoundByItsDomain(t *testing.T) {
	c := cloudtest.Start(t, cloudtest.Granting(nil, fine))
	s := c.Open(t, func(o *cloud.Options) { o.Tenant = "contoso.onmicrosoft.com" })
	for range 2 {
		if id, err := s.TenantID(t.Context()); err != nil || id != cloudtest.Tenant {
			t.Fatal(id, err)
		}
	}
	if _, err := s.Self(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.Count("openid-configuration") != 1 {
		t.Errorf("looked up more than once: %v", c.Sent())
	}
}

func TestATenantIdAsksNobody(t *testing.T) {
	c := cloudtest.Start(t, cloudtest.Granting(nil, fine))
	s := c.Open(t, nil)
	if id, err := s.TenantID(t.Context()); err != nil || id != cloudtest.Tenant || s.Requests() != 0 {
		t.Errorf("%s, %v after %d requests", id, err, s.Requests())
	}
}

func TestOnlyReadsAreRepeated(t *testing.T) {
	for method, want := range map[string]int{http.MethodGet: 2, http.MethodPost: 1, http.MethodPut: 1, http.MethodPatch: 1} {
		t.Run(method, func(t *testing.T) {
			c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After-Ms", "1")
				w.WriteHeader(http.StatusServiceUnavailable)
			}))
			s := c.Open(t, nil)
			_, _ = ask(t, s, method, graphAddress+"/v1.0/x")
			if sent := c.Count("/v1.0/x"); (want == 1) != (sent == 1) || sent < want {
				t.Errorf("sent %d times", sent)
			}
		})
	}
}

func TestALongWaitIsTheCallersDecision(t *testing.T) {
	c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	if status, err := ask(t, c.Open(t, nil), http.MethodGet, graphAddress+"/v1.0/x"); status != http.StatusTooManyRequests || c.Count("/v1.0/x") != 1 {
		t.Errorf("status %d, %v, sent %v", status, err, c.Sent())
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	var refused atomic.Int32
	c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, _ *http.Request) {
		if refused.Add(1) == 1 {
			cloudtest.Answer(w, http.StatusUnauthorized, `{"error":{"code":"InvalidAuthenticationToken","message":"Lifetime validation failed."}}`)
			return
		}
		cloudtest.Answer(w, http.StatusOK, "{}")
	}))
	s := c.Open(t, nil)
	if status, err := ask(t, s, http.MethodPost, graphAddress+"/v1.0/x"); status != http.StatusOK {
		t.Errorf("status %d, %v", status, err)
	}
	if c.Count("/token") != 2 || c.Count("/v1.0/x") != 2 {
		t.Errorf("sent %v", c.Sent())
	}
}

func TestATokenGoesOnlyToItsHost(t *testing.T) {
	c := cloudtest.Start(t, cloudtest.Granting(nil, fine))
	s := c.Open(t, nil)
	for _, address := range []string{"https://graph.microsoft.com.example.org/v1.0/x", "https://management.azure.com/x"} {
		if _, err := ask(t, s, http.MethodGet, address); err == nil {
			t.Errorf("%s was asked", address)
		}
	}
	if s.Requests() != 0 {
		t.Errorf("sent %v", c.Sent())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://elsewhere.example.org/take")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	if status, _ := ask(t, c.Open(t, nil), http.MethodPost, graphAddress+"/v1.0/x"); status != http.StatusTemporaryRedirect || c.Count("elsewhere") != 0 {
		t.Errorf("status %d, sent %v", status, c.Sent())
	}
}

func TestTheCloudsTimeCounts(t *testing.T) {
	for name, c := range map[string]struct{ ahead, want time.Duration }{
		"a clock that is right":        {0, 0},
		"a clock a minute off":         {time.Minute, 0},
		"a clock an hour behind":       {time.Hour, time.Hour},
		"a clock a fortnight in front": {-14 * 24 * time.Hour, -14 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			stand := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat))
			}))
			s := stand.Open(t, nil)
			if _, err := ask(t, s, http.MethodGet, graphAddress+"/v1.0/x"); err != nil {
				t.Fatal(err)
			}
			off := s.Now().Sub(time.Now().Add(c.want))
			if off.Abs() > 3*time.Second || (s.Skew()-c.ahead).Abs() > 3*time.Second {
				t.Errorf("now is off by %s, skew %s", off, s.Skew())
			}
		})
	}
}

// A token that has ended for the cloud is replaced although the local clock, and with it the sign-in library, still
// takes it for good.
func TestTokensEndByTheCloudsClock(t *testing.T) {
	var ahead atomic.Int64
	c := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Duration(ahead.Load())).UTC().Format(http.TimeFormat))
		cloudtest.Granting(nil, fine)(w, r)
	}))
	s := c.Open(t, nil)
	for _, jump := range []time.Duration{0, 14 * 24 * time.Hour} {
		ahead.Store(int64(jump))
		for range 2 {
			if _, err := ask(t, s, http.MethodGet, graphAddress+"/v1.0/x"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if c.Count("/token") != 2 || c.Count("openid-configuration") != 1 {
		t.Errorf("sent %v", c.Sent())
	}
}

func TestAnAuthorityFileIsToldApartFromOneThatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"not there": {filepath.Join(t.TempDir(), "ca.pem"), "there is no such authority file"},
		"a folder":  {t.TempDir(), "the authority file can't be read"},
	} {
		if _, err := cloud.Open(t.Context(), cloud.Options{CAFile: c.file}); problem.Of(err).Message != c.want || problem.Of(err).Subject != c.file {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBadOptionsAreToldAtOnce(t *testing.T) {
	for name, o := range map[string]cloud.Options{
		"no such cloud":        {Cloud: "mars"},
		"no such identity":     {Identity: "magic"},
		"no such file":         {CAFile: "/nowhere/ca.pem"},
		"a file without one":   {CAFile: "session_test.go"},
		"a proxy without host": {Proxy: "http://"},
	} {
		_, err := cloud.Open(t.Context(), o)
		if p := problem.Of(err); err == nil || p.Class != problem.Person || p.Fix == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
