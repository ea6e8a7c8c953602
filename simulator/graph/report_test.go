package graph_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

func TestCredentialReport(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	made := b.do(t, "all", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`)
	value, keyID := made.body["secretText"].(string), made.body["keyId"].(string)
	for range 3 {
		if failure := b.signIn(value); failure != nil {
			t.Fatal(failure)
		}
		b.w.Advance(time.Minute)
	}
	path := "/beta/reports/appCredentialSignInActivities"
	rows := b.do(t, "all", http.MethodGet, path+"?"+q("filter", "keyId eq '"+keyID+"'"), "").list()
	if len(rows) != 1 || rows[0]["appId"] != b.app.AppID || rows[0]["credentialOrigin"] != "application" || rows[0]["appObjectId"] != b.app.ObjectID {
		t.Fatalf("rows %v", rows)
	}
	last, err := time.Parse(time.RFC3339, rows[0]["signInActivity"].(map[string]any)["lastSignInDateTime"].(string))
	if err != nil || b.w.Now().Sub(last) < time.Minute || b.w.Now().Sub(last) > 2*time.Minute {
		t.Errorf("last sign-in %s, now %s (%v)", last, b.w.Now(), err)
	}
	if got := b.do(t, "all", http.MethodGet, path+"/"+rows[0]["id"].(string), ""); got.body["keyId"] != keyID {
		t.Errorf("one row: %v", got.body)
	}
}

func TestReportsLagByHours(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{})
	value, _ := b.must(t, http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`).body["secretText"].(string)
	b.w.Advance(time.Minute)
	if failure := b.signIn(value); failure != nil {
		t.Fatal(failure)
	}
	rows := func() int {
		b.refresh(t)
		return len(b.must(t, http.MethodGet, "/beta/reports/appCredentialSignInActivities?"+q("filter", "appId eq '"+b.app.AppID+"'"), "").list())
	}
	b.w.Advance(2 * time.Hour)
	if n := rows(); n != 0 {
		t.Errorf("%d rows after two hours", n)
	}
	b.w.Advance(10 * time.Hour)
	if n := rows(); n != 1 {
		t.Errorf("%d rows after twelve hours", n)
	}
}

// refresh signs the strong caller in again, since its token has expired meanwhile.
func (b *bench) refresh(t *testing.T) {
	t.Helper()
	b.w.Lock()
	id, failure := b.d.SignIn(b.w.Now(), directory.SignIn{
		Tenant: b.tenant.ID, ClientID: b.caller.AppID, Secret: b.caller.Passwords[0].Value, Resource: "https://graph.microsoft.com",
	})
	b.w.Unlock()
	if failure != nil {
		t.Fatal(failure)
	}
	b.tokens["all"] = b.d.Mint(id)
}

func TestSignInLog(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	made := b.do(t, "all", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`)
	keyID := made.body["keyId"].(string)
	_ = b.signIn(made.body["secretText"].(string))
	_ = b.signIn("wrong")
	since := b.w.Now().Add(-time.Hour).Format(time.RFC3339)
	for filter, want := range map[string]int{
		"":                               0,
		"appId eq '" + b.app.AppID + "'": 0,
		"signInEventTypes/any(t: t eq 'servicePrincipal') and appId eq '" + b.app.AppID + "'":                                     2,
		"signInEventTypes/any(t: t eq 'servicePrincipal') and servicePrincipalCredentialKeyId eq '" + keyID + "'":                 1,
		"signInEventTypes/any(t:t eq 'servicePrincipal') and createdDateTime ge " + since + " and appId eq '" + b.app.AppID + "'": 2,
		"signInEventTypes/any(t:t eq 'servicePrincipal') and status/errorCode eq 7000215":                                         1,
		"signInEventTypes/any(t: t eq 'nonInteractiveUser')":                                                                      0,
	} {
		got := b.do(t, "all", http.MethodGet, "/beta/auditLogs/signIns?"+q("filter", filter), "")
		if got.status != http.StatusOK || len(got.list()) != want {
			t.Errorf("%q: %d, %d sign-ins, want %d (%s)", filter, got.status, len(got.list()), want, got.message())
		}
	}
	paged := b.do(t, "all", http.MethodGet, "/beta/auditLogs/signIns?$top=1&"+q("filter", "signInEventTypes/any(t: t eq 'servicePrincipal')"), "")
	if len(paged.list()) != 1 || paged.body["@odata.nextLink"] == nil || paged.list()[0]["status"].(map[string]any)["errorCode"] != 7000215.0 {
		t.Errorf("newest first, a page at a time: %v", paged.body)
	}
	v1 := b.do(t, "all", http.MethodGet, "/v1.0/auditLogs/signIns?"+q("filter", "servicePrincipalCredentialKeyId eq 'x'"), "")
	if v1.status != http.StatusBadRequest {
		t.Errorf("the key id in v1.0: %d", v1.status)
	}
}

func TestReportsCanBeAbsent(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.w.Lock()
	err := b.w.SetSwitch(directory.SwitchReportAbsent, "on")
	b.w.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if got := b.do(t, "all", http.MethodGet, "/beta/reports/appCredentialSignInActivities", ""); got.status != http.StatusBadRequest {
		t.Errorf("credential report: %d", got.status)
	}
	if got := b.do(t, "all", http.MethodGet, "/beta/auditLogs/signIns", ""); got.status != http.StatusForbidden {
		t.Errorf("sign-ins: %d", got.status)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	app := "/applications/" + b.app.ObjectID
	got := b.do(t, "all", http.MethodPost, "/v1.0/$batch", `{"requests":[
		{"id":"1","method":"GET","url":"`+app+`?$select=id"},
		{"id":"2","method":"POST","url":"`+app+`/addPassword","headers":{"Content-Type":"application/json"},"body":{}},
		{"id":"3","method":"GET","url":"/applications/missing"},
		{"id":"4","method":"GET","url":"/organization","dependsOn":["3"]},
		{"id":"5","method":"GET","url":"/organization","dependsOn":["1"]}]}`)
	responses, _ := got.body["responses"].([]any)
	want := map[string]float64{"1": 200, "2": 200, "3": 404, "4": 424, "5": 200}
	for _, item := range responses {
		r := item.(map[string]any)
		if r["status"] != want[r["id"].(string)] {
			t.Errorf("part %v: %v %v", r["id"], r["status"], r["body"])
		}
	}
	if len(responses) != 5 || len(b.app.Passwords) != 1 {
		t.Errorf("%d responses, %d passwords", len(responses), len(b.app.Passwords))
	}
	for name, body := range map[string]string{
		"doubled ids":       `{"requests":[{"id":"1","method":"GET","url":"/a"},{"id":"1","method":"GET","url":"/b"}]}`,
		"unknown dependsOn": `{"requests":[{"id":"1","method":"GET","url":"/a","dependsOn":["9"]}]}`,
		"too many":          `{"requests":[` + strings.TrimSuffix(strings.Repeat(`{"id":"1","method":"GET","url":"/a"},`, 21), ",") + `]}`,
		"no JSON":           `[`,
	} {
		if got := b.do(t, "all", http.MethodPost, "/v1.0/$batch", body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got.status)
		}
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.w.Lock()
	b.d.AddUser(b.tenant.ID, directory.UserSpec{Name: "svc@contoso.onmicrosoft.com", Password: "x", Roles: []string{"Application Administrator"}})
	b.app.Extra["isFallbackPublicClient"] = true
	b.d.Consent(b.app.ServicePrincipal, directory.GraphAppID, "", "User.Read", "Application.ReadWrite.All")
	id, failure := b.d.SignIn(b.w.Now(), directory.SignIn{
		Tenant: b.tenant.ID, ClientID: b.app.AppID, Username: "svc@contoso.onmicrosoft.com", Password: "x", Resource: "https://graph.microsoft.com",
	})
	b.w.Unlock()
	if failure != nil {
		t.Fatal(failure)
	}
	b.tokens["user"] = b.d.Mint(id)
	if got := b.do(t, "user", http.MethodGet, "/v1.0/me", ""); got.body["userPrincipalName"] != "svc@contoso.onmicrosoft.com" {
		t.Errorf("me: %v", got.body)
	}
	if got := b.do(t, "user", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`); got.status != http.StatusOK {
		t.Errorf("an administrator adds a password: %d %s", got.status, got.message())
	}
	organization := b.do(t, "nobody", http.MethodGet, "/v1.0/organization?$select=id,verifiedDomains", "")
	if len(organization.list()) != 1 || organization.list()[0]["id"] != b.tenant.ID {
		t.Errorf("organization: %v", organization.body)
	}
	if got := b.do(t, "all", http.MethodGet, "/v1.0/users/"+url.PathEscape("svc@contoso.onmicrosoft.com"), ""); got.status != http.StatusOK {
		t.Errorf("user: %d", got.status)
	}
	if got := b.do(t, "all", http.MethodGet, "/v1.0/directoryObjects/"+b.app.ServicePrincipal.ObjectID, ""); got.body["@odata.type"] != "#microsoft.graph.servicePrincipal" {
		t.Errorf("directory object: %v", got.body)
	}
}
