package cloud_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

// asserting grants sign-ins that come with an assertion and no secret.
func asserting(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			if err := r.ParseForm(); err != nil || r.PostForm.Get("client_assertion") == "" || r.PostForm.Has("client_secret") {
				t.Errorf("form %v, %v", r.PostForm, err)
			}
		}
		cloudtest.Granting(nil, fine)(w, r)
	}
}

func TestAWorkloadsTokenSignsIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("e30.e30.x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, identity := range []string{cloud.IdentityWorkload, cloud.IdentityDefault} {
		s := cloudtest.Start(t, asserting(t)).Open(t, func(o *cloud.Options) { o.Identity = identity })
		t.Setenv("AZURE_CLIENT_SECRET", "")
		t.Setenv("AZURE_FEDERATED_TOKEN_FILE", file)
		if self, err := s.Self(t.Context()); err != nil || self.ClientID != cloudtest.Client {
			t.Errorf("%s: %+v, %v", identity, self, err)
		}
	}
}

func TestACertificateSignsIn(t *testing.T) {
	small, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	usual, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key  crypto.Signer
		code string
	}{"as Entra wants it": {usual, ""}, "with a key that the library can't use": {small, "identity.failed"}} {
		s := cloudtest.Start(t, asserting(t)).Open(t, nil)
		t.Setenv("AZURE_CLIENT_SECRET", "")
		t.Setenv("AZURE_CLIENT_CERTIFICATE_PATH", certificateFile(t, c.key))
		_, err := s.Self(t.Context())
		if (err == nil) != (c.code == "") || (err != nil && !problem.Is(err, c.code)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func certificateFile(t *testing.T, key crypto.Signer) string {
	t.Helper()
	subject := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "keyturn"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, subject, subject, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for kind, block := range map[string][]byte{"CERTIFICATE": der, "PRIVATE KEY": private} {
		if err := pem.Encode(&text, &pem.Block{Type: kind, Bytes: block}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "identity.pem")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A managed identity's endpoint is on the machine itself: no proxy may see its answer.
func TestAManagedIdentityIsAskedDirectly(t *testing.T) {
	var asked atomic.Int32
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("X-Identity-Header") != "from-the-platform" || r.URL.Query().Get("resource") != "https://graph.microsoft.com" {
			t.Errorf("asked with %v for %s", r.Header, r.URL)
		}
		cloudtest.Answer(w, http.StatusOK, map[string]any{
			"access_token": cloudtest.Token(nil), "expires_on": "4102444800", "resource": "https://graph.microsoft.com", "token_type": "Bearer",
		})
	}))
	defer endpoint.Close()
	for _, identity := range []string{cloud.IdentityManaged, cloud.IdentityDefault} {
		c := cloudtest.Start(t, cloudtest.Granting(nil, fine))
		s := c.Open(t, func(o *cloud.Options) { o.Identity = identity })
		t.Setenv("AZURE_CLIENT_ID", "")
		t.Setenv("AZURE_CLIENT_SECRET", "")
		t.Setenv("IDENTITY_ENDPOINT", endpoint.URL)
		t.Setenv("IDENTITY_HEADER", "from-the-platform")
		if _, err := s.Self(t.Context()); err != nil {
			t.Errorf("%s: %v", identity, err)
		}
		if len(c.Sent()) != 0 {
			t.Errorf("%s: the proxy saw %v", identity, c.Sent())
		}
	}
	if asked.Load() == 0 { // the library keeps such tokens for the whole process
		t.Error("nobody asked")
	}
}

// A user-assigned identity is named by the environment. The public client that people sign in through is another app, and
// both may be there at once: a service that works unattended, and people who sign in at its console.
func TestAUserAssignedIdentityIsNamedByTheEnvironmentAlone(t *testing.T) {
	const assigned, publicClient = "33333333-4444-4555-8666-777777777777", "44444444-5555-4666-8777-888888888888"
	for named, want := range map[string]string{assigned: assigned, "": ""} {
		asked := make(chan string, 1)
		endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.URL.Query().Get("client_id")
			w.WriteHeader(http.StatusBadRequest)
		}))
		t.Cleanup(endpoint.Close)
		s := cloudtest.Start(t, cloudtest.Granting(nil, fine)).Open(t, func(o *cloud.Options) {
			o.Identity, o.ClientID = cloud.IdentityManaged, publicClient
			t.Setenv("AZURE_CLIENT_ID", named)
			t.Setenv("IDENTITY_ENDPOINT", endpoint.URL)
			t.Setenv("IDENTITY_HEADER", "from-the-platform")
		})
		// for a service that nobody asked for yet: the library keeps tokens for the whole process
		if _, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}}); err == nil {
			t.Fatal("a refusal gave a token")
		}
		if got := <-asked; got != want {
			t.Errorf("AZURE_CLIENT_ID %q: asked for %q", named, got)
		}
	}
}

func TestADeviceCodeIsShownToThePerson(t *testing.T) {
	var shown atomic.Pointer[string]
	var polls atomic.Int32
	notYet := map[int32]string{1: "authorization_pending", 2: "slow_down"} // the person types it in meanwhile
	c := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/devicecode"):
			cloudtest.Answer(w, http.StatusOK, `{"device_code":"d","user_code":"ABC-123","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":1,"message":"enter ABC-123"}`)
		case strings.HasSuffix(r.URL.Path, "/token") && notYet[polls.Add(1)] != "":
			cloudtest.Answer(w, http.StatusBadRequest, oauth(notYet[polls.Load()], 70016, "Authorization is pending."))
		case strings.HasSuffix(r.URL.Path, "/token"):
			cloudtest.Answer(w, http.StatusOK, map[string]any{
				"token_type": "Bearer", "expires_in": 3600, "scope": "https://graph.microsoft.com/.default",
				"access_token": cloudtest.Token(cloudtest.Claims{"upn": "megan@contoso.com", "scp": "User.Read"}), "refresh_token": "r",
				"id_token": cloudtest.Token(cloudtest.Claims{"preferred_username": "megan@contoso.com"}),
			})
		default:
			cloudtest.Granting(nil, fine)(w, r)
		}
	}))
	s := c.Open(t, func(o *cloud.Options) {
		o.Identity, o.ClientID = cloud.IdentityDeviceCode, otherApp
		o.Say = func(text string) { shown.Store(&text) }
	})
	self, err := s.Self(t.Context())
	if err != nil || !self.User || self.Name != "megan@contoso.com" || polls.Load() != 3 {
		t.Fatalf("%+v, %v, asked %d times", self, err, polls.Load())
	}
	if text := shown.Load(); text == nil || !strings.Contains(*text, "https://microsoft.com/devicelogin") || !strings.Contains(*text, "ABC-123") {
		t.Errorf("shown %v", text)
	}
	for range 2 { // one person is asked once, for all services
		if _, err := s.Self(t.Context()); err != nil || c.Count("/devicecode") != 1 {
			t.Errorf("%v, sent %v", err, c.Sent())
		}
	}
}
