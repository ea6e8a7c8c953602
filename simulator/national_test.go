package simulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"keyturn/simulator"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

// nationalHosts are where each cloud answers, read once more from Microsoft's tables.
var nationalHosts = map[string]struct{ login, graph, arm, vault, site, domain, v1Issuer string }{
	world.CloudUSGov: {"login.microsoftonline.us", "graph.microsoft.us", "management.usgovcloudapi.net", "vault.usgovcloudapi.net", "contoso.sharepoint.us", "contoso.onmicrosoft.us", "https://sts.windows.net/"},
	world.CloudDoD:   {"login.microsoftonline.us", "dod-graph.microsoft.us", "management.usgovcloudapi.net", "vault.usgovcloudapi.net", "contoso.sharepoint-mil.us", "contoso.onmicrosoft.us", "https://sts.windows.net/"},
	world.CloudChina: {"login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "management.chinacloudapi.cn", "vault.azure.cn", "contoso.sharepoint.cn", "contoso.partner.onmschina.cn", "https://sts.chinacloudapi.cn/"},
}

func TestEachCloudAnswersUnderItsOwnNames(t *testing.T) {
	t.Parallel()
	for name, want := range nationalHosts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startWith(t, simulator.Options{Settings: world.Settings{Gentle: true, Cloud: name}})
			sample := r.Sample()
			if sample.Domain != want.domain {
				t.Errorf("domain %s", sample.Domain)
			}
			token := func(login, resource string) reply {
				return r.do(t, http.MethodPost, "https://"+login+"/"+sample.Tenant+"/oauth2/v2.0/token", "", url.Values{
					"grant_type": {"client_credentials"}, "client_id": {sample.AdminClientID}, "client_secret": {sample.AdminSecret}, "scope": {resource + "/.default"},
				})
			}
			granted := token(want.login, "https://"+want.graph)
			text, _ := granted.body["access_token"].(string)
			if text == "" {
				t.Fatalf("sign-in: %s", granted.text)
			}
			if claims := claimsOf(t, text); claims["iss"] != want.v1Issuer+sample.Tenant+"/" || claims["aud"] != "https://"+want.graph {
				t.Errorf("claims %v", claims)
			}
			listed := r.do(t, http.MethodGet, "https://"+want.graph+"/v1.0/applications?$top=1", text, nil)
			if next, _ := listed.body["@odata.nextLink"].(string); listed.status != http.StatusOK || !strings.HasPrefix(next, "https://"+want.graph+"/v1.0/") {
				t.Errorf("applications: %d %s", listed.status, listed.text)
			}
			if got := token(want.login, "https://graph.microsoft.com"); code(got) != 500011 {
				t.Errorf("the public cloud's Graph: %s", got.text)
			}
			if got := token("login.microsoftonline.com", "https://graph.microsoft.com"); code(got) != 90038 {
				t.Errorf("the public cloud's sign-in: %s", got.text)
			}
			instance := r.do(t, http.MethodGet, "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint=https://"+
				want.login+"/common/oauth2/authorize", "", nil)
			if instance.body["tenant_discovery_endpoint"] != "https://"+want.login+"/common/.well-known/openid-configuration" {
				t.Errorf("the public cloud's word of this one: %d %s", instance.status, instance.text)
			}
			arm, _ := token(want.login, "https://"+want.arm).body["access_token"].(string)
			if got := r.do(t, http.MethodGet, "https://"+want.arm+"/subscriptions?api-version=2022-12-01", arm, nil); got.status != http.StatusOK {
				t.Errorf("subscriptions: %d %s", got.status, got.text)
			}
			vault, _ := token(want.login, "https://"+want.vault).body["access_token"].(string)
			if got := r.do(t, http.MethodGet, "https://kv-provassist."+want.vault+"/secrets/appSecret?api-version=7.4", vault, nil); got.status != http.StatusOK || !strings.Contains(got.text, want.vault) {
				t.Errorf("secret: %d %s", got.status, got.text)
			}
			report := r.do(t, http.MethodGet, "https://"+want.graph+"/beta/reports/appCredentialSignInActivities", text, nil)
			if report.status != http.StatusBadRequest {
				t.Errorf("a report that the cloud hasn't: %d", report.status)
			}
		})
	}
	if _, err := simulator.Start(t.Context(), simulator.Options{Settings: world.Settings{Cloud: "mars"}}); err == nil {
		t.Error("a cloud that doesn't exist was started")
	}
}

func TestAnAddInLivesInANationalCloud(t *testing.T) {
	t.Parallel()
	for name, want := range nationalHosts {
		r := startWith(t, simulator.Options{Seed: seed.Helpdesk, Dir: t.TempDir(), Settings: world.Settings{Gentle: true, Cloud: name}})
		got := r.send(t, http.MethodGet, "https://"+want.site+"/sites/helpdesk/_vti_bin/client.svc", nil, func(h http.Header) { h.Set("Authorization", "Bearer") })
		if told := got.header.Get("WWW-Authenticate"); got.status != http.StatusUnauthorized || !strings.Contains(told, r.Sample().Tenant) || !strings.Contains(told, want.login) {
			t.Errorf("%s: %d %q", name, got.status, told)
		}
		r.Advance(day)
		var state struct {
			Consumers []struct{ Successes, Failures int }
		}
		if err := json.Unmarshal([]byte(r.do(t, http.MethodGet, r.URL()+"/_sim/state", "", nil).text), &state); err != nil {
			t.Fatal(err)
		}
		for _, c := range state.Consumers {
			if c.Successes == 0 || c.Failures > 0 {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}
