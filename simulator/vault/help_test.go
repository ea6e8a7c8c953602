package vault_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

const (
	tenantID   = "11111111-2222-4333-8444-555555555555"
	otherID    = "99999999-2222-4333-8444-555555555555"
	resourceID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-one"
	base       = "https://kv-one.vault.azure.net"
	version    = "?api-version=7.4"
)

// bench is one vault and one app that may do everything in it, unless a test says otherwise.
type bench struct {
	w     *world.World
	d     *directory.Directory
	s     *vault.Service
	v     *vault.Vault
	app   *directory.Application
	token string
}

func newBench(t testing.TB, settings world.Settings) *bench {
	t.Helper()
	w := world.New(settings)
	t.Cleanup(w.Close)
	b := &bench{w: w, d: directory.New(w)}
	b.s = vault.New(w, b.d)
	w.Lock()
	b.d.AddTenant(directory.TenantSpec{ID: tenantID, Domain: "contoso.onmicrosoft.com"})
	b.d.AddTenant(directory.TenantSpec{ID: otherID, Domain: "other.onmicrosoft.com"})
	b.app = b.d.AddApplication(tenantID, directory.AppSpec{DisplayName: "caller"})
	b.v = b.s.AddVault(vault.VaultSpec{
		Name: "kv-one", Tenant: tenantID, Location: "westeurope", ResourceID: resourceID,
		AccessPolicies: []vault.AccessPolicy{{Tenant: tenantID, ObjectID: b.app.ServicePrincipal.ObjectID, Secrets: []string{"all"}, Certificates: []string{"get", "list"}}},
	})
	w.Unlock()
	b.token = b.mint(t, b.app, "https://vault.azure.net")
	return b
}

func (b *bench) mint(t testing.TB, app *directory.Application, resource string) string {
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

// grant gives the app a role at a scope, at once.
func (b *bench) grant(definition, scope string) {
	b.w.Lock()
	defer b.w.Unlock()
	b.s.Roles().Assign(role.Assignment{Name: b.w.NewID(), Scope: scope, PrincipalID: b.app.ServicePrincipal.ObjectID, DefinitionID: definition})
}

type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (a answer) code() string  { return a.field("error", "code") }
func (a answer) inner() string { return a.field("error", "innererror", "code") }

// field follows names into the body; "" when there is no text there.
func (a answer) field(names ...string) string {
	var at any = a.body
	for _, name := range names {
		object, _ := at.(map[string]any)
		at = object[name]
	}
	text, _ := at.(string)
	return text
}

func (b *bench) do(t testing.TB, method, path, body string) answer {
	t.Helper()
	return b.doAs(t, b.token, method, path, body)
}

func (b *bench) doAs(t testing.TB, token, method, path, body string) answer {
	t.Helper()
	r := httptest.NewRequest(method, base+path, strings.NewReader(body))
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
	_ = json.Unmarshal(w.Body.Bytes(), &a.body) // some answers have no body
	return a
}

func (b *bench) want(t testing.TB, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("got %d %q, want %d %q: %s", a.status, a.code(), status, code, a.text)
	}
}
