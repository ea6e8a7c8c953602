package graph_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

func (b *bench) signIn(value string) *directory.Failure {
	b.w.Lock()
	defer b.w.Unlock()
	_, failure := b.d.SignIn(b.w.Now(), directory.SignIn{
		Tenant: b.tenant.ID, ClientID: b.app.AppID, Secret: value, Resource: "https://graph.microsoft.com",
	})
	return failure
}

func TestPasswordLife(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"applications", "servicePrincipals"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Settings{Gentle: true})
			base := "/v1.0/" + kind + "(appId='" + b.app.AppID + "')"
			made := b.do(t, "all", http.MethodPost, base+"/addPassword",
				`{"passwordCredential":{"displayName":"run 1","endDateTime":"2099-01-01T00:00:00Z"}}`)
			value, _ := made.body["secretText"].(string)
			if made.status != http.StatusOK || len(value) < 16 || made.body["hint"] != value[:3] || made.body["displayName"] != "run 1" ||
				made.body["endDateTime"] != "2099-01-01T00:00:00Z" || made.body["customKeyIdentifier"] != nil {
				t.Fatalf("made %d %v", made.status, made.body)
			}
			if failure := b.signIn(value); failure != nil {
				t.Errorf("sign in with the new secret: %v", failure)
			}
			shown := b.do(t, "reader", http.MethodGet, base, "")
			list, _ := shown.body["passwordCredentials"].([]any)
			if len(list) != 1 || list[0].(map[string]any)["secretText"] != nil || list[0].(map[string]any)["keyId"] != made.body["keyId"] {
				t.Errorf("shown %v", list)
			}
			removed := b.do(t, "all", http.MethodPost, base+"/removePassword", `{"keyId":"`+made.body["keyId"].(string)+`"}`)
			if removed.status != http.StatusNoContent {
				t.Errorf("removed: %d %s", removed.status, removed.message())
			}
			if failure := b.signIn(value); failure == nil || failure.Code != 7000215 {
				t.Errorf("sign in with the removed secret: %v", failure)
			}
		})
	}
}

func TestPasswordDefaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	made := b.do(t, "owner", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/microsoft.graph.addPassword", `{}`)
	start, err1 := time.Parse(time.RFC3339, made.body["startDateTime"].(string))
	end, err2 := time.Parse(time.RFC3339, made.body["endDateTime"].(string))
	if err1 != nil || err2 != nil || !end.Equal(start.AddDate(2, 0, 0)) || made.body["displayName"] != nil {
		t.Errorf("made %v", made.body)
	}
}

func TestPasswordLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	path := "/v1.0/applications/" + b.other.ObjectID + "/addPassword"
	for range 2 {
		if got := b.do(t, "all", http.MethodPost, path, `{}`); got.status != http.StatusOK {
			t.Fatalf("one of two: %d %s", got.status, got.message())
		}
	}
	got := b.do(t, "all", http.MethodPost, path, `{}`)
	if got.status != http.StatusBadRequest || got.code() != "TooManyAppPasswords" || got.message() != "Not allowed to add 3 passwords. You can only add a maximum of 2 passwords." {
		t.Errorf("third: %d %s %s", got.status, got.code(), got.message())
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.w.Lock()
	b.tenant.DefaultPolicy.Enabled = true
	b.tenant.DefaultPolicy.Passwords = []directory.PasswordRestriction{{Kind: "passwordLifetime", MaxLifetime: 90 * 24 * time.Hour}}
	block := b.d.AddPolicy(b.tenant, directory.Policy{DisplayName: "none", Enabled: true, Passwords: []directory.PasswordRestriction{{Kind: "passwordAddition"}}})
	b.other.PolicyID = block.ID
	b.w.Unlock()
	long := b.do(t, "all", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`)
	if long.status != http.StatusBadRequest || long.code() != "CredentialInvalidLifetimeAsPerAppPolicy" {
		t.Errorf("a long life: %d %s", long.status, long.code())
	}
	end := b.w.Now().AddDate(0, 0, 90).Add(-time.Minute).Format(time.RFC3339)
	short := b.do(t, "all", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{"passwordCredential":{"endDateTime":"`+end+`"}}`)
	if short.status != http.StatusOK {
		t.Errorf("a short life: %d %s", short.status, short.message())
	}
	blocked := b.do(t, "all", http.MethodPost, "/v1.0/applications/"+b.other.ObjectID+"/addPassword", `{}`)
	if blocked.code() != "CredentialTypeNotAllowedAsPerAppPolicy" || !strings.Contains(blocked.message(), block.ID) {
		t.Errorf("a blocked app: %d %s %s", blocked.status, blocked.code(), blocked.message())
	}
	shown := b.do(t, "all", http.MethodGet, "/v1.0/policies/defaultAppManagementPolicy", "")
	rule := shown.body["applicationRestrictions"].(map[string]any)["passwordCredentials"].([]any)[0].(map[string]any)
	if rule["maxLifetime"] != "P90D" || rule["restrictionType"] != "passwordLifetime" || rule["state"] != "enabled" {
		t.Errorf("shown %v", rule)
	}
	for path, want := range map[string]int{
		"/v1.0/policies/appManagementPolicies":                              1,
		"/v1.0/applications/" + b.other.ObjectID + "/appManagementPolicies": 1,
		"/v1.0/applications/" + b.app.ObjectID + "/appManagementPolicies":   0,
	} {
		if got := b.do(t, "all", http.MethodGet, path, ""); len(got.list()) != want {
			t.Errorf("%s: %v", path, got.body)
		}
	}
}

func TestKeyCredentialsReplaceTheWholeCollection(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: b.w.Now(), NotAfter: b.w.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := "/v1.0/applications/" + b.app.ObjectID
	text := base64.StdEncoding.EncodeToString(der)
	got := b.do(t, "owner", http.MethodPatch, path, `{"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","key":"`+text+`","displayName":"one"}]}`)
	if got.status != http.StatusNoContent {
		t.Fatalf("patch: %d %s", got.status, got.message())
	}
	first := b.keys(t, path)[0]
	if first["key"] != nil || first["customKeyIdentifier"] == nil {
		t.Errorf("shown %v", first)
	}
	selected := b.do(t, "reader", http.MethodGet, path+"?$select=keyCredentials", "")
	if one := selected.body["keyCredentials"].([]any)[0].(map[string]any); one["key"] != text {
		t.Error("the key is not shown when it is selected")
	}
	kept := `{"keyId":"` + first["keyId"].(string) + `","type":"AsymmetricX509Cert","usage":"Verify","key":null}`
	got = b.do(t, "owner", http.MethodPatch, path, `{"keyCredentials":[`+kept+`,{"type":"Symmetric","usage":"Sign","key":"c2VjcmV0"}]}`)
	if keys := b.keys(t, path); got.status != http.StatusNoContent || len(keys) != 2 || keys[0]["keyId"] != first["keyId"] {
		t.Errorf("append: %d %s, keys %v", got.status, got.message(), keys)
	}
	if b.do(t, "owner", http.MethodPatch, path, `{"keyCredentials":[]}`); len(b.keys(t, path)) != 0 {
		t.Error("an empty collection does not replace")
	}
}

func (b *bench) keys(t *testing.T, path string) []map[string]any {
	t.Helper()
	var keys []map[string]any
	list, _ := b.do(t, "reader", http.MethodGet, path, "").body["keyCredentials"].([]any)
	for _, item := range list {
		keys = append(keys, item.(map[string]any))
	}
	return keys
}

func TestOwnership(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	path := "/v1.0/applications/" + b.other.ObjectID
	owner := b.app.Owners[0]
	reference := `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/` + owner + `"}`
	if got := b.do(t, "owner", http.MethodPost, path+"/owners/$ref", reference); got.status != http.StatusForbidden {
		t.Errorf("making oneself an owner: %d", got.status)
	}
	if got := b.do(t, "all", http.MethodPost, path+"/owners/$ref", reference); got.status != http.StatusNoContent {
		t.Fatalf("add owner: %d %s", got.status, got.message())
	}
	if got := b.do(t, "owner", http.MethodPost, path+"/addPassword", `{}`); got.status != http.StatusOK {
		t.Errorf("a password by the new owner: %d %s", got.status, got.message())
	}
	if got := b.do(t, "all", http.MethodDelete, path+"/owners/"+owner+"/$ref", ""); got.status != http.StatusNoContent {
		t.Errorf("drop owner: %d %s", got.status, got.message())
	}
	if got := b.do(t, "owner", http.MethodPost, path+"/addPassword", `{}`); got.status != http.StatusForbidden {
		t.Errorf("a password by the former owner: %d", got.status)
	}
}

func TestCreateAndDelete(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	made := b.do(t, "owner", http.MethodPost, "/v1.0/applications", `{"displayName":"fresh","identifierUris":["api://fresh"],"passwordCredentials":[]}`)
	if made.status != http.StatusCreated || made.body["appId"] == nil || made.body["identifierUris"].([]any)[0] != "api://fresh" {
		t.Fatalf("create: %d %v", made.status, made.body)
	}
	if got := b.do(t, "owner", http.MethodPost, "/v1.0/servicePrincipals", `{"appId":"`+made.body["appId"].(string)+`"}`); got.status != http.StatusCreated {
		t.Errorf("create its principal: %d %s", got.status, got.message())
	}
	path := "/v1.0/applications/" + made.body["id"].(string)
	if got := b.do(t, "owner", http.MethodPost, path+"/addPassword", `{}`); got.status != http.StatusOK {
		t.Errorf("its maker owns it: %d %s", got.status, got.message())
	}
	if got := b.do(t, "owner", http.MethodDelete, path, ""); got.status != http.StatusNoContent {
		t.Errorf("delete: %d", got.status)
	}
	if got := b.do(t, "owner", http.MethodGet, path, ""); got.status != http.StatusNotFound {
		t.Errorf("get what is deleted: %d", got.status)
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	resource := b.do(t, "all", http.MethodGet, "/v1.0/servicePrincipals(appId='"+directory.GraphAppID+"')", "")
	sp := b.app.ServicePrincipal
	body := `{"principalId":"` + sp.ObjectID + `","resourceId":"` + resource.body["id"].(string) + `","appRoleId":"9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"}`
	path := "/v1.0/servicePrincipals/" + sp.ObjectID + "/appRoleAssignments"
	if got := b.do(t, "owner", http.MethodPost, path, body); got.status != http.StatusForbidden {
		t.Errorf("grant without permission: %d", got.status)
	}
	if got := b.do(t, "all", http.MethodPost, path, body); got.status != http.StatusCreated || got.body["principalId"] != sp.ObjectID {
		t.Fatalf("grant: %d %s", got.status, got.message())
	}
	if got := b.do(t, "all", http.MethodPost, path, body); got.status != http.StatusBadRequest {
		t.Errorf("grant twice: %d", got.status)
	}
	if got := b.do(t, "reader", http.MethodGet, path, ""); len(got.list()) != 1 || got.list()[0]["resourceDisplayName"] != "Microsoft Graph" {
		t.Fatalf("list: %v", got.body)
	}
	one := path + "/" + b.do(t, "reader", http.MethodGet, path, "").list()[0]["id"].(string)
	for _, c := range []struct {
		who, method string
		status      int
	}{
		{"reader", http.MethodGet, http.StatusOK},
		{"owner", http.MethodDelete, http.StatusForbidden},
		{"all", http.MethodPatch, http.StatusMethodNotAllowed},
		{"all", http.MethodDelete, http.StatusNoContent},
		{"all", http.MethodDelete, http.StatusNotFound},
	} {
		if got := b.do(t, c.who, c.method, one, ""); got.status != c.status {
			t.Errorf("%s %s: %d, want %d", c.who, c.method, got.status, c.status)
		}
	}
}

// TestUnkindness checks what the cloud does on an ordinary day.
func TestUnkindness(t *testing.T) {
	t.Parallel()
	t.Run("a new secret works in each region after its delay only", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, world.Settings{})
		value, _ := b.must(t, http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`).body["secretText"].(string)
		if failure := b.signIn(value); failure == nil || failure.Code != 7000215 {
			t.Errorf("at once: %v", failure)
		}
		b.w.Advance(time.Minute)
		for range 50 {
			if failure := b.signIn(value); failure != nil {
				t.Fatalf("after a minute: %v", failure)
			}
		}
	})
	t.Run("reads flip between replicas, then settle", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, world.Settings{})
		path := "/v1.0/applications/" + b.app.ObjectID
		b.must(t, http.MethodPost, path+"/addPassword", `{}`)
		seen := map[int]int{}
		for range 60 {
			list, _ := b.must(t, http.MethodGet, path, "").body["passwordCredentials"].([]any)
			seen[len(list)]++
		}
		if seen[0] == 0 || seen[1] == 0 {
			t.Errorf("reads saw %v", seen)
		}
		b.w.Advance(10 * time.Second)
		for range 40 {
			if list, _ := b.must(t, http.MethodGet, path, "").body["passwordCredentials"].([]any); len(list) != 1 {
				t.Fatal("a settled object still flips")
			}
		}
	})
	t.Run("a new app is not found for some seconds", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, world.Settings{})
		made := b.must(t, http.MethodPost, "/v1.0/applications", `{"displayName":"fresh"}`)
		statuses := map[int]int{}
		for range 60 {
			statuses[b.must(t, http.MethodGet, "/v1.0/applications/"+made.body["id"].(string), "").status]++
		}
		if statuses[404] == 0 || statuses[200] == 0 {
			t.Errorf("statuses %v", statuses)
		}
	})
	t.Run("two writes at once: one is refused, none is lost", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, world.Settings{})
		var group sync.WaitGroup
		replies := make([]reply, 2)
		for i := range replies {
			group.Go(func() {
				replies[i] = b.must(t, http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`)
			})
		}
		group.Wait()
		if replies[0].status > replies[1].status {
			replies[0], replies[1] = replies[1], replies[0]
		}
		if replies[0].status != http.StatusOK || replies[1].status != http.StatusBadRequest || replies[1].code() != "Directory_ConcurrencyViolation" {
			t.Errorf("got %d and %d %s", replies[0].status, replies[1].status, replies[1].code())
		}
		if len(b.app.Passwords) != 1 {
			t.Errorf("%d passwords", len(b.app.Passwords))
		}
	})
	t.Run("reports are throttled with a time to wait", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, world.Settings{})
		throttled := false
		for range 12 {
			got := b.do(t, "all", http.MethodGet, "/beta/reports/appCredentialSignInActivities", "")
			throttled = throttled || (got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") != "")
		}
		if !throttled {
			t.Error("twelve reports in a moment were all answered")
		}
	})
}

// must repeats what the cloud throttles, which it does now and then.
func (b *bench) must(t *testing.T, method, path, body string) reply {
	t.Helper()
	for {
		if got := b.do(t, "all", method, path, body); got.status != http.StatusTooManyRequests {
			return got
		}
	}
}
