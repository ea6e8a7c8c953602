package azure_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

func TestSubscriptionsTenantsAndGroupsThatACallerSees(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	narrow, _ := b.caller(t, "Reader", kvID)
	nobody, _ := b.caller(t, "", "")
	b.w.Lock()
	foreign := b.d.AddApplication(otherID, directory.AppSpec{DisplayName: "foreign"})
	b.w.Unlock()
	for name, c := range map[string]struct {
		token string
		count int
	}{"the owner": {b.token, 1}, "a reader of one resource": {narrow, 1}, "one without any role": {nobody, 0}, "one of another tenant": {b.mint(t, foreign), 0}} {
		if a := b.doAs(t, c.token, http.MethodGet, "/subscriptions?api-version=2022-12-01", ""); len(a.body["value"].([]any)) != c.count {
			t.Errorf("%s: %s", name, a.text)
		}
	}
	a := b.do(t, http.MethodGet, sub+"?api-version=2022-12-01", "")
	if a.body["subscriptionId"] != subscription || a.body["tenantId"] != tenantID || a.body["state"] != "Enabled" {
		t.Errorf("subscription: %s", a.text)
	}
	want(t, b.doAs(t, nobody, http.MethodGet, sub+"?api-version=2022-12-01", ""), http.StatusForbidden, "AuthorizationFailed")
	if a := b.do(t, http.MethodGet, "/tenants?api-version=2022-12-01", ""); !strings.Contains(a.text, tenantID) {
		t.Errorf("tenants: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, sub+"/resourcegroups"+rm, ""); a.names() != "rg-one rg-two" {
		t.Errorf("groups: %s", a.text)
	}
	if a := b.doAs(t, narrow, http.MethodGet, sub+"/resourceGroups"+rm, ""); a.names() != "rg-one" {
		t.Errorf("groups of a reader of one resource: %s", a.text)
	}
}

func TestResourceListing(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	narrow, _ := b.caller(t, "Reader", kvID)
	for filter, wanted := range map[string]string{
		"":         "app-kv app-spo app-auto app-auto/Sync Check kv-one",
		"&$top=50": "app-kv app-spo app-auto app-auto/Sync Check kv-one",
		"&$filter=resourceType eq 'Microsoft.Web/connections'":                                                                "app-kv app-spo",
		"&$filter=resourceType eq 'microsoft.web/connections' and name eq 'app-spo'":                                          "app-spo",
		"&$filter=resourceType eq 'Microsoft.KeyVault/vaults' or resourceType eq 'Microsoft.Logic/workflows'":                 "Check kv-one",
		"&$filter=tagName eq 'team' and tagValue eq 'red'":                                                                    "app-kv",
		"&$filter=tagName eq 'team' and tagValue eq 'blue'":                                                                   "",
		"&$filter=resourceType eq 'Microsoft.Automation/automationAccounts'":                                                  "app-auto",
		"&$filter=startswith(name,'app') and resourceType ne 'Microsoft.Web/connections'":                                     "app-auto",
		"&$filter=substringof('AUTO', name)":                                                                                  "app-auto",
		"&$filter=resourceGroup eq 'rg-two'":                                                                                  "",
		"&$filter=(name eq 'Check' or name eq 'Sync') and resourceType eq 'Microsoft.Automation/automationAccounts/runbooks'": "app-auto/Sync",
	} {
		if a := b.do(t, http.MethodGet, sub+"/resources"+rm+filter, ""); a.names() != wanted {
			t.Errorf("%s: got %q", filter, a.names())
		}
	}
	if a := b.do(t, http.MethodGet, group+"/resources"+rm, ""); len(a.body["value"].([]any)) != 6 {
		t.Errorf("of the group: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, sub+"/resourceGroups/rg-two/resources"+rm, ""); a.names() != "" {
		t.Errorf("of the other group: %s", a.text)
	}
	if a := b.doAs(t, narrow, http.MethodGet, sub+"/resources"+rm, ""); a.names() != "app-kv" {
		t.Errorf("a narrow reader sees %q", a.names())
	}
	if a := b.do(t, http.MethodGet, sub+"/resources"+rm, ""); strings.Contains(a.text, "old-secret") || strings.Contains(a.text, `"properties"`) {
		t.Errorf("the listing shows too much: %s", a.text)
	}
	if a := b.doAs(t, "", http.MethodGet, "/metadata/endpoints?api-version=2022-09-01", ""); a.status != http.StatusOK || !strings.Contains(a.text, `"keyVaultDns":"vault.azure.net"`) {
		t.Errorf("where the services are: %d %s", a.status, a.text)
	}
	want(t, b.do(t, http.MethodGet, sub+"/resources"+rm+"&$filter=colour eq 'x'", ""), http.StatusBadRequest, "InvalidFilterInQueryString")
	want(t, b.do(t, http.MethodGet, sub+"/resources"+rm+"&$filter=nonsense", ""), http.StatusBadRequest, "InvalidFilterInQueryString")
	want(t, b.do(t, http.MethodGet, sub+"/resources"+rm+"&$skiptoken=!", ""), http.StatusBadRequest, "InvalidSkipToken")
}

func TestListingAcrossGroupsShowsWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	narrow, _ := b.caller(t, "Reader", kvID)
	nobody, _ := b.caller(t, "", "")
	for path, wanted := range map[string]string{
		"/providers/Microsoft.Web/connections" + web: "app-kv", "/providers/Microsoft.Logic/workflows" + logic: "", "/providers/Microsoft.KeyVault/vaults" + keyvault: "",
	} {
		if a := b.doAs(t, narrow, http.MethodGet, sub+path, ""); a.status != http.StatusOK || a.names() != wanted {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
		want(t, b.doAs(t, nobody, http.MethodGet, sub+path, ""), http.StatusForbidden, "AuthorizationFailed")
	}
	if a := b.do(t, http.MethodGet, sub+"/resources"+rm+"&$filter=name eq 'app-kv'&$expand=createdTime,changedTime,provisioningState", ""); !strings.Contains(a.text, `"provisioningState":"Succeeded"`) || !strings.Contains(a.text, `"createdTime"`) {
		t.Errorf("expanded: %s", a.text)
	}
}

func TestResourceListingPages(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	var seen []string
	path := sub + "/resources" + rm + "&$top=2"
	for path != "" {
		a := b.do(t, http.MethodGet, path, "")
		seen = append(seen, a.names())
		next, _ := a.body["nextLink"].(string)
		path = strings.TrimPrefix(next, "https://management.azure.com")
	}
	if got := strings.Join(seen, " | "); got != "app-kv app-spo | app-auto app-auto/Sync | Check kv-one" {
		t.Errorf("pages: %s", got)
	}
}

func TestNewResourceIsListedLater(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 8})
	path := group + "/providers/Microsoft.Storage/storageAccounts/fresh" + rm
	if a := b.do(t, http.MethodPut, path, `{"location":"West Europe","sku":{"name":"Standard_LRS"},"tags":{"a":"b"}}`); a.status != http.StatusCreated || a.body["location"] != "westeurope" {
		t.Fatalf("create: %d %s", a.status, a.text)
	}
	listing := sub + "/resources" + rm + "&$filter=name eq 'fresh'"
	if a := b.do(t, http.MethodGet, path, ""); a.status != http.StatusOK || a.at("tags", "a") != "b" {
		t.Errorf("get at once: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, listing, ""); a.names() != "" {
		t.Errorf("listed at once: %s", a.text)
	}
	b.w.Advance(time.Minute)
	if a := b.do(t, http.MethodGet, listing, ""); a.names() != "fresh" {
		t.Errorf("listed later: %s", a.text)
	}
}

func TestGenericResources(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	id := group + "/providers/Microsoft.Web/sites/site"
	if a := b.do(t, http.MethodPut, id+rm, `{"location":"westeurope","kind":"app","properties":{"x":{"y":1}}}`); a.status != http.StatusCreated {
		t.Fatalf("create: %s", a.text)
	}
	if a := b.do(t, http.MethodPatch, id+rm, `{"properties":{"z":2}}`); a.status != http.StatusOK || a.at("properties", "x", "y") != 1.0 || a.at("properties", "z") != 2.0 {
		t.Errorf("patch: %s", a.text)
	}
	if a := b.do(t, http.MethodHead, id+rm, ""); a.status != http.StatusNoContent || a.text != "" {
		t.Errorf("head: %d %s", a.status, a.text)
	}
	if a := b.do(t, http.MethodPut, id+"/slots/stage"+rm, `{"location":"westeurope"}`); a.status != http.StatusCreated {
		t.Errorf("child: %s", a.text)
	}
	want(t, b.do(t, http.MethodPut, group+"/providers/Microsoft.Resources/deployments/d"+rm, `{"properties":{}}`), http.StatusNotFound, "NotFound")
	want(t, b.do(t, http.MethodPut, group+"/providers/Microsoft.Web/sites/none/slots/stage"+rm, `{"location":"westeurope"}`), http.StatusNotFound, "ParentResourceNotFound")
	if a := b.do(t, http.MethodGet, group+"/providers/Microsoft.Web/sites"+rm, ""); a.names() != "site" {
		t.Errorf("list: %s", a.text)
	}
	if a := b.do(t, http.MethodDelete, id+rm, ""); a.status != http.StatusOK {
		t.Errorf("delete: %d", a.status)
	}
	if a := b.do(t, http.MethodDelete, id+rm, ""); a.status != http.StatusNoContent {
		t.Errorf("delete again: %d", a.status)
	}
	want(t, b.do(t, http.MethodGet, id+"/slots/stage"+rm, ""), http.StatusNotFound, "ResourceNotFound")
	if a := b.do(t, http.MethodHead, kvID+web, ""); a.status != http.StatusNoContent {
		t.Errorf("head of a connection: %d", a.status)
	}
}

func TestGroupsAreMadeAndRemovedWithAllInThem(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	path := sub + "/resourcegroups/fresh" + rm
	want(t, b.do(t, http.MethodPut, path, `{}`), http.StatusBadRequest, "LocationRequired")
	if a := b.do(t, http.MethodPut, path, `{"location":"westeurope"}`); a.status != http.StatusCreated || a.at("properties", "provisioningState") != "Succeeded" {
		t.Errorf("create: %d %s", a.status, a.text)
	}
	want(t, b.do(t, http.MethodPut, path, `{"location":"eastus"}`), http.StatusConflict, "InvalidResourceGroupLocation")
	if a := b.do(t, http.MethodPatch, path, `{"tags":{"a":"b"}}`); a.at("tags", "a") != "b" {
		t.Errorf("patch: %s", a.text)
	}
	if a := b.do(t, http.MethodHead, group+rm, ""); a.status != http.StatusNoContent {
		t.Errorf("head: %d", a.status)
	}
	if a := b.do(t, http.MethodDelete, group+rm, ""); a.status != http.StatusOK || b.v.HasVault("kv-one.vault.azure.net") || b.value(secretVariable) != "" {
		t.Errorf("delete: %d", a.status)
	}
	if a := b.do(t, http.MethodGet, sub+"/resources"+rm, ""); a.names() != "" {
		t.Errorf("what is left: %s", a.text)
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	if a := b.do(t, http.MethodGet, sub+"/providers/microsoft.web"+rm, ""); a.body["namespace"] != "Microsoft.Web" || a.body["registrationState"] != "Registered" || !strings.Contains(a.text, `"2016-06-01"`) {
		t.Errorf("provider: %s", a.text)
	}
	if a := b.do(t, http.MethodPost, sub+"/providers/Microsoft.Logic/register"+rm, ""); a.status != http.StatusOK {
		t.Errorf("register: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, sub+"/providers"+rm, ""); len(a.body["value"].([]any)) < 5 {
		t.Errorf("providers: %s", a.text)
	}
	want(t, b.do(t, http.MethodGet, sub+"/providers/Microsoft.Nothing"+rm, ""), http.StatusNotFound, "InvalidResourceNamespace")
}

func TestResourceGraph(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	narrow, _ := b.caller(t, "Reader", spoID)
	const path = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
	query := `{"subscriptions":["` + subscription + `"],"query":"resources | where type =~ 'Microsoft.Web/connections' | project id, name, type, api = properties.api.name"}`
	a := b.do(t, http.MethodPost, path, query)
	rows, _ := a.body["data"].([]any)
	if a.body["totalRecords"] != 2.0 || len(rows) != 2 || rows[0].(map[string]any)["api"] != "keyvault" || rows[0].(map[string]any)["type"] != "microsoft.web/connections" || strings.Contains(a.text, "old-secret") {
		t.Errorf("query: %s", a.text)
	}
	if a := b.doAs(t, narrow, http.MethodPost, path, query); a.body["totalRecords"] != 1.0 {
		t.Errorf("a narrow reader: %s", a.text)
	}
	all := b.do(t, http.MethodPost, path, `{"query":"resources"}`)
	if strings.Contains(all.text, "old-secret") {
		t.Errorf("a secret in the graph: %s", all.text)
	}
	paged := b.do(t, http.MethodPost, path, `{"query":"resources","options":{"$top":4,"resultFormat":"table"}}`)
	if paged.body["count"] != 4.0 || paged.body["$skipToken"] == nil || paged.at("data", "columns") == nil {
		t.Errorf("page: %s", paged.text)
	}
	if a := b.do(t, http.MethodPost, path, `{"query":"resources","options":{"$skipToken":"`+paged.body["$skipToken"].(string)+`"}}`); a.body["count"] != 2.0 {
		t.Errorf("next page: %s", a.text)
	}
	if a := b.do(t, http.MethodPost, path, `{"query":"resourcecontainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups'"}`); a.body["totalRecords"] != 2.0 {
		t.Errorf("containers: %s", a.text)
	}
	want(t, b.do(t, http.MethodPost, path, `{"query":"resources | summarize x"}`), http.StatusBadRequest, "BadRequest")
	want(t, b.do(t, http.MethodPost, path, `{}`), http.StatusBadRequest, "BadRequest")
}

func TestResourceGraphSaysWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	narrow, reader := b.caller(t, "Reader", spoID)
	const path = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
	// the form of Microsoft's own sample: assignments joined with the names of their roles
	query := `{"query":"authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | extend role = tolower(tostring(properties.roleDefinitionId)) | join kind=inner (authorizationresources | where type =~ 'microsoft.authorization/roledefinitions' | extend role = tolower(id), roleName = tostring(properties.roleName)) on role | project who = properties.principalId, roleName | order by roleName asc"}`
	a := b.do(t, http.MethodPost, path, query)
	rows, _ := a.body["data"].([]any)
	if len(rows) != 2 || rows[0].(map[string]any)["roleName"] != "Owner" || rows[1].(map[string]any)["roleName"] != "Reader" || rows[1].(map[string]any)["who"] != b.object(reader) {
		t.Errorf("assignments: %s", a.text)
	}
	if a := b.doAs(t, narrow, http.MethodPost, path, query); a.body["totalRecords"] != 1.0 {
		t.Errorf("a reader of one resource sees its own assignment alone: %s", a.text)
	}
	for _, none := range []string{"denyAssignments", "classicAdministrators", "roleEligibilityScheduleInstances", "roleAssignmentScheduleInstances"} {
		if a := b.do(t, http.MethodGet, sub+"/providers/Microsoft.Authorization/"+none+access, ""); a.status != http.StatusOK || len(a.body["value"].([]any)) != 0 {
			t.Errorf("%s: %s", none, a.text)
		}
	}
}
