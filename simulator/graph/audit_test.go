package graph_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/world"
)

func TestTheAuditLogTellsWhoChangedCredentials(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	made := b.do(t, "owner", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{"passwordCredential":{"displayName":"by hand"}}`)
	value, keyID := made.body["secretText"].(string), made.body["keyId"].(string)
	b.do(t, "owner", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/removePassword", `{"keyId":"`+keyID+`"}`)
	b.do(t, "owner", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/removePassword", `{"keyId":"`+keyID+`"}`) // fails, and leaves no trace
	b.do(t, "all", http.MethodPatch, "/v1.0/applications/"+b.app.ObjectID, `{"notes":"seen"}`)
	fresh := b.do(t, "all", http.MethodPost, "/v1.0/applications", `{"displayName":"fresh"}`)
	b.do(t, "all", http.MethodDelete, "/v1.0/applications/"+fresh.body["id"].(string), "")

	const path = "/v1.0/auditLogs/directoryAudits"
	rows := b.do(t, "all", http.MethodGet, path+"?"+q("filter", "targetResources/any(t: t/id eq '"+b.app.ObjectID+"')"), "").list()
	if len(rows) != 3 {
		t.Fatalf("%d changes of the app: %v", len(rows), rows)
	}
	if rows[0]["activityDisplayName"] != "Update application" {
		t.Errorf("the newest is first: %v", rows[0])
	}
	removed, added := keyChange(t, rows[1]), keyChange(t, rows[2])
	if !strings.Contains(removed["oldValue"].(string), keyID) || removed["newValue"] != "[]" {
		t.Errorf("removal: %v", removed)
	}
	if added["oldValue"] != "[]" || !strings.Contains(added["newValue"].(string), "[KeyIdentifier="+keyID+",KeyType=Password,KeyUsage=Verify,DisplayName=by hand]") {
		t.Errorf("addition: %v", added)
	}
	if who := rows[2]["initiatedBy"].(map[string]any)["app"].(map[string]any); who["displayName"] != "caller owner" {
		t.Errorf("who: %v", who)
	}
	all := b.do(t, "all", http.MethodGet, path, "")
	if len(all.list()) != 5 || all.list()[0]["operationType"] != "Delete" || all.list()[1]["activityDisplayName"] != "Add application" {
		t.Errorf("all changes: %v", all.body)
	}
	for _, row := range all.list() {
		if strings.Contains(row["targetResources"].([]any)[0].(map[string]any)["displayName"].(string)+keyText(row), value) {
			t.Errorf("a secret in the audit log: %v", row)
		}
	}
	if one := b.do(t, "all", http.MethodGet, path+"/"+rows[0]["id"].(string), ""); one.body["id"] != rows[0]["id"] {
		t.Errorf("one of them: %v", one.body)
	}
	if refused := b.do(t, "reader", http.MethodGet, path, ""); refused.status != http.StatusForbidden {
		t.Errorf("without the right: %v", refused.body)
	}
}

func keyChange(t *testing.T, row map[string]any) map[string]any {
	t.Helper()
	if !strings.Contains(row["activityDisplayName"].(string), "Certificates and secrets management") {
		t.Fatalf("no change of credentials: %v", row)
	}
	return row["targetResources"].([]any)[0].(map[string]any)["modifiedProperties"].([]any)[0].(map[string]any)
}

func keyText(row map[string]any) string {
	changed, _ := row["targetResources"].([]any)[0].(map[string]any)["modifiedProperties"].([]any)
	text := ""
	for _, one := range changed {
		text += one.(map[string]any)["oldValue"].(string) + one.(map[string]any)["newValue"].(string)
	}
	return text
}

func TestWhenAnAppSignedInLast(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for range 2 {
		made := b.do(t, "all", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`)
		if failure := b.signIn(made.body["secretText"].(string)); failure != nil {
			t.Fatal(failure)
		}
		b.w.Advance(time.Minute)
	}
	const path = "/beta/reports/servicePrincipalSignInActivities"
	rows := b.do(t, "all", http.MethodGet, path+"?"+q("filter", "appId eq '"+b.app.AppID+"'"), "").list()
	if len(rows) != 1 {
		t.Fatalf("rows %v", rows)
	}
	last, err := time.Parse(time.RFC3339, rows[0]["lastSignInActivity"].(map[string]any)["lastSignInDateTime"].(string))
	if err != nil || b.w.Now().Sub(last) > 2*time.Minute {
		t.Errorf("last sign-in %s, now %s (%v)", last, b.w.Now(), err)
	}
	if got := b.do(t, "all", http.MethodGet, path+"/"+rows[0]["id"].(string), ""); got.body["appId"] != b.app.AppID {
		t.Errorf("one row: %v", got.body)
	}
}

func TestAnAppIsMadeWithAPassword(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	made := b.do(t, "all", http.MethodPost, "/v1.0/applications", `{"displayName":"fresh","passwordCredentials":[{"displayName":"first"}]}`)
	held, _ := made.body["passwordCredentials"].([]any)
	if made.status != http.StatusCreated || len(held) != 1 || held[0].(map[string]any)["secretText"] == nil || held[0].(map[string]any)["displayName"] != "first" {
		t.Fatalf("made: %d %v", made.status, made.body)
	}
	read := b.do(t, "all", http.MethodGet, "/v1.0/applications/"+made.body["id"].(string), "")
	if read.body["passwordCredentials"].([]any)[0].(map[string]any)["secretText"] != nil {
		t.Errorf("the value is shown once: %v", read.body["passwordCredentials"])
	}
	bad := b.do(t, "all", http.MethodPost, "/v1.0/applications", `{"displayName":"worse","passwordCredentials":[{"endDateTime":"2001-01-01T00:00:00Z"}]}`)
	if bad.status != http.StatusBadRequest {
		t.Errorf("ended before it began: %v", bad.body)
	}
	if left := b.do(t, "all", http.MethodGet, "/v1.0/applications?"+q("filter", "displayName eq 'worse'"), ""); len(left.list()) != 0 {
		t.Errorf("left behind: %v", left.body)
	}
}

func TestTenantsAreFoundByIDAndDomain(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for name, path := range map[string]string{"by id": "ByTenantId(tenantId='" + b.tenant.ID + "')", "by domain": "ByDomainName(domainName='contoso.onmicrosoft.com')"} {
		got := b.do(t, "all", http.MethodGet, "/v1.0/tenantRelationships/findTenantInformation"+path, "")
		if got.body["tenantId"] != b.tenant.ID || got.body["displayName"] != "Contoso" || got.body["defaultDomainName"] != "contoso.onmicrosoft.com" {
			t.Errorf("%s: %v", name, got.body)
		}
	}
	if got := b.do(t, "all", http.MethodGet, "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='nobody.example')", ""); got.status != http.StatusNotFound {
		t.Errorf("nobody's: %v", got.body)
	}
	if got := b.do(t, "reader", http.MethodGet, "/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='"+b.tenant.ID+"')", ""); got.status != http.StatusForbidden {
		t.Errorf("without the right: %v", got.body)
	}
}
