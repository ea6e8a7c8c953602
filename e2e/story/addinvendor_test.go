//go:build unix

package story_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// vendor hosts the add-in: what it is sent over HTTPS, and signed, it puts into its web.config.
type vendor struct {
	t      *testing.T
	file   string
	key    []byte
	server *httptest.Server

	mu       sync.Mutex
	posts    map[string]string // by webhook-id: what it was about
	unsigned int
}

func newVendor(t *testing.T, file string) *vendor {
	t.Helper()
	v := &vendor{t: t, file: file, key: []byte("the-key-that-both-sides-have-got"), posts: map[string]string{}}
	v.server = httptest.NewTLSServer(v)
	t.Cleanup(v.server.Close)
	return v
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := r.Header.Get("webhook-id")
	sum := hmac.New(sha256.New, v.key)
	_, _ = sum.Write([]byte(id + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)) {
		v.unsigned++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var post struct {
		Type string
		Data struct{ ClientSecretBase64 string }
	}
	if err := json.Unmarshal(body, &post); err != nil {
		v.t.Error(err)
	}
	if _, known := v.posts[id]; !known {
		v.posts[id] = post.Type
		v.put(post.Type, post.Data.ClientSecretBase64)
	}
	w.WriteHeader(http.StatusNoContent)
}

var (
	firstSecret  = regexp.MustCompile(`(?m)^( *<add key="ClientSecret" value=")([^"]*)(" />)`)
	secondSecret = regexp.MustCompile(`(?m)^( *<add key="SecondaryClientSecret" value=")[^"]*`)
)

// put does what the vendor's people would.
func (v *vendor) put(what, value string) {
	text, err := os.ReadFile(v.file)
	if err != nil {
		v.t.Error(err)
		return
	}
	switch what {
	case "keyturn.secret.renewed":
		text = firstSecret.ReplaceAll(text, []byte("${1}"+value+"${3}\n    <add key=\"SecondaryClientSecret\" value=\"${2}\" />"))
	case "keyturn.secret.retired":
		text = secondSecret.ReplaceAll(text, []byte("${1}"))
	}
	if err := os.WriteFile(v.file, text, 0o600); err != nil {
		v.t.Error(err)
	}
}

// TestAnAddInAtItsVendorIsRenewed: HelpDesk as bought runs at its vendor, who is sent the value and, five weeks later, that the
// old one may go. A reply that is lost is no second secret, and the add-in never fails.
func TestAnAddInAtItsVendorIsRenewed(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
	m := newMachine(t, cloud)
	at := newVendor(t, filepath.Join(cloud.Dir, addIn, "web.config"))
	trusted, err := os.ReadFile(filepath.Join(cloud.Dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trusted = append(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: at.server.Certificate().Raw})...)
	both := filepath.Join(m.dir, "both.pem")
	if err := os.WriteFile(both, trusted, 0o600); err != nil {
		t.Fatal(err)
	}
	m.edit(`caFile: "`+filepath.Join(cloud.Dir, "ca.pem")+`"`, `caFile: "`+both+`"`)
	m.edit(`  proxy: "`+cloud.URL+`"`+"\n", "") // the environment's spares this computer
	m.edit(`- webConfig: { path: "`+at.file+`" }`, "- vendorWebhook:\n          url: "+at.server.URL+"/keyturn\n          secret: ${env:VENDOR_SECRET}\n          vendor: Plumsail")
	m.env = append(m.env, "VENDOR_SECRET=whsec_"+base64.StdEncoding.EncodeToString(at.key))
	before, file := cloud.addIn(), cloud.webConfig()
	if r := m.want(2, "plan", addIn, "--replace", before.Passwords[0].KeyID); !strings.Contains(r.stdout, "the vendor puts it into place") {
		t.Errorf("plan says\n%s", r.stdout)
	}
	m.want(2, "renew", addIn, "--yes", "--wait", "0", "--replace", before.Passwords[0].KeyID)
	m.want(2, "resume", addIn, "--wait", "0")
	finishAddIn(t, m)
	cloud.advance(14 * day)
	assertAddInRenewed(t, cloud, before, file)
	assertNoSecretLeft(t, m, base64.StdEncoding.EncodeToString(at.key), string(at.key))
	at.mu.Lock()
	defer at.mu.Unlock()
	if len(at.posts) != 2 || at.unsigned > 0 {
		t.Errorf("the vendor took %v, and refused %d", at.posts, at.unsigned)
	}
}
