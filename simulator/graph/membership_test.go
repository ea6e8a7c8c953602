package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

func TestSomebodysGroupsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	group := func(n int) string { return fmt.Sprintf("5ca1ab1e-0000-0000-0000-%012d", n) }
	b.w.Lock()
	b.d.AddUser(b.tenant.ID, directory.UserSpec{Name: "ada@contoso.onmicrosoft.com", Password: "x", Groups: []string{group(1), group(2)}})
	b.app.Extra["isFallbackPublicClient"] = true
	for who, scopes := range map[string][]string{"ada": {"User.Read"}, "ada without": {"Organization.Read.All"}} {
		b.app.ServicePrincipal.Consents = nil
		b.d.Consent(b.app.ServicePrincipal, directory.GraphAppID, "", scopes...)
		id, failure := b.d.SignIn(b.w.Now(), directory.SignIn{
			Tenant: b.tenant.ID, ClientID: b.app.AppID, Username: "ada@contoso.onmicrosoft.com", Password: "x", Resource: "https://graph.microsoft.com",
		})
		if failure != nil {
			t.Fatal(failure)
		}
		b.tokens[who] = b.d.Mint(id)
	}
	b.w.Unlock()
	many := make([]string, 21)
	for i := range many {
		many[i] = group(i)
	}
	for name, c := range map[string]struct {
		who    string
		groups []string
		status int
		in     string
	}{
		"one of two":             {"ada", []string{group(2), group(3)}, http.StatusOK, "[" + group(2) + "]"},
		"none":                   {"ada", []string{group(3)}, http.StatusOK, "[]"},
		"too many at once":       {"ada", many, http.StatusBadRequest, ""},
		"not an id":              {"ada", []string{group(1), "Service desk"}, http.StatusBadRequest, ""},
		"without the permission": {"ada without", []string{group(1)}, http.StatusForbidden, ""},
		"an app":                 {"all", []string{group(1)}, http.StatusBadRequest, ""},
	} {
		got := b.do(t, c.who, http.MethodPost, "/v1.0/me/checkMemberGroups", `{"groupIds":["`+strings.Join(c.groups, `","`)+`"]}`)
		if got.status != c.status || c.in != "" && fmt.Sprint(got.body["value"]) != c.in {
			t.Errorf("%s: %d %v", name, got.status, got.body)
		}
	}
}
