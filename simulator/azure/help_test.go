package azure_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"keyturn/simulator/azure"
	"keyturn/simulator/azure/role"
	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

const (
	tenantID     = "11111111-2222-4333-8444-555555555555"
	otherID      = "99999999-2222-4333-8444-555555555555"
	subscription = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"
	sub          = "/subscriptions/" + subscription
	group        = sub + "/resourceGroups/rg-one"
	kvID         = group + "/providers/Microsoft.Web/connections/app-kv"
	spoID        = group + "/providers/Microsoft.Web/connections/app-spo"
	accountID    = group + "/providers/Microsoft.Automation/automationAccounts/app-auto"
	flowID       = group + "/providers/Microsoft.Logic/workflows/Check"
	vaultID      = group + "/providers/Microsoft.KeyVault/vaults/kv-one"
	kvAPI        = "subscriptions/" + subscription + "/providers/Microsoft.Web/locations/westeurope/managedApis/keyvault"
	web          = "?api-version=2016-06-01"
	automation   = "?api-version=2023-11-01"
	keyvault     = "?api-version=2026-02-01"
	logic        = "?api-version=2019-05-01"
	access       = "?api-version=2022-04-01"
	rm           = "?api-version=2021-04-01"
)

// bench is a subscription with one of everything, and an owner of it who calls.
type bench struct {
	w     *world.World
	d     *directory.Directory
	v     *vault.Service
	s     *azure.Service
	app   *directory.Application
	token string
}

func gentle() world.Settings { return world.Settings{Gentle: true, Seed: 5} }

func newBench(t testing.TB, settings world.Settings) *bench {
	t.Helper()
	w := world.New(settings)
	t.Cleanup(w.Close)
	b := &bench{w: w, d: directory.New(w)}
	b.v = vault.New(w, b.d)
	b.s = azure.New(w, b.d, b.v)
	w.Lock()
	b.d.AddTenant(directory.TenantSpec{ID: tenantID, Domain: "contoso.onmicrosoft.com"})
	b.d.AddTenant(directory.TenantSpec{ID: otherID, Domain: "other.onmicrosoft.com"})
	b.app = b.d.AddApplication(tenantID, directory.AppSpec{DisplayName: "owner"})
	b.plant()
	b.s.AddRoleAssignment(b.object(b.app), "Owner", sub)
	w.Unlock()
	b.token = b.mint(t, b.app)
	return b
}

func (b *bench) object(app *directory.Application) string { return app.ServicePrincipal.ObjectID }

// plant makes the resources. The lock is held.
func (b *bench) plant() {
	b.s.AddSubscription(subscription, "Test", tenantID)
	b.s.AddGroup(subscription, "rg-one", "westeurope")
	b.s.AddGroup(subscription, "rg-two", "westeurope")
	b.s.AddResource(azure.Resource{ID: kvID, Kind: "V1", Location: "westeurope", Tags: map[string]string{"team": "red"}, Properties: map[string]any{
		"displayName": "Key Vault", "api": map[string]any{"id": kvAPI},
		"parameterValues": map[string]any{"vaultName": "kv-one", "token:clientId": "the-app", "token:clientSecret": "old-secret", "token:TenantId": tenantID, "token:grantType": "client_credentials"},
	}})
	b.s.AddResource(azure.Resource{ID: spoID, Kind: "V1", Location: "westeurope", Properties: map[string]any{
		"displayName": "SharePoint", "api": map[string]any{"id": "/" + strings.Replace(kvAPI, "keyvault", "sharepointonline", 1)}, "authenticatedUser": map[string]any{"name": "service@contoso.onmicrosoft.com"},
	}})
	b.s.AddResource(azure.Resource{ID: accountID, Location: "westeurope"})
	b.s.AddResource(azure.Resource{ID: accountID + "/runbooks/Sync", Location: "westeurope"})
	b.s.SetVariable(accountID, "appSecret", `"old-secret"`, true)
	b.s.SetVariable(accountID, "logoUrl", `"https://logo"`, false)
	b.s.AddResource(azure.Resource{ID: flowID, Location: "westeurope", Properties: map[string]any{
		"definition": map[string]any{"triggers": map[string]any{
			"manual": map[string]any{"type": "Request"}, "Recurrence": map[string]any{"type": "Recurrence", "recurrence": map[string]any{"frequency": "Week", "interval": 1}},
		}},
		"parameters": map[string]any{"$connections": map[string]any{"value": map[string]any{"keyvault": map[string]any{"connectionId": kvID}}}},
	}})
	b.v.AddVault(vault.VaultSpec{Name: "kv-one", Tenant: tenantID, Location: "westeurope", ResourceID: vaultID})
}

// caller makes another app with a role at a scope; an empty role gives none.
func (b *bench) caller(t testing.TB, roleName, scope string) (token string, app *directory.Application) {
	t.Helper()
	b.w.Lock()
	app = b.d.AddApplication(tenantID, directory.AppSpec{DisplayName: "caller"})
	if roleName != "" && !b.s.AddRoleAssignment(b.object(app), roleName, scope) {
		t.Fatalf("no role %s", roleName)
	}
	b.w.Unlock()
	return b.mint(t, app), app
}

func (b *bench) mint(t testing.TB, app *directory.Application) string {
	t.Helper()
	return b.mintFor(t, app, "https://management.azure.com")
}

func (b *bench) mintFor(t testing.TB, app *directory.Application, resource string) string {
	t.Helper()
	b.w.Lock()
	p := b.d.AddPassword(app, directory.PasswordSpec{Settled: true})
	id, failure := b.d.SignIn(b.w.Now(), directory.SignIn{Tenant: app.Tenant.ID, ClientID: app.AppID, Secret: p.Value, Resource: resource})
	b.w.Unlock()
	if failure != nil {
		t.Fatalf("sign in: %v", failure)
	}
	return b.d.Mint(id)
}

func (b *bench) custom(t testing.TB, name string, actions ...string) {
	t.Helper()
	b.w.Lock()
	defer b.w.Unlock()
	b.v.Roles().Define(role.Definition{ID: b.w.NewID(), Name: name, AssignableScopes: []string{sub}, Permissions: []role.Permission{{Actions: actions}}})
}

func (b *bench) flip(t testing.TB, name, value string) {
	t.Helper()
	b.w.Lock()
	defer b.w.Unlock()
	if err := b.w.SetSwitch(name, value); err != nil {
		t.Fatal(err)
	}
}

type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// code is the error's code in any of the three shapes.
func (a answer) code() string {
	for _, path := range [][]string{{"error", "code"}, {"Code"}, {"code"}} {
		if code, ok := a.at(path...).(string); ok {
			return code
		}
	}
	return ""
}

// at follows names into the body.
func (a answer) at(names ...string) any {
	var at any = a.body
	for _, name := range names {
		object, _ := at.(map[string]any)
		at = object[name]
	}
	return at
}

// names lists the names of the items of a listing, in order.
func (a answer) names() string {
	var all []string
	items, _ := a.body["value"].([]any)
	for _, item := range items {
		name, _ := item.(map[string]any)["name"].(string)
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func (b *bench) do(t testing.TB, method, path, body string) answer {
	t.Helper()
	return b.doAs(t, b.token, method, path, body)
}

func (b *bench) doAs(t testing.TB, token, method, path, body string) answer {
	t.Helper()
	r := httptest.NewRequest(method, "https://management.azure.com"+strings.ReplaceAll(path, " ", "%20"), strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return b.send(r)
}

func (b *bench) send(r *http.Request) answer {
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &a.body) // some answers have no body, some are plain text
	return a
}

func want(t testing.TB, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("got %d %q, want %d %q: %s", a.status, a.code(), status, code, a.text)
	}
}
