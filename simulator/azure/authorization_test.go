package azure_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

func TestPermissionsAtGroupAndResource(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	reader, _ := b.caller(t, "Reader", group)
	nobody, _ := b.caller(t, "", "")
	for _, scope := range []string{group, strings.Replace(group, "resourceGroups", "resourcegroups", 1), kvID, vaultID, secretVariable} {
		a := b.doAs(t, reader, http.MethodGet, scope+"/providers/Microsoft.Authorization/permissions"+access, "")
		entries, _ := a.body["value"].([]any)
		if a.status != http.StatusOK || len(entries) != 1 {
			t.Errorf("%s: %d %s", scope, a.status, a.text)
			continue
		}
		entry := entries[0].(map[string]any)
		if entry["actions"].([]any)[0] != "*/read" || len(entry["notActions"].([]any)) != 0 {
			t.Errorf("%s: %v", scope, entry)
		}
	}
	want(t, b.doAs(t, nobody, http.MethodGet, group+"/providers/Microsoft.Authorization/permissions"+access, ""), http.StatusForbidden, "AuthorizationFailed")
	want(t, b.do(t, http.MethodGet, group+"/providers/Microsoft.Web/connections/none/providers/Microsoft.Authorization/permissions"+access, ""), http.StatusNotFound, "ResourceNotFound")
}

const assignment = group + "/providers/Microsoft.Authorization/roleAssignments/aaaaaaaa-0000-4000-8000-000000000001"

func assignBody(definition, principal string) string {
	return `{"properties":{"roleDefinitionId":"` + sub + `/providers/Microsoft.Authorization/roleDefinitions/` + definition + `","principalId":"` + principal + `","principalType":"ServicePrincipal"}}`
}

const contributorID = "b24988ac-6180-42a0-ab88-20f7382dd24c"

func TestFreshAssignmentLags(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 2})
	token, app := b.caller(t, "", "")
	if a := b.do(t, http.MethodPut, assignment+access, assignBody(contributorID, b.object(app))); a.status != http.StatusCreated {
		t.Fatalf("assign: %s", a.text)
	}
	want(t, b.doAs(t, token, http.MethodGet, kvID+web, ""), http.StatusForbidden, "AuthorizationFailed")
	b.w.Advance(time.Minute)
	if a := b.doAs(t, token, http.MethodGet, kvID+web, ""); a.status != http.StatusOK {
		t.Errorf("after a minute: %s", a.text)
	}
	if a := b.do(t, http.MethodDelete, assignment+access, ""); a.status != http.StatusOK {
		t.Fatalf("remove: %s", a.text)
	}
	if a := b.doAs(t, token, http.MethodGet, kvID+web, ""); a.status != http.StatusOK {
		t.Errorf("a removed one counts for a while: %s", a.text)
	}
	b.w.Advance(time.Minute)
	want(t, b.doAs(t, token, http.MethodGet, kvID+web, ""), http.StatusForbidden, "AuthorizationFailed")
}

func TestAssignments(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	_, app := b.caller(t, "", "")
	other := strings.Replace(assignment, "000001", "000002", 1)
	if a := b.do(t, http.MethodPut, assignment+access, assignBody(contributorID, b.object(app))); a.status != http.StatusCreated {
		t.Fatalf("assign: %s", a.text)
	}
	if a := b.do(t, http.MethodPut, assignment+access, assignBody(contributorID, b.object(app))); a.status != http.StatusOK {
		t.Errorf("the same again: %d %s", a.status, a.text)
	}
	want(t, b.do(t, http.MethodPut, other+access, assignBody(contributorID, b.object(app))), http.StatusConflict, "RoleAssignmentExists")
	want(t, b.do(t, http.MethodPut, assignment+access, assignBody("acdd72a7-3385-48ef-bd42-f606fba81ae7", b.object(app))), http.StatusConflict, "RoleAssignmentUpdateNotPermitted")
	want(t, b.do(t, http.MethodPut, other+access, assignBody(contributorID, app.AppID)), http.StatusBadRequest, "PrincipalNotFound")
	want(t, b.do(t, http.MethodPut, other+access, assignBody(subscription, b.object(app))), http.StatusBadRequest, "RoleDefinitionDoesNotExist")
	want(t, b.do(t, http.MethodPut, strings.Replace(other, "/aaaaaaaa-0000", "/0000", 1)+access, assignBody(contributorID, b.object(app))), http.StatusBadRequest, "InvalidRoleAssignmentId")
	for filter, count := range map[string]int{"": 2, "&$filter=atScope()": 2, "&$filter=principalId eq '" + b.object(app) + "'": 1, "&$filter=assignedTo('" + b.object(app) + "')": 1} {
		a := b.do(t, http.MethodGet, group+"/providers/Microsoft.Authorization/roleAssignments"+access+filter, "")
		if got := len(a.body["value"].([]any)); got != count {
			t.Errorf("%q: %d assignments, want %d: %s", filter, got, count, a.text)
		}
	}
	if a := b.do(t, http.MethodGet, sub+"/providers/Microsoft.Authorization/roleAssignments"+access+"&$filter=atScope()", ""); len(a.body["value"].([]any)) != 1 {
		t.Errorf("at the subscription: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, assignment+access, ""); a.at("properties", "principalId") != b.object(app) {
		t.Errorf("get: %s", a.text)
	}
	if a := b.do(t, http.MethodDelete, other+access, ""); a.status != http.StatusNoContent {
		t.Errorf("remove one that is not there: %d", a.status)
	}
}

func TestRoleDefinitions(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	definitions := sub + "/providers/Microsoft.Authorization/roleDefinitions"
	for name, wanted := range map[string]string{"Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6", "Nothing": ""} {
		if a := b.do(t, http.MethodGet, definitions+access+"&$filter=roleName eq '"+name+"'", ""); a.names() != wanted {
			t.Errorf("%s: %s", name, a.text)
		}
	}
	mine := definitions + "/bbbbbbbb-0000-4000-8000-000000000001"
	body := `{"properties":{"roleName":"Renewer","assignableScopes":["` + group + `"],"permissions":[{"actions":["Microsoft.Web/connections/write"]}]}}`
	if a := b.do(t, http.MethodPut, mine+access, body); a.status != http.StatusCreated || a.at("properties", "type") != "CustomRole" {
		t.Fatalf("create: %d %s", a.status, a.text)
	}
	if a := b.do(t, http.MethodGet, definitions+access+"&$filter=type eq 'CustomRole'", ""); a.names() != "bbbbbbbb-0000-4000-8000-000000000001" {
		t.Errorf("custom roles: %s", a.text)
	}
	want(t, b.do(t, http.MethodPut, strings.Replace(mine, "000001", "000002", 1)+access, body), http.StatusConflict, "RoleDefinitionWithSameNameExists")
	want(t, b.do(t, http.MethodPut, definitions+"/"+contributorID+access, body), http.StatusForbidden, "RoleDefinitionIsBuiltIn")
	b.caller(t, "Renewer", group)
	want(t, b.do(t, http.MethodDelete, mine+access, ""), http.StatusConflict, "RoleDefinitionHasAssignments")
}

func TestVaultControlPlane(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	_, app := b.caller(t, "", "")
	entry := func(permissions string) string {
		return `{"properties":{"accessPolicies":[{"tenantId":"` + tenantID + `","objectId":"` + b.object(app) + `","permissions":{"secrets":[` + permissions + `]}}]}}`
	}
	if a := b.do(t, http.MethodPut, vaultID+"/accessPolicies/add"+keyvault, entry(`"get","set"`)); a.status != http.StatusOK {
		t.Fatalf("add: %s", a.text)
	}
	got := b.do(t, http.MethodGet, vaultID+keyvault, "")
	policies, _ := got.at("properties", "accessPolicies").([]any)
	if len(policies) != 1 || got.at("properties", "vaultUri") != "https://kv-one.vault.azure.net/" || got.at("properties", "enableRbacAuthorization") != false {
		t.Errorf("vault: %s", got.text)
	}
	b.do(t, http.MethodPut, vaultID+"/accessPolicies/remove"+keyvault, entry(`"set"`))
	if a := b.do(t, http.MethodPut, vaultID+"/accessPolicies/add"+keyvault, entry(`"list"`)); !strings.Contains(a.text, `"secrets":["get","list"]`) {
		t.Errorf("add merges: %s", a.text)
	}
	want(t, b.do(t, http.MethodPut, vaultID+"/accessPolicies/add"+keyvault, entry(`"write"`)), http.StatusBadRequest, "BadRequest")
	want(t, b.do(t, http.MethodPut, vaultID+"/accessPolicies/merge"+keyvault, entry(`"get"`)), http.StatusBadRequest, "BadRequest")
	if a := b.do(t, http.MethodGet, sub+"/providers/Microsoft.KeyVault/vaults"+keyvault, ""); a.names() != "kv-one" {
		t.Errorf("list: %s", a.text)
	}
}

func TestVaultPut(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	vaults := group + "/providers/Microsoft.KeyVault/vaults/"
	body := func(more string) string {
		return `{"location":"westeurope","properties":{"tenantId":"` + tenantID + `","sku":{"family":"A","name":"standard"}` + more + `}}`
	}
	if a := b.do(t, http.MethodPut, vaults+"kv-new"+keyvault, body("")); a.status != http.StatusCreated || a.at("properties", "enableRbacAuthorization") != true {
		t.Errorf("since 2026-02-01 roles are the default: %d %s", a.status, a.text)
	}
	if a := b.do(t, http.MethodPut, vaults+"kv-older?api-version=2023-07-01", body(`,"accessPolicies":[]`)); a.status != http.StatusCreated || a.at("properties", "enableRbacAuthorization") != false {
		t.Errorf("before, access policies were: %d %s", a.status, a.text)
	}
	if a := b.do(t, http.MethodPut, vaults+"kv-new"+keyvault, body(`,"networkAcls":{"defaultAction":"Deny"}`)); a.status != http.StatusOK || a.at("properties", "networkAcls", "defaultAction") != "Deny" {
		t.Errorf("firewall: %d %s", a.status, a.text)
	}
	want(t, b.do(t, http.MethodPut, sub+"/resourceGroups/rg-two/providers/Microsoft.KeyVault/vaults/kv-new"+keyvault, body("")), http.StatusConflict, "VaultAlreadyExists")
	want(t, b.do(t, http.MethodPut, vaults+"k"+keyvault, body("")), http.StatusBadRequest, "VaultNameNotValid")
	if a := b.do(t, http.MethodPatch, vaults+"kv-new"+keyvault, `{"properties":{"enableRbacAuthorization":false}}`); a.at("properties", "enableRbacAuthorization") != false {
		t.Errorf("patch: %s", a.text)
	}
	if a := b.do(t, http.MethodDelete, vaults+"kv-new"+keyvault, ""); a.status != http.StatusOK || b.v.HasVault("kv-new.vault.azure.net") {
		t.Errorf("delete: %d", a.status)
	}
}

func TestTemplateSetsASecretPastTheAccessPolicies(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	path := vaultID + "/secrets/appSecret" + keyvault
	if a := b.do(t, http.MethodPut, path, `{"properties":{"value":"deployed","attributes":{"enabled":true}}}`); a.status != http.StatusCreated || strings.Contains(a.text, "deployed") {
		t.Fatalf("put: %d %s", a.status, a.text)
	}
	for name, a := range map[string]answer{"get": b.do(t, http.MethodGet, path, ""), "list": b.do(t, http.MethodGet, vaultID+"/secrets"+keyvault, "")} {
		if a.status != http.StatusOK || strings.Contains(a.text, "deployed") || !strings.Contains(a.text, "secretUriWithVersion") {
			t.Errorf("%s: %s", name, a.text)
		}
	}
	b.w.Lock()
	defer b.w.Unlock()
	b.v.SetSecret("kv-one", "x", "y", vault.SecretSpec{})
	if value, ok := b.v.Latest("kv-one", "appsecret"); !ok || value != "deployed" {
		t.Errorf("the vault holds %q", value)
	}
}
