package browser_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The sample's registration of a console, and where it says that the console is. One group of its people is known here.
const (
	consoleClientID = "5ca1ab1e-51b1-4e5a-9a3c-000000000004"
	consoleName     = "keyturn.contoso.com"
	serviceDesk     = "5ca1ab1e-51b1-4e5a-9a3c-0000000000d1"
)

// office is a house whose console is reached over TLS by its name, by people who sign in at Microsoft.
type office struct {
	*house
	address string // where it really listens
	trusted *x509.CertPool
}

// openOffice builds one over the sample with an add-in and people. Whatever is made or retired there waits for a second
// person's word.
func openOffice(t *testing.T) *office {
	t.Helper()
	h := simulate(t, "helpdesk")
	var truth struct {
		Tenants []struct {
			ID           string
			Applications []struct {
				AppID     string
				Passwords []struct{ Value string }
			}
		}
	}
	h.truth(&truth)
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{house: h, address: reserved.Addr().String(), trusted: certify(t, h.dir)}
	_ = reserved.Close()
	secret := ""
	for _, app := range truth.Tenants[0].Applications {
		if app.AppID == consoleClientID {
			secret = app.Passwords[0].Value
		}
	}
	if err := os.WriteFile(filepath.Join(h.dir, "console-secret"), []byte(secret), 0o600); err != nil || secret == "" {
		t.Fatalf("the console's own secret: %q %v", secret, err)
	}
	h.configure("over: 60s", "over: 0s", "renewBefore: 30d", "renewBefore: 1d\n  approval: { deliver: true }", "store: keyturn.db", `store: keyturn.db
serve:
  address: https://`+consoleName+`
  tls: { certFile: console.pem, keyFile: console.key }
  signIn:
    issuer: https://login.microsoftonline.com/`+truth.Tenants[0].ID+`/v2.0
    clientId: `+consoleClientID+`
    clientSecret: ${file:console-secret}
    roles: { Keyturn.Viewer: viewer, Keyturn.Operator: operator, Keyturn.Approver: approver, Keyturn.Admin: admin, `+serviceDesk+`: operator }`)
	if said := h.start(h.dir, "serve", "--listen", o.address); !strings.Contains(said, "https://"+consoleName) {
		t.Fatalf("keyturn serve says %q", said)
	}
	h.site = "https://" + consoleName
	return o
}

// certify writes a certificate of the console's name with its key, and returns who trusts it.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{consoleName}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"console.pem": {Type: "CERTIFICATE", Bytes: der}, "console.key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

// visitor is somebody's browser, as far as HTTP goes.
type visitor struct {
	o      *office
	client *http.Client
}

// enter lets somebody sign in at Microsoft, and returns the console's answer to it.
func (o *office) enter(user string) (*visitor, int, string) {
	o.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	v := &visitor{o, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: o.trusted},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, o.address)
		},
	}}}
	o.t.Cleanup(v.client.CloseIdleConnections)
	answer, text := v.ask(http.MethodGet, "/sign-in/provider?to=/runs", nil)
	if answer.StatusCode != http.StatusSeeOther {
		o.t.Fatalf("on the way to Microsoft: %d %s", answer.StatusCode, text)
	}
	// Whoever is in too many groups is sent to Microsoft twice.
	for strings.HasPrefix(answer.Header.Get("Location"), "https://login.microsoftonline.com/") {
		var came struct{ Location string }
		o.lever("/_sim/browser", map[string]string{"url": answer.Header.Get("Location"), "user": user}, &came)
		answer, text = v.ask(http.MethodGet, strings.TrimPrefix(came.Location, o.site), nil)
	}
	return v, answer.StatusCode, text
}

// ask sends one request of the console's own pages.
func (v *visitor) ask(method, path string, form map[string]string) (*http.Response, string) {
	v.o.t.Helper()
	var body bytes.Buffer
	for name, value := range form {
		body.WriteString(name + "=" + value + "&")
	}
	request, err := http.NewRequestWithContext(v.o.t.Context(), method, v.o.site+path, &body)
	if err != nil {
		v.o.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := v.client.Do(request)
	if err != nil {
		v.o.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.o.t.Fatal(err)
	}
	return answer, string(text)
}

// me is who the console takes somebody for.
func (v *visitor) me() (name, role string) {
	v.o.t.Helper()
	_, text := v.ask(http.MethodGet, "/api/v1/me", nil)
	var told struct{ Name, Role string }
	if err := json.Unmarshal([]byte(text), &told); err != nil {
		v.o.t.Fatalf("%v: %s", err, text)
	}
	return told.Name, told.Role
}

// The simulated cloud's own login plays Entra: app roles and groups come from its tokens, and nobody else's word counts.
func TestPeopleSignInWithEntra(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	in := map[string]*visitor{}
	for user, c := range map[string]struct {
		role, refusal string
	}{
		"user": {role: "viewer"}, "appadmin": {role: "operator"}, "mfa": {role: "approver"}, "admin": {role: "admin"},
		"eligible":                {role: "operator"},                   // as one of a group
		"guest_fabrikam.com#EXT#": {role: "operator"},                   // as one of a group, which are too many for the token
		"federated":               {refusal: "no role at this console"}, // in no group
	} {
		v, status, text := o.enter(user)
		if c.refusal != "" {
			if status != http.StatusForbidden || !strings.Contains(text, c.refusal) {
				t.Errorf("%s: %d, want a refusal with %q\n%s", user, status, c.refusal, text)
			}
			continue
		}
		if name, role := v.me(); status != http.StatusSeeOther || role != c.role || !strings.HasPrefix(name, user) {
			t.Errorf("%s came in with %d as %s, %s", user, status, name, role)
		}
		in[user] = v
	}
	if answer, _ := in["user"].ask(http.MethodGet, "/applications/helpdesk/renew", nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer plans a renewal: %d", answer.StatusCode)
	}
	answer, text := in["mfa"].ask(http.MethodPost, "/applications/helpdesk/renew", map[string]string{})
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("an approver begins a renewal: %d %s", answer.StatusCode, text)
	}
	run := answer.Header.Get("Location")
	form := map[string]string{"version": in["mfa"].version(run)}
	for user, status := range map[string]int{"user": http.StatusForbidden, "appadmin": http.StatusForbidden, "mfa": http.StatusForbidden} {
		if answer, text := in[user].ask(http.MethodPost, run+"/approve", form); answer.StatusCode != status {
			t.Errorf("%s approves what mfa began: %d %s", user, answer.StatusCode, text)
		}
	}
	if answer, text := in["admin"].ask(http.MethodPost, run+"/approve", form); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("somebody else approves: %d %s", answer.StatusCode, text)
	}
	_, text = in["user"].ask(http.MethodGet, "/audit?app=helpdesk", nil)
	for _, who := range []string{"mfa@contoso.onmicrosoft.com (provider)", "admin@contoso.onmicrosoft.com (provider)"} {
		if !strings.Contains(text, who) {
			t.Errorf("the audit log doesn't name %s", who)
		}
	}
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// version waits until a renewal stands at a person's door, and returns which version of it is seen.
func (v *visitor) version(run string) string {
	v.o.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		_, text := v.ask(http.MethodGet, run, nil)
		if found := versionField.FindStringSubmatch(text); found != nil && strings.Contains(text, "/approve") {
			return found[1]
		}
	}
	v.o.t.Fatal("the renewal never waited for a person")
	return ""
}

// In a real browser, with Microsoft's own page in between, twice: to come in, and for rights of one's own.
func TestAnAdministratorComesInAndBringsTheirOwnRights(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	w := open(t, append(throughProxy(o.cloud), chromedp.Flag("proxy-bypass-list", consoleName),
		chromedp.Flag("host-resolver-rules", "MAP "+consoleName+":443 "+o.address))...)
	w.wear(screens[0])
	w.do("open the console", chromedp.Navigate(o.site+"/"), chromedp.WaitVisible("h1"))
	w.clear("401")
	w.accessible("the way to sign in with an organisation")
	w.press("Sign in with your organisation's account")
	w.atMicrosoft(o.house, "admin@contoso.onmicrosoft.com")
	w.do("see who has come in", chromedp.WaitVisible("header .who"))
	w.reads("Nothing needs you")
	o.show(w, "/about/sign-in")
	w.toMicrosoft()
	w.atMicrosoft(o.house, "admin@contoso.onmicrosoft.com")
	w.reads("You are signed in at Microsoft")
	w.reads("admin@contoso.onmicrosoft.com")
	w.do("leave", hit(`//main//button[.="Sign out"]`), chromedp.WaitVisible(`form:has(input[value=device])`))
	w.do("by device", hit(`form:has(input[value=device]) button`), chromedp.WaitVisible(`.code-shown`))
	w.accessible("a code to type at Microsoft")
	w.picture("device-code-desk")
	code, err := chromedp.Run(w.ctx, chromedp.Text(".code-shown"))
	if err != nil {
		t.Fatal(err)
	}
	o.lever("/_sim/device", map[string]string{"user": "mfa", "userCode": strings.TrimSpace(code)}, nil)
	w.reads("You are signed in at Microsoft") // by itself
	w.reads("mfa@contoso.onmicrosoft.com")
	w.silent()
}

// throughProxy lets a browser reach the simulated cloud, and this computer directly.
func throughProxy(cloud string) []chromedp.ExecAllocatorOption {
	return []chromedp.ExecAllocatorOption{chromedp.Flag("no-proxy-server", false), chromedp.ProxyServer(cloud), chromedp.IgnoreCertErrors}
}

// toMicrosoft begins a sign-in with one's own rights and goes where the page leads, in the same window.
func (w *window) toMicrosoft() {
	w.t.Helper()
	w.do("by browser", hit(`form:has(input[value=browser]) button`), chromedp.WaitVisible(`main a[target=_blank]`))
	w.accessible("a sign-in that goes on at Microsoft")
	address, err := chromedp.Run(w.ctx, chromedp.AttributeValue(`main a[target=_blank]`, "href"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.do("go to Microsoft", chromedp.Navigate(address.Value))
}

// atMicrosoft types somebody's name and password at the page of the simulated cloud.
func (w *window) atMicrosoft(h *house, login string) {
	w.t.Helper()
	w.do("sign in at Microsoft", chromedp.WaitVisible("input[name=passwd]"), chromedp.SendKeys("input[name=login]", login),
		chromedp.SendKeys("input[name=passwd]", h.passwordOf(login)), hit(`form[action="/common/login"] button`))
}
