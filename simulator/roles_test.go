package simulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"keyturn/simulator/directory"
	"keyturn/simulator/seed"
)

// person signs a user in by the password grant and answers the token.
func (r *rig) person(t testing.TB, name string) string {
	t.Helper()
	full, password := r.passwordOf(t, name)
	token, _ := r.grant(t, seed.SignInClientID, full, password).body["access_token"].(string)
	if token == "" {
		t.Fatalf("%s didn't sign in", name)
	}
	return token
}

func TestRolesAreToldToThoseWhoMayKnow(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	admin, user := r.person(t, "admin"), r.person(t, "user")
	const global, eligible = "62e90394-69f5-4237-9190-012177145e10", "/roleManagement/directory/roleEligibilityScheduleInstances"
	for _, tc := range []struct {
		says, token, path string
		status            int
		has               string
	}{
		{"who is global administrator", admin, "/directoryRoles(roleTemplateId='" + global + "')/members?$select=id,userPrincipalName", 200, "admin@"},
		{"the roles that somebody has", admin, "/directoryRoles", 200, "Application Administrator"},
		{"a role that nobody has", admin, "/directoryRoles(roleTemplateId='4a5d8f65-41da-4de4-8968-e035b65339cf')", 404, ""},
		{"who could be global administrator", admin, eligible + "?$filter=roleDefinitionId%20eq%20'" + global + "'&$expand=roleDefinition", 200, "Global Administrator"},
		{"the same, asked by somebody without a role", user, eligible, 403, ""},
		{"what one could be oneself", user, eligible + "/filterByCurrentUser(on='principal')", 200, `"value":[]`},
		{"definitions of roles", admin, "/roleManagement/directory/roleDefinitions?$filter=displayName%20eq%20'Global%20Administrator'", 200, global},
		{"security defaults", admin, "/policies/identitySecurityDefaultsEnforcementPolicy", 200, `"isEnabled":false`},
		{"policies of Conditional Access, without a role", user, "/identity/conditionalAccess/policies", 403, ""},
	} {
		if got := r.do(t, http.MethodGet, v1+tc.path, tc.token, nil); got.status != tc.status || !strings.Contains(got.text, tc.has) {
			t.Errorf("%s: %d %s", tc.says, got.status, got.text)
		}
	}
	active := r.person(t, "eligible")
	app := v1 + "/applications(appId='" + seed.ConfidentialClientID + "')/addPassword"
	if got := r.do(t, http.MethodPost, app, active, map[string]any{}); got.status != http.StatusForbidden {
		t.Errorf("an eligible role counts before it is active: %d", got.status)
	}
	r.set(t, directory.SwitchRoleActive, "on")
	if got := r.do(t, http.MethodPost, app, active, map[string]any{}); got.status != http.StatusOK {
		t.Errorf("an active role doesn't count: %d %s", got.status, got.text)
	}
}

func TestConsentIsGivenAndTakenBackByGraph(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	admin := r.person(t, "admin")
	id := func(client string) string {
		return fmt.Sprint(r.do(t, http.MethodGet, v1+"/servicePrincipals(appId='"+client+"')?$select=id", admin, nil).body["id"])
	}
	body := map[string]any{
		"clientId": id(seed.UnconsentedClientID), "consentType": "AllPrincipals", "resourceId": id(directory.GraphAppID), "scope": "User.Read",
	}
	if got := r.do(t, http.MethodPost, v1+"/oauth2PermissionGrants", r.person(t, "user"), body); got.status != http.StatusForbidden {
		t.Errorf("by a user: %d", got.status)
	}
	name, password := r.passwordOf(t, "user")
	if got := r.grant(t, seed.UnconsentedClientID, name, password); code(got) != 65001 {
		t.Fatalf("before: %s", got.text)
	}
	given := r.do(t, http.MethodPost, v1+"/oauth2PermissionGrants", admin, body)
	if given.status != http.StatusCreated {
		t.Fatalf("give: %d %s", given.status, given.text)
	}
	if got := r.do(t, http.MethodPost, v1+"/oauth2PermissionGrants", admin, body); got.status != http.StatusConflict {
		t.Errorf("give again: %d", got.status)
	}
	token, _ := r.grant(t, seed.UnconsentedClientID, name, password).body["access_token"].(string)
	if got := r.do(t, http.MethodGet, v1+"/me", token, nil); got.body["userPrincipalName"] != name {
		t.Errorf("me: %s", got.text)
	}
	if got := r.do(t, http.MethodGet, v1+"/applications?$top=1", token, nil); got.status != http.StatusForbidden {
		t.Errorf("applications with User.Read alone: %d", got.status)
	}
	roles := r.do(t, http.MethodGet, v1+"/me/transitiveMemberOf/microsoft.graph.directoryRole", token, nil)
	if roles.status != http.StatusOK {
		t.Errorf("roles with User.Read alone: %d %s", roles.status, roles.text)
	}
	grant := v1 + "/oauth2PermissionGrants/" + fmt.Sprint(given.body["id"])
	if got := r.do(t, http.MethodPatch, grant, admin, map[string]any{"scope": "User.Read Application.Read.All"}); got.status != http.StatusNoContent {
		t.Errorf("widen: %d %s", got.status, got.text)
	}
	if got := r.do(t, http.MethodDelete, grant, admin, nil); got.status != http.StatusNoContent {
		t.Errorf("take back: %d %s", got.status, got.text)
	}
	if got := r.grant(t, seed.UnconsentedClientID, name, password); code(got) != 65001 {
		t.Errorf("after: %s", got.text)
	}
}

func TestTooManyWrongPasswordsLockTheAccount(t *testing.T) {
	t.Parallel()
	r := startHelpdesk(t)
	name, password := r.passwordOf(t, "user")
	for range 10 {
		if got := r.grant(t, seed.SignInClientID, name, "wrong"); code(got) != 50126 {
			t.Fatal(got.text)
		}
	}
	if got := r.grant(t, seed.SignInClientID, name, password); code(got) != 50053 {
		t.Errorf("right after: %s", got.text)
	}
	r.Advance(61 * 1e9)
	if got := r.grant(t, seed.SignInClientID, name, password); got.status != http.StatusOK {
		t.Errorf("a minute later: %s", got.text)
	}
	r.set(t, directory.SwitchSecurityDefaults, "on")
	if got := r.grant(t, seed.SignInClientID, name, password); code(got) != 530035 {
		t.Errorf("under security defaults: %s", got.text)
	}
}
