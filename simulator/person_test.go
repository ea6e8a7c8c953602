package simulator_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyturn/simulator"
	"keyturn/simulator/directory"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

// startHelpdesk runs the sample with people in a gentle cloud.
func startHelpdesk(t testing.TB) *rig {
	t.Helper()
	return startWith(t, simulator.Options{Seed: seed.Helpdesk, Settings: world.Settings{Gentle: true}})
}

// passwordOf finds a user's full name and password in the ground truth.
func (r *rig) passwordOf(t testing.TB, name string) (full, password string) {
	t.Helper()
	var state struct {
		Tenants []struct {
			Users []struct{ Name, Password string }
		}
	}
	if err := json.Unmarshal([]byte(r.do(t, http.MethodGet, r.URL()+"/_sim/state", "", nil).text), &state); err != nil {
		t.Fatal(err)
	}
	for _, u := range state.Tenants[0].Users {
		if short, _, _ := strings.Cut(u.Name, "@"); short == name {
			return u.Name, u.Password
		}
	}
	t.Fatalf("no user %s", name)
	return "", ""
}

// grant is a password grant at the v2 endpoint.
func (r *rig) grant(t testing.TB, client, user, password string) reply {
	t.Helper()
	return r.do(t, http.MethodPost, "https://login.microsoftonline.com/"+r.Sample().Tenant+"/oauth2/v2.0/token", "", url.Values{
		"grant_type": {"password"}, "client_id": {client}, "username": {user}, "password": {password}, "scope": {graphScope + " offline_access"},
	})
}

func claimsOf(t testing.TB, token string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func code(answer reply) int {
	codes, _ := answer.body["error_codes"].([]any)
	if len(codes) == 0 {
		return 0
	}
	n, _ := codes[0].(float64)
	return int(n)
}

func TestPasswordGrantsFindWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	for user, want := range map[string]int{
		"admin": 0, "user": 0, "eligible": 0, "mfa": 50076, "unenrolled": 50079, "locked": 50053, "disabled": 50057, "expired": 50055,
		"blocked": 53003, "federated": 50126,
	} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			name, password := r.passwordOf(t, user)
			if got := r.grant(t, seed.SignInClientID, name, password); code(got) != want {
				t.Errorf("got %d %s, want %d", got.status, got.text, want)
			}
		})
	}
	name, password := r.passwordOf(t, "admin")
	for says, tc := range map[string]struct {
		client, user, password string
		want                   int
	}{
		"a wrong password":               {seed.SignInClientID, name, "no", 50126},
		"nobody of that name":            {seed.SignInClientID, "nobody@" + r.Sample().Domain, "no", 50034},
		"a guest's name at home":         {seed.SignInClientID, "guest@fabrikam.com", "no", 50126},
		"an app that isn't public":       {seed.ConfidentialClientID, name, password, 7000218},
		"an app that nobody agreed to":   {seed.UnconsentedClientID, name, password, 65001},
		"an app that the tenant has not": {"11111111-2222-4333-8444-555555555555", name, password, 700016},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			if got := r.grant(t, tc.client, tc.user, tc.password); code(got) != tc.want {
				t.Errorf("got %d %s, want %d", got.status, got.text, tc.want)
			}
		})
	}
}

func TestAPersonsTokenSaysWhoTheyAreAndMayDoWhatTheirRoleAllows(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	graph := "https://graph.microsoft.com/v1.0/"
	app := graph + "applications(appId='" + seed.ConfidentialClientID + "')/addPassword"
	for user, want := range map[string]struct {
		role   string
		writes int
	}{
		"admin": {"62e90394-69f5-4237-9190-012177145e10", http.StatusOK}, "appadmin": {"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", http.StatusOK},
		"user": {"", http.StatusForbidden}, "eligible": {"", http.StatusForbidden},
	} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			name, password := r.passwordOf(t, user)
			token, _ := r.grant(t, seed.SignInClientID, name, password).body["access_token"].(string)
			claims := claimsOf(t, token)
			wids, _ := claims["wids"].([]any)
			if claims["upn"] != name || claims["idtyp"] != "user" || claims["appidacr"] != "0" || slices.Contains(wids, any(want.role)) != (want.role != "") {
				t.Errorf("claims %v", claims)
			}
			if scopes, _ := claims["scp"].(string); !strings.Contains(scopes, "Application.ReadWrite.All") {
				t.Errorf("scopes %q", scopes)
			}
			if got := r.do(t, http.MethodPost, app, token, map[string]any{}); got.status != want.writes {
				t.Errorf("adding a password: %d %s", got.status, got.text)
			}
			roles := r.do(t, http.MethodGet, graph+"me/transitiveMemberOf/microsoft.graph.directoryRole?$select=id,displayName,roleTemplateId", token, nil)
			if strings.Contains(roles.text, want.role) != true || (want.role == "") != (strings.Count(roles.text, "roleTemplateId\":\"") == 0) {
				t.Errorf("roles %s", roles.text)
			}
			eligible := r.do(t, http.MethodGet, graph+"roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')", token, nil)
			if got := strings.Count(eligible.text, "roleDefinitionId"); (got == 1) != (user == "eligible") {
				t.Errorf("eligible: %s", eligible.text)
			}
		})
	}
	name, password := r.passwordOf(t, "admin")
	token, _ := r.grant(t, seed.SignInClientID, name, password).body["access_token"].(string)
	organization := r.do(t, http.MethodGet, graph+"organization?$select=id,displayName,verifiedDomains", token, nil)
	if !strings.Contains(organization.text, `"isInitial":true`) || !strings.Contains(organization.text, `"Federated"`) {
		t.Errorf("organization %s", organization.text)
	}
	policies := r.do(t, http.MethodGet, graph+"identity/conditionalAccess/policies?$select=id,displayName,state", token, nil)
	if !strings.Contains(policies.text, "Administrators only from the office") {
		t.Errorf("policies %d %s", policies.status, policies.text)
	}
}

func TestAzureIdentitySignsInByDeviceCode(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	cred, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		TenantID: r.Sample().Tenant, ClientID: seed.SignInClientID, ClientOptions: r.options(),
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			if got := r.do(t, http.MethodPost, r.URL()+"/_sim/device", "", map[string]any{"user": "mfa", "userCode": m.UserCode}); got.status != http.StatusOK {
				return fmt.Errorf("answer: %s", got.text)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
	if err != nil {
		t.Fatal(err)
	}
	if claims := claimsOf(t, token.Token); !strings.Contains(fmt.Sprint(claims["amr"]), "mfa") || claims["appid"] != seed.SignInClientID {
		t.Errorf("claims %v", claims)
	}
	if _, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/User.Read"}}); err != nil {
		t.Errorf("with the token kept: %v", err)
	}
}

func TestDeviceCodesAreAnsweredInManyWays(t *testing.T) {
	t.Parallel()
	r := startWith(t, simulator.Options{Seed: seed.Helpdesk})
	login := "https://login.microsoftonline.com/" + r.Sample().Tenant + "/oauth2/"
	ask := func(client string) reply {
		return r.do(t, http.MethodPost, login+"v2.0/devicecode", "", url.Values{"client_id": {client}, "scope": {graphScope}})
	}
	poll := func(begun reply) reply {
		code, _ := begun.body["device_code"].(string)
		return r.do(t, http.MethodPost, login+"v2.0/token", "", url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {seed.SignInClientID}, "device_code": {code},
		})
	}
	answer := func(begun reply, more map[string]any) reply {
		more["userCode"] = begun.body["user_code"]
		return r.do(t, http.MethodPost, r.URL()+"/_sim/device", "", more)
	}
	begun := ask(seed.SignInClientID)
	if begun.body["verification_uri"] != "https://microsoft.com/devicelogin" || begun.body["interval"] != 5.0 || begun.body["expires_in"] != 900.0 {
		t.Fatalf("device code %s", begun.text)
	}
	for _, want := range []string{"authorization_pending", "slow_down"} {
		if got := poll(begun); got.body["error"] != want {
			t.Errorf("got %s, want %s", got.text, want)
		}
	}
	if got := answer(begun, map[string]any{"decline": true}); got.status != http.StatusOK {
		t.Fatal(got.text)
	}
	if got := poll(begun); got.body["error"] != "authorization_declined" {
		t.Errorf("declined: %s", got.text)
	}
	if got := ask("11111111-2222-4333-8444-555555555555"); code(got) != 700016 {
		t.Errorf("unknown client: %s", got.text)
	}
	if got := poll(reply{body: map[string]any{"device_code": "x"}}); got.body["error"] != "bad_verification_code" {
		t.Errorf("unknown code: %s", got.text)
	}
	begun = ask(seed.SignInClientID)
	r.Advance(16 * 60 * 1e9)
	if got := poll(begun); got.body["error"] != "expired_token" {
		t.Errorf("too late: %s", got.text)
	}
	r.set(t, directory.SwitchDeviceCodeBlocked, "on")
	begun = ask(seed.SignInClientID)
	if got := answer(begun, map[string]any{"user": "admin"}); got.status != http.StatusOK {
		t.Fatal(got.text)
	}
	if got := poll(begun); code(got) != 53003 || !strings.Contains(got.text, "capolids") {
		t.Errorf("blocked: %s", got.text)
	}
	v1 := r.do(t, http.MethodPost, login+"devicecode", "", url.Values{"client_id": {seed.SignInClientID}, "resource": {"https://graph.microsoft.com"}})
	if v1.body["verification_url"] == nil || v1.body["interval"] != "5" {
		t.Errorf("v1: %s", v1.text)
	}
}

// The browser of the interactive test is this test program under another name; it reads these from its environment.
const (
	browserProxy = "KEYTURN_TEST_BROWSER_PROXY"
	browserUser  = "KEYTURN_TEST_BROWSER_USER"
)

func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case "xdg-open", "open":
		if err := browse(os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// browse does what a browser does with an authorize address: the stand-in signs in, and the program's own listener gets
// what it waits for.
func browse(address string) error {
	body, err := json.Marshal(map[string]string{"url": address, "user": os.Getenv(browserUser)})
	if err != nil {
		return err
	}
	answer, err := http.Post(os.Getenv(browserProxy)+"/_sim/browser", "application/json", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var led struct{ Location, Form, Error string }
	if err := json.NewDecoder(answer.Body).Decode(&led); err != nil || led.Error != "" {
		return fmt.Errorf("browser: %s %w", led.Error, err)
	}
	back, err := http.Post(led.Location, "application/x-www-form-urlencoded", strings.NewReader(led.Form))
	if err != nil {
		return err
	}
	return back.Body.Close()
}

func TestAzureIdentitySignsInByBrowser(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows opens a real browser, which no program in PATH can stand for")
	}
	r := startHelpdesk(t)
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"xdg-open", "open"} {
		if err := os.Symlink(own, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv(browserProxy, r.URL())
	t.Setenv(browserUser, "mfa")
	cred, err := azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
		TenantID: r.Sample().Tenant, ClientID: seed.SignInClientID, ClientOptions: r.options(),
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
	if err != nil {
		t.Fatal(err)
	}
	if claims := claimsOf(t, token.Token); !strings.HasPrefix(fmt.Sprint(claims["upn"]), "mfa@") {
		t.Errorf("claims %v", claims)
	}
}

// walker is a person at a browser: forms are filled in and sent, redirects to the program are told.
type walker struct {
	t      *testing.T
	client *http.Client
	text   string
	left   string // where the program is
}

func (w *walker) take(answer *http.Response, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.text, w.left = string(body), answer.Header.Get("Location")
}

var (
	hiddenField = regexp.MustCompile(`name="ctx" value="([^"]+)"`)
	formAction  = regexp.MustCompile(`action="([^"]+)"`)
)

// send fills the form on the page in.
func (w *walker) send(fields url.Values) {
	w.t.Helper()
	key, action := hiddenField.FindStringSubmatch(w.text), formAction.FindStringSubmatch(w.text)
	if key == nil || action == nil {
		w.t.Fatalf("no form on the page: %s", w.text)
	}
	fields.Set("ctx", html.UnescapeString(key[1]))
	w.take(w.client.PostForm("https://login.microsoftonline.com"+action[1], fields))
}

func newWalker(t *testing.T, r *rig) *walker {
	t.Helper()
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &walker{t: t, client: &http.Client{Transport: r.client.Transport, CheckRedirect: stay}}
}

func TestThePageAsksForAccountFactorAndConsent(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	w := newWalker(t, r)
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B
	login := "https://login.microsoftonline.com/" + r.Sample().Domain + "/oauth2/v2.0/"
	begin := login + "authorize?" + url.Values{
		"client_id": {seed.UnconsentedClientID}, "response_type": {"code"}, "redirect_uri": {"http://localhost:50123"}, "state": {"s&1"},
		"scope": {"Application.ReadWrite.All offline_access openid"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
	w.take(w.client.Get(begin))
	name, password := r.passwordOf(t, "mfa")
	w.send(url.Values{"login": {name}, "passwd": {"wrong"}})
	if !strings.Contains(w.text, "AADSTS50126") {
		t.Fatalf("wrong password: %s", w.text)
	}
	w.send(url.Values{"login": {name}, "passwd": {password}})
	w.send(url.Values{"otc": {"000000"}})
	if !strings.Contains(w.text, "AADSTS500121") {
		t.Fatalf("wrong code: %s", w.text)
	}
	w.send(url.Values{"otc": {directory.AuthenticatorCode}})
	if !strings.Contains(w.text, "Permissions requested") || !strings.Contains(w.text, "Application.ReadWrite.All") {
		t.Fatalf("consent: %s", w.text)
	}
	w.send(url.Values{"consent": {"accept"}})
	back, err := url.Parse(w.left)
	if err != nil || back.Host != "localhost:50123" || back.Query().Get("state") != "s&1" {
		t.Fatalf("led to %q: %s", w.left, w.text)
	}
	redeem := func(edit map[string]string) reply {
		form := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {seed.UnconsentedClientID}, "code": {back.Query().Get("code")},
			"redirect_uri": {"http://localhost:50123"}, "code_verifier": {verifier},
		}
		for key, value := range edit {
			form.Set(key, value)
		}
		return r.do(t, http.MethodPost, login+"token", "", form)
	}
	for _, tc := range []struct {
		edit map[string]string
		want int
	}{
		{map[string]string{"code_verifier": "another"}, 501481},
		{map[string]string{"redirect_uri": "http://localhost:1"}, 500112},
		{map[string]string{"code": "x"}, 70000},
		{nil, 0},
		{nil, 54005},
	} {
		got := redeem(tc.edit)
		if code(got) != tc.want {
			t.Errorf("%v: got %s, want %d", tc.edit, got.text, tc.want)
		}
		if tc.want == 0 {
			again := r.do(t, http.MethodPost, login+"token", "", url.Values{
				"grant_type": {"refresh_token"}, "client_id": {seed.UnconsentedClientID}, "scope": {"Application.ReadWrite.All"},
				"refresh_token": {fmt.Sprint(got.body["refresh_token"])},
			})
			if again.status != http.StatusOK || got.body["id_token"] == nil {
				t.Errorf("refresh: %s of %s", again.text, got.text)
			}
		}
	}
}

func TestThePageRefusesWhatItMust(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	address := func(client, redirect string) string {
		return "https://login.microsoftonline.com/" + r.Sample().Tenant + "/oauth2/v2.0/authorize?" + url.Values{
			"client_id": {client}, "response_type": {"code"}, "redirect_uri": {redirect}, "scope": {graphScope},
		}.Encode()
	}
	for says, tc := range map[string]struct{ client, redirect, want string }{
		"an address nobody registered": {seed.SignInClientID, "https://evil.example/", "AADSTS50011"},
		"an app nobody knows":          {"11111111-2222-4333-8444-555555555555", "http://localhost", "AADSTS700016"},
	} {
		w := newWalker(t, r)
		w.take(w.client.Get(address(tc.client, tc.redirect)))
		if !strings.Contains(w.text, tc.want) || w.left != "" {
			t.Errorf("%s: %q %s", says, w.left, w.text)
		}
	}
	for user, want := range map[string]string{
		"blocked": "AADSTS53003", "locked": "AADSTS50053", "disabled": "AADSTS50057", "expired": "AADSTS50055", "user": "", "federated": "",
		"unenrolled": "",
	} {
		got := r.do(t, http.MethodPost, r.URL()+"/_sim/browser", "", map[string]string{"url": address(seed.SignInClientID, "http://localhost:9"), "user": user})
		if message, _ := got.body["error"].(string); !strings.HasPrefix(message, want) || (want == "") != (got.body["location"] != nil) {
			t.Errorf("%s: %s, want %q", user, got.text, want)
		}
	}
	got := r.do(t, http.MethodPost, r.URL()+"/_sim/browser", "", map[string]string{"url": address(seed.UnconsentedClientID, "http://localhost"), "user": "user"})
	if got.status == http.StatusOK && !strings.Contains(got.text, "code=") {
		t.Errorf("a user agrees to what a user may: %s", got.text)
	}
	scoped := strings.Replace(address(seed.UnconsentedClientID, "http://localhost"), url.QueryEscape(graphScope), "Application.ReadWrite.All", 1)
	got = r.do(t, http.MethodPost, r.URL()+"/_sim/browser", "", map[string]string{"url": scoped, "user": "user"})
	if message, _ := got.body["error"].(string); !strings.HasPrefix(message, "AADSTS90094") {
		t.Errorf("a user agrees to what only administrators may: %s", got.text)
	}
}

func TestADeviceCodeIsTypedIntoThePage(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	login := "https://login.microsoftonline.com/organizations/oauth2/v2.0/"
	const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	begun := r.do(t, http.MethodPost, login+"devicecode", "", url.Values{"client_id": {azureCLI}, "scope": {"https://management.azure.com//.default offline_access openid profile"}})
	w := newWalker(t, r)
	w.take(w.client.Get(fmt.Sprint(begun.body["verification_uri"])))
	if !strings.HasSuffix(w.left, "/common/oauth2/deviceauth") {
		t.Fatalf("led to %q", w.left)
	}
	w.take(w.client.PostForm(w.left, url.Values{"otc": {fmt.Sprint(begun.body["user_code"])}}))
	name, password := r.passwordOf(t, "federated")
	w.send(url.Values{"login": {name}, "passwd": {password}})
	if !strings.Contains(w.text, "You have signed in") {
		t.Fatalf("page: %s", w.text)
	}
	got := r.do(t, http.MethodPost, login+"token", "", url.Values{
		"grant_type": {"device_code"}, "client_id": {azureCLI}, "device_code": {fmt.Sprint(begun.body["device_code"])},
	})
	if token, _ := got.body["access_token"].(string); got.status != http.StatusOK || claimsOf(t, token)["upn"] != name {
		t.Errorf("got %s", got.text)
	}
}

// set turns a switch.
func (r *rig) set(t testing.TB, name, value string) {
	t.Helper()
	if got := r.do(t, http.MethodPost, r.URL()+"/_sim/switch", "", map[string]string{"name": name, "value": value}); got.status != http.StatusOK {
		t.Fatal(got.text)
	}
}
