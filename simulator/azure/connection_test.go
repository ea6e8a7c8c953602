package azure_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/world"
)

func (b *bench) parameters(id string) map[string]string {
	b.w.Lock()
	defer b.w.Unlock()
	return b.s.ConnectionParameters(id)
}

func TestConnectionNeverShowsItsSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	for _, path := range []string{kvID + web, group + "/providers/Microsoft.Web/connections" + web} {
		a := b.do(t, http.MethodGet, path, "")
		if strings.Contains(a.text, "old-secret") || strings.Contains(strings.ToLower(a.text), "clientsecret") {
			t.Errorf("%s shows the secret: %s", path, a.text)
		}
	}
	got := b.do(t, http.MethodGet, kvID+web, "")
	public, _ := got.at("properties", "nonSecretParameterValues").(map[string]any)
	if len(public) != 4 || public["vaultName"] != "kv-one" || public["token:clientId"] != "the-app" || public["token:grantType"] != "client_credentials" {
		t.Errorf("public parameters %v", public)
	}
	if got.at("properties", "overallStatus") != "Connected" || got.at("properties", "api", "id") != kvAPI || got.at("properties", "api", "name") != "keyvault" || got.body["kind"] != "V1" || got.at("tags", "team") != "red" {
		t.Errorf("connection: %s", got.text)
	}
}

func TestPutReplacesAllOfAConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	before := b.do(t, http.MethodGet, kvID+web, "").at("properties", "changedTime").(string)
	a := b.do(t, http.MethodPut, strings.ToLower(kvID)+web, `{"location":"West Europe","kind":"V2","properties":{"displayName":"New","api":{"id":"/`+kvAPI+`"},"parameterValues":{"token:clientSecret":"wrong","token:clientId":"the-app"}}}`)
	if a.status != http.StatusOK || a.at("properties", "overallStatus") != "Connected" || strings.Contains(a.text, "wrong") || a.body["id"] != kvID {
		t.Fatalf("put: %d %s", a.status, a.text)
	}
	if after := a.at("properties", "changedTime").(string); after <= before {
		t.Errorf("changedTime %s, was %s", after, before)
	}
	if got := b.parameters(kvID); len(got) != 2 || got["token:clientSecret"] != "wrong" {
		t.Errorf("parameters left out are lost; got %v", got)
	}
	if a.body["kind"] != "V2" || a.body["tags"] != nil || a.at("properties", "api", "id") != "/"+kvAPI {
		t.Errorf("put: %s", a.text)
	}
	fresh := b.do(t, http.MethodPut, group+"/providers/Microsoft.Web/connections/new"+web, `{"location":"westeurope","properties":{"api":{"id":"`+kvAPI+`"}}}`)
	if fresh.status != http.StatusCreated || fresh.body["kind"] != "V1" || fresh.at("properties", "overallStatus") != "Error" {
		t.Errorf("a new one without any sign-in: %d %s", fresh.status, fresh.text)
	}
}

func TestConnectionPutsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	cases := map[string]struct {
		body   string
		status int
		code   string
	}{
		"no location":                  {`{"properties":{"api":{"id":"` + kvAPI + `"}}}`, 400, "LocationRequired"},
		"another location":             {`{"location":"eastus","properties":{"api":{"id":"` + kvAPI + `"}}}`, 409, "InvalidResourceLocation"},
		"no properties":                {`{"location":"westeurope"}`, 400, "BadRequest"},
		"no api":                       {`{"location":"westeurope","properties":{}}`, 400, "BadRequest"},
		"an api that is none":          {`{"location":"westeurope","properties":{"api":{"id":"keyvault"}}}`, 400, "BadRequest"},
		"parameters that are no texts": {`{"location":"westeurope","properties":{"api":{"id":"` + kvAPI + `"},"parameterValues":{"a":1}}}`, 400, "BadRequest"},
		"parameters that are a list":   {`{"location":"westeurope","properties":{"api":{"id":"` + kvAPI + `"},"parameterValues":[]}}`, 400, "BadRequest"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := b.do(t, http.MethodPut, kvID+web, c.body)
			want(t, a, c.status, c.code)
			if c.code == "BadRequest" && (a.at("Message") == nil || a.at("Details") == nil) {
				t.Errorf("not the shape of Microsoft.Web: %s", a.text)
			}
			if b.parameters(kvID)["token:clientSecret"] != "old-secret" {
				t.Error("a refused PUT had an effect")
			}
		})
	}
}

func TestPatchOfAConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	want(t, b.do(t, http.MethodPatch, kvID+web, `{"properties":{"parameterValues":{"token:clientSecret":"new"}}}`), http.StatusBadRequest, "PatchApiConnectionPropertiesNotSupported")
	a := b.do(t, http.MethodPatch, kvID+web, `{"tags":{"team":"blue"}}`)
	if a.status != http.StatusOK || a.at("tags", "team") != "blue" || b.parameters(kvID)["token:clientSecret"] != "old-secret" {
		t.Errorf("tags: %d %s", a.status, a.text)
	}
}

func TestConsentOutlivesAPutWithoutSignInOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	body := `{"location":"westeurope","properties":{"displayName":"SharePoint","api":{"id":"` + strings.Replace(kvAPI, "keyvault", "sharepointonline", 1) + `"}`
	a := b.do(t, http.MethodPut, spoID+web, body+`}}`)
	if a.at("properties", "authenticatedUser", "name") != "service@contoso.onmicrosoft.com" || a.at("properties", "overallStatus") != "Connected" {
		t.Errorf("without parameters: %s", a.text)
	}
	links := b.do(t, http.MethodPost, spoID+"/listConsentLinks"+web, `{"parameters":[{"parameterName":"token","redirectUrl":"https://x"}]}`)
	items, _ := links.body["value"].([]any)
	if links.status != http.StatusOK || len(items) != 1 || items[0].(map[string]any)["status"] != "Authenticated" {
		t.Errorf("links: %s", links.text)
	}
	a = b.do(t, http.MethodPut, spoID+web, body+`,"parameterValues":{"token:clientId":"x","token:clientSecret":"y","token:grantType":"client_credentials"}}}`)
	if name := a.at("properties", "authenticatedUser", "name"); name != nil {
		t.Errorf("a secret takes the consent's place: %s", a.text)
	}
	if keys := b.do(t, http.MethodPost, spoID+"/listConnectionKeys"+web, `{"validityTimeSpan":"1"}`); keys.status != http.StatusOK || keys.body["connectionKey"] == nil {
		t.Errorf("a connection's key: %d %v", keys.status, keys.body)
	}
	if links := b.do(t, http.MethodPost, spoID+"/listConsentLinks"+web, `{}`); links.status != http.StatusOK || len(links.body["value"].([]any)) != 0 {
		t.Errorf("a connection with a secret has no links: %s", links.text)
	}
}

func TestManagedIdentityConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	a := b.do(t, http.MethodPut, kvID+web, `{"location":"westeurope","properties":{"api":{"id":"`+kvAPI+`"},"parameterValueType":"Alternative","alternativeParameterValues":{"vaultName":"kv-one"}}}`)
	if a.at("properties", "parameterValueType") != "Alternative" || a.at("properties", "alternativeParameterValues", "vaultName") != "kv-one" || a.at("properties", "overallStatus") != "Connected" || a.at("properties", "nonSecretParameterValues") != nil {
		t.Errorf("got %s", a.text)
	}
	a = b.do(t, http.MethodPut, kvID+web, `{"location":"westeurope","properties":{"api":{"id":"`+kvAPI+`"},"parameterValueSet":{"name":"managedIdentityAuth","values":{}}}}`)
	if a.at("properties", "parameterValueSet", "name") != "managedIdentityAuth" || a.at("properties", "overallStatus") != "Connected" {
		t.Errorf("got %s", a.text)
	}
}

func TestProxyLetsOnlyTheTestLinkThrough(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	want(t, b.do(t, http.MethodGet, kvID+"/extensions/proxy/secrets/appSecret/value"+web, ""), http.StatusForbidden, "OperationNotAllowed")
	want(t, b.do(t, http.MethodPost, spoID+"/extensions/proxy/a/b/c/d"+web, `{}`), http.StatusForbidden, "OperationNotAllowed")
	links, _ := b.do(t, http.MethodGet, spoID+web, "").at("properties", "testLinks").([]any)
	if len(links) != 1 {
		t.Fatalf("links %v", links)
	}
	uri := strings.TrimPrefix(links[0].(map[string]any)["requestUri"].(string), "https://management.azure.com:443")
	if a := b.do(t, http.MethodGet, uri, ""); a.status != http.StatusOK {
		t.Errorf("test link: %s", a.text)
	}
}

func TestParametersCanBeHidden(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	for value, hidden := range map[string]bool{"on": true, "app-KV": true, "app-spo": false, "": false} {
		b.flip(t, azure.BareSwitch, value)
		if got := b.do(t, http.MethodGet, kvID+web, "").at("properties", "nonSecretParameterValues"); (got == nil) != hidden {
			t.Errorf("%q: got %v", value, got)
		}
	}
}

func TestJoinOfTheManagedAPICanBeDemanded(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	token, _ := b.caller(t, "Logic App Contributor", group)
	put := `{"location":"westeurope","properties":{"api":{"id":"` + kvAPI + `"},"parameterValues":{}}}`
	if a := b.doAs(t, token, http.MethodPut, kvID+web, put); a.status != http.StatusOK {
		t.Errorf("off: %s", a.text)
	}
	b.flip(t, azure.JoinSwitch, "on")
	a := b.doAs(t, token, http.MethodPut, kvID+web, put)
	want(t, a, http.StatusForbidden, "LinkedAuthorizationFailed")
	if !strings.Contains(a.text, "Microsoft.Web/locations/managedApis/join/action") {
		t.Errorf("the refusal does not name the action: %s", a.text)
	}
	if a := b.do(t, http.MethodPut, kvID+web, put); a.status != http.StatusOK {
		t.Errorf("with the right on the subscription: %s", a.text)
	}
}

func TestStaleReadsAreSwitchedOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 9})
	b.flip(t, azure.StaleSwitch, "on")
	b.do(t, http.MethodPut, kvID+web, `{"location":"westeurope","properties":{"displayName":"New","api":{"id":"`+kvAPI+`"}}}`)
	seen := map[any]bool{}
	for range 40 {
		seen[b.do(t, http.MethodGet, kvID+web, "").at("properties", "displayName")] = true
	}
	if !seen["New"] || !seen["Key Vault"] {
		t.Errorf("saw %v", seen)
	}
	b.w.Advance(10 * time.Second)
	for range 20 {
		if got := b.do(t, http.MethodGet, kvID+web, "").at("properties", "displayName"); got != "New" {
			t.Fatalf("still %v", got)
		}
	}
}
