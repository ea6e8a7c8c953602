package simulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"keyturn/simulator"
	"keyturn/simulator/acs"
	"keyturn/simulator/directory"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

const (
	acsHost = "https://accounts.accesscontrol.windows.net/"
	siteURL = "https://contoso.sharepoint.com/sites/helpdesk"
	day     = 24 * time.Hour
)

// addInRig is a cloud with an add-in.
type addInRig struct {
	*rig
	dir      string
	clientID string
	object   string // under Graph, where its credentials are
	value    string // its secret's text
}

type principal struct {
	AppID              string
	ObjectID           string
	ServicePrincipalID string
	DisplayName        string
	Passwords          []struct{ KeyID, Value string }
	Keys               []struct{ KeyID, Usage, Value string }
}

func startAddIn(t *testing.T, name string, settings world.Settings) *addInRig {
	t.Helper()
	a := &addInRig{dir: t.TempDir()}
	a.rig = startWith(t, simulator.Options{Seed: name, Settings: settings, Dir: a.dir})
	p := a.principal(t)
	a.clientID, a.value = p.AppID, p.Passwords[0].Value
	a.object = v1 + "/servicePrincipals/" + p.ServicePrincipalID
	if p.ObjectID != "" {
		a.object = v1 + "/applications/" + p.ObjectID
	}
	return a
}

func (a *addInRig) principal(t *testing.T) principal {
	t.Helper()
	var state struct {
		Tenants []struct{ Applications, ServicePrincipals []principal }
	}
	if err := json.Unmarshal([]byte(a.do(t, http.MethodGet, a.URL()+"/_sim/state", "", nil).text), &state); err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Concat(state.Tenants[0].ServicePrincipals, state.Tenants[0].Applications) {
		if p.DisplayName == "HelpDesk" {
			return p
		}
	}
	t.Fatal("no HelpDesk")
	return principal{}
}

// configured is how TokenHelper wants a secret.
func configured(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// exchange asks ACS for a token; edit changes the form.
func (a *addInRig) exchange(t *testing.T, edit map[string]string) reply {
	t.Helper()
	realm := a.Sample().Tenant
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {a.clientID + "@" + realm}, "client_secret": {configured(a.value)},
		"resource": {acs.SharePointID + "/contoso.sharepoint.com@" + realm},
	}
	for name, value := range edit {
		form.Set(name, value)
	}
	return a.do(t, http.MethodPost, acsHost+realm+"/tokens/OAuth/2", "", form)
}

func (a *addInRig) title(t *testing.T, token string) reply {
	t.Helper()
	return a.send(t, http.MethodGet, siteURL+"/_api/web/title", nil, func(h http.Header) {
		h.Set("Authorization", "Bearer "+token)
		h.Set("Accept", "application/json;odata=nometadata")
	})
}

func (a *addInRig) launched(t *testing.T) (token string) {
	t.Helper()
	got := a.do(t, http.MethodPost, a.URL()+"/_sim/launch", "", map[string]string{"clientId": a.clientID, "user": "user"})
	token, _ = got.body["SPAppToken"].(string)
	if token == "" {
		t.Fatalf("launch: %s", got.text)
	}
	return token
}

func TestASiteTellsItsRealmAndACSItsEndpoint(t *testing.T) {
	t.Parallel()
	a := startAddIn(t, seed.Helpdesk, world.Settings{Gentle: true})
	challenge := func(header string) reply {
		return a.send(t, http.MethodGet, siteURL+"/_vti_bin/client.svc", nil, func(h http.Header) {
			if header != "" {
				h.Set("Authorization", header)
			}
		})
	}
	if got := challenge(""); got.status != http.StatusForbidden || got.header.Get("X-Forms_Based_Auth_Required") == "" {
		t.Errorf("without a header: %d %v", got.status, got.header)
	}
	got := challenge("Bearer")
	if told := got.header.Get("WWW-Authenticate"); got.status != http.StatusUnauthorized || !strings.Contains(told, `realm="`+a.Sample().Tenant+`"`) || !strings.Contains(told, acs.IssuerID+"@*") {
		t.Errorf("challenge: %d %q", got.status, told)
	}
	if got := a.do(t, http.MethodGet, acsHost+"metadata/json/1?realm="+a.Sample().Tenant, "", nil); got.status != http.StatusOK || !strings.Contains(got.text, acsHost+a.Sample().Tenant+"/tokens/OAuth/2") {
		t.Errorf("metadata: %d %s", got.status, got.text)
	}
}

func TestACSGrantsWhatAnAddInAsksFor(t *testing.T) {
	t.Parallel()
	a := startAddIn(t, seed.Helpdesk, world.Settings{Gentle: true})
	got := a.exchange(t, nil)
	for _, name := range []string{"expires_in", "expires_on", "not_before", "resource", "access_token", "token_type"} {
		if _, isText := got.body[name].(string); !isText {
			t.Fatalf("%s in %s", name, got.text)
		}
	}
	if site := a.title(t, fmt.Sprint(got.body["access_token"])); site.status != http.StatusOK || site.body["value"] != "Help desk" {
		t.Errorf("site: %d %s", site.status, site.text)
	}
	parsed, err := jwt.ParseSigned(a.launched(t), []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := parsed.Claims([]byte(a.value), &claims); err != nil {
		t.Fatalf("verify context token: %v", err)
	}
	if claims["aud"] != a.clientID+"/helpdesk.contoso.com@"+a.Sample().Tenant || claims["iss"] != acs.IssuerID+"@"+a.Sample().Tenant {
		t.Errorf("claims %v", claims)
	}
	user := a.exchange(t, map[string]string{"grant_type": "refresh_token", "refresh_token": fmt.Sprint(claims["refreshtoken"])})
	if site := a.title(t, fmt.Sprint(user.body["access_token"])); site.status != http.StatusOK {
		t.Errorf("site for a user: %d %s of %s", site.status, site.text, user.text)
	}
	code := fmt.Sprint(a.do(t, http.MethodPost, a.URL()+"/_sim/launch", "", map[string]string{"clientId": a.clientID, "user": "user"}).body["code"])
	for _, want := range []int{http.StatusOK, http.StatusBadRequest} {
		if got := a.exchange(t, map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": "https://helpdesk.contoso.com/"}); got.status != want {
			t.Errorf("code: %d %s, want %d", got.status, got.text, want)
		}
	}
}

func TestACSRefuses(t *testing.T) {
	t.Parallel()
	a := startAddIn(t, seed.HelpdeskApp, world.Settings{Gentle: true})
	for says, tc := range map[string]struct {
		edit map[string]string
		want int
	}{
		"another secret":               {map[string]string{"client_secret": "bm9wZQ=="}, 7000215},
		"an unknown add-in":            {map[string]string{"client_id": "11111111-2222-4333-8444-555555555555@" + a.Sample().Tenant}, 700016},
		"an app that is no add-in":     {map[string]string{"client_id": seed.ConfidentialClientID + "@" + a.Sample().Tenant}, 700016},
		"another service":              {map[string]string{"resource": "https://graph.microsoft.com"}, 500011},
		"no secret":                    {map[string]string{"client_secret": ""}, 90014},
		"another grant":                {map[string]string{"grant_type": "password"}, 70003},
		"a refresh token of its own":   {map[string]string{"grant_type": "refresh_token", "refresh_token": "a.b"}, 70000},
		"its secret's text, not coded": {map[string]string{"client_secret": a.value}, 0},
	} {
		if got := a.exchange(t, tc.edit); code(got) != tc.want {
			t.Errorf("%s: got %d %s, want %d", says, got.status, got.text, tc.want)
		}
	}
	a.Advance(26 * day)
	if got := a.exchange(t, nil); code(got) != 7000222 || !strings.Contains(got.text, `\r\nTrace ID`) {
		t.Errorf("after its end: %s", got.text)
	}
}

func TestSwitchesOfAddIns(t *testing.T) {
	t.Parallel()
	a := startAddIn(t, seed.Helpdesk, world.Settings{Gentle: true})
	app := fmt.Sprint(a.exchange(t, nil).body["access_token"])
	parsed, err := jwt.ParseSigned(a.launched(t), []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		RefreshToken string `json:"refreshtoken"`
	}
	if err := parsed.Claims([]byte(a.value), &claims); err != nil {
		t.Fatal(err)
	}
	user := fmt.Sprint(a.exchange(t, map[string]string{"grant_type": "refresh_token", "refresh_token": claims.RefreshToken}).body["access_token"])
	a.set(t, acs.SwitchDisabled, "on")
	if one, two := a.title(t, app), a.title(t, user); one.status != http.StatusUnauthorized || two.status != http.StatusOK {
		t.Errorf("disabled: app alone %d, with a user %d", one.status, two.status)
	}
	a.set(t, acs.SwitchDisabled, "off")
	for value, want := range map[string]int{"site": http.StatusOK, "on": http.StatusNotFound} {
		a.set(t, acs.SwitchRetired, value)
		if got := a.exchange(t, nil); got.status != want {
			t.Errorf("%s: token endpoint %d, want %d", value, got.status, want)
		}
		if got := a.title(t, user); got.status != http.StatusUnauthorized || strings.Contains(got.header.Get("WWW-Authenticate"), acs.IssuerID) {
			t.Errorf("%s: site %d %v", value, got.status, got.header)
		}
	}
	a.set(t, acs.SwitchRetired, "host")
	a.client.CloseIdleConnections() // who is connected already gets an answer still
	if _, err := a.try(t.Context(), http.MethodGet, acsHost+"metadata/json/1", nil, nil); err == nil {
		t.Error("the host still answers")
	}
}

// renew makes the new triple as the article does, and answers its text.
func (a *addInRig) renew(t *testing.T) string {
	t.Helper()
	token := a.token(t, graphScope)
	made := a.do(t, http.MethodPost, a.object+"/addPassword", token, map[string]any{"passwordCredential": map[string]any{"displayName": "renewed"}})
	text, _ := made.body["secretText"].(string)
	keys := a.do(t, http.MethodGet, a.object, token, nil).body["keyCredentials"].([]any)
	for i, usage := range []string{"Verify", "Sign"} {
		keys = append(keys, map[string]any{
			"type": "Symmetric", "usage": usage, "key": configured(text), "keyId": fmt.Sprintf("11111111-2222-4333-8444-00000000000%d", i),
			"startDateTime": made.body["startDateTime"], "endDateTime": made.body["endDateTime"],
		})
	}
	if got := a.do(t, http.MethodPatch, a.object, token, map[string]any{"keyCredentials": keys}); got.status != http.StatusNoContent {
		t.Fatalf("write keys: %d %s", got.status, got.text)
	}
	return text
}

// configure writes the two secrets into the add-in's web.config.
func (a *addInRig) configure(t *testing.T, first, second string) {
	t.Helper()
	path := filepath.Join(a.dir, "helpdesk", "web.config")
	text := `<configuration><appSettings><add key="ClientId" value="` + a.clientID + `"/><add key="ClientSecret" value="` + configured(first) + `"/>` +
		`<add key="SecondaryClientSecret" value="` + configured(second) + `"/></appSettings></configuration>`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// failures sums what the add-in counted.
func (a *addInRig) failures(t *testing.T) (n int, why string) {
	t.Helper()
	var state struct {
		Consumers []struct {
			Failures  int
			LastError string
		}
	}
	if err := json.Unmarshal([]byte(a.do(t, http.MethodGet, a.URL()+"/_sim/state", "", nil).text), &state); err != nil {
		t.Fatal(err)
	}
	for _, c := range state.Consumers {
		n += c.Failures
		why += c.LastError
	}
	return n, why
}

func TestAnAddInLivesThroughARenewalAndNotThroughASlip(t *testing.T) {
	t.Parallel()
	for _, sample := range []string{seed.Helpdesk, seed.HelpdeskApp} {
		t.Run(sample+": both values until the old one has ended", func(t *testing.T) {
			t.Parallel()
			a := startAddIn(t, sample, world.Settings{Gentle: true})
			a.set(t, world.PropagationSwitch, "acs=7h") // ACS alone is late, so that nothing here depends on chance
			fresh := a.renew(t)
			a.configure(t, fresh, a.value)
			a.Advance(40 * day)
			a.configure(t, fresh, "")
			a.Advance(20 * day)
			if n, why := a.failures(t); n != 0 {
				t.Errorf("%d failures: %s", n, why)
			}
		})
		t.Run(sample+": the new value alone, while ACS signs with the old", func(t *testing.T) {
			t.Parallel()
			a := startAddIn(t, sample, world.Settings{Gentle: true})
			a.configure(t, a.renew(t), "")
			a.Advance(2 * day)
			if n, why := a.failures(t); n == 0 || !strings.Contains(why, "IDX10503") {
				t.Errorf("%d failures: %s", n, why)
			}
		})
		t.Run(sample+": not renewed", func(t *testing.T) {
			t.Parallel()
			a := startAddIn(t, sample, world.Settings{Gentle: true})
			a.Advance(27 * day)
			if n, _ := a.failures(t); n == 0 {
				t.Error("nothing failed")
			}
		})
	}
	t.Run("the old keys removed while the configuration has only them", func(t *testing.T) {
		t.Parallel()
		a := startAddIn(t, seed.Helpdesk, world.Settings{Gentle: true})
		a.renew(t)
		token := a.token(t, graphScope)
		var kept []any
		for _, key := range a.do(t, http.MethodGet, a.object, token, nil).body["keyCredentials"].([]any) {
			if strings.HasPrefix(fmt.Sprint(key.(map[string]any)["keyId"]), "11111111") {
				kept = append(kept, key)
			}
		}
		if got := a.do(t, http.MethodPatch, a.object, token, map[string]any{"keyCredentials": kept}); got.status != http.StatusNoContent || len(a.principal(t).Keys) != 2 {
			t.Fatalf("remove keys: %d %s", got.status, got.text)
		}
		a.Advance(day)
		if n, _ := a.failures(t); n == 0 {
			t.Error("nothing failed")
		}
	})
}

func TestSymmetricKeysAreHeldToTheirPolicy(t *testing.T) {
	t.Parallel()
	a := startAddIn(t, seed.Helpdesk, world.Settings{Gentle: true})
	token := a.token(t, graphScope)
	write := func(edit map[string]any) reply {
		keys := a.do(t, http.MethodGet, a.object, token, nil).body["keyCredentials"].([]any)
		entry := map[string]any{"type": "Symmetric", "usage": "Sign", "key": "c2VjcmV0", "endDateTime": a.World().Now().Add(300 * day).Format(time.RFC3339)}
		for name, value := range edit {
			entry[name] = value
		}
		return a.do(t, http.MethodPatch, a.object, token, map[string]any{"keyCredentials": append(keys, entry)})
	}
	if got := write(map[string]any{"usage": "Encrypt"}); got.status != http.StatusBadRequest {
		t.Errorf("a usage that doesn't exist: %d %s", got.status, got.text)
	}
	if got := write(map[string]any{"keyId": a.principal(t).Keys[0].KeyID}); got.status != http.StatusBadRequest {
		t.Errorf("another key under a known id: %d %s", got.status, got.text)
	}
	a.set(t, directory.SwitchSymmetricKeyPolicy, "90d")
	if got := write(nil); !strings.Contains(got.text, "CredentialInvalidLifetimeAsPerAppPolicy") {
		t.Errorf("too long a life: %d %s", got.status, got.text)
	}
	a.set(t, directory.SwitchSymmetricKeyPolicy, "blocked")
	if got := write(nil); !strings.Contains(got.text, "CredentialTypeNotAllowedAsPerAppPolicy") {
		t.Errorf("not allowed: %d %s", got.status, got.text)
	}
	a.set(t, directory.SwitchSymmetricKeyPolicy, "off")
	if got := write(nil); got.status != http.StatusNoContent {
		t.Errorf("allowed: %d %s", got.status, got.text)
	}
	legacy := a.do(t, http.MethodGet, v1+"/servicePrincipals?$filter="+url.QueryEscape("servicePrincipalType eq 'Legacy'")+"&$select=appId,displayName", token, nil)
	if list, _ := legacy.body["value"].([]any); len(list) != 4 {
		t.Errorf("legacy principals: %s", legacy.text)
	}
}

func TestASiteAsksWhoBeforeItSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	a := startAddIn(t, seed.Helpdesk, world.Settings{Gentle: true})
	token, _ := a.exchange(t, nil).body["access_token"].(string)
	for name, tc := range map[string]struct {
		method, path, token, accept string
		want                        int
		text                        string
	}{
		"a form digest":              {http.MethodPost, "/_api/contextinfo", token, "application/json", http.StatusOK, `"FormDigestTimeoutSeconds":1800,"FormDigestValue":"0x`},
		"a form digest, verbose":     {http.MethodPost, "/_api/contextinfo", token, "application/json; odata=verbose", http.StatusOK, `{"d":{"GetContextWebInformation":{`},
		"what isn't there":           {http.MethodGet, "/_api/web/colours", token, "application/json", http.StatusNotFound, "Cannot find resource for the request colours."},
		"what isn't there, unasked":  {http.MethodGet, "/_api/web/colours", "", "application/json", http.StatusUnauthorized, ""},
		"a read with a writing verb": {http.MethodPatch, "/_api/web", token, "application/json", http.StatusNotFound, "odata.error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := a.send(t, tc.method, siteURL+tc.path, nil, func(h http.Header) {
				h.Set("Authorization", "Bearer "+tc.token)
				h.Set("Accept", tc.accept)
			})
			if got.status != tc.want || !strings.Contains(got.text, tc.text) {
				t.Errorf("%d %s", got.status, got.text)
			}
		})
	}
}
