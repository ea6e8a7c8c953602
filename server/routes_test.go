package server_test

import (
	"net/http"
	"strings"
	"testing"

	"keyturn/server/access"
	"keyturn/store"
)

// expected is the least role of every route, with a request that it understands. A route that isn't here fails the test.
func expected(run string) map[string]struct {
	least      access.Role
	path, body string
} {
	type row = struct {
		least      access.Role
		path, body string
	}
	return map[string]row{
		"GET /sign-in":   {access.Nobody, "/sign-in?link=none", ""},
		"POST /sign-out": {access.Viewer, "/sign-out", ""},

		"GET /sign-in/provider": {access.Nobody, "/sign-in/provider", ""},
		"GET /sign-in/callback": {access.Nobody, "/sign-in/callback?state=none", ""},

		"GET /{$}":                {access.Viewer, "/", ""},
		"GET /docs":               {access.Nobody, "/docs", ""},
		"GET /applications":       {access.Viewer, "/applications", ""},
		"GET /applications/{app}": {access.Viewer, "/applications/portal", ""},
		"GET /runs":               {access.Viewer, "/runs", ""},
		"GET /runs/{run}":         {access.Viewer, "/runs/" + run, ""},
		"GET /audit":              {access.Viewer, "/audit", ""},
		"GET /notices":            {access.Viewer, "/notices", ""},
		"GET /about":              {access.Viewer, "/about", ""},

		"GET /about/tokens":                 {access.Admin, "/about/tokens", ""},
		"POST /about/tokens/{token}/revoke": {access.Admin, "/about/tokens/none/revoke", ""},

		"GET /about/sign-in":      {access.Operator, "/about/sign-in", ""},
		"POST /about/sign-in":     {access.Operator, "/about/sign-in", ""},
		"POST /about/sign-in/end": {access.Operator, "/about/sign-in/end", ""},

		"GET /applications/{app}/renew":  {access.Operator, "/applications/portal/renew", ""},
		"POST /applications/{app}/renew": {access.Operator, "/applications/portal/renew", ""},
		"POST /runs/{run}/resume":        {access.Operator, "/runs/" + run + "/resume", ""},
		"POST /runs/{run}/overwrite":     {access.Operator, "/runs/" + run + "/overwrite", ""},
		"POST /runs/{run}/abort":         {access.Operator, "/runs/" + run + "/abort", ""},
		"POST /runs/{run}/approve":       {access.Approver, "/runs/" + run + "/approve", ""},

		"GET /openapi.json":                          {access.Nobody, "/openapi.json", ""},
		"GET /api/v1/events":                         {access.Viewer, "/api/v1/events", ""},
		"GET /api/v1/me":                             {access.Viewer, "/api/v1/me", ""},
		"GET /api/v1/overview":                       {access.Viewer, "/api/v1/overview", ""},
		"GET /api/v1/applications":                   {access.Viewer, "/api/v1/applications", ""},
		"GET /api/v1/applications/{app}":             {access.Viewer, "/api/v1/applications/portal", ""},
		"GET /api/v1/applications/{app}/audit-chain": {access.Viewer, "/api/v1/applications/portal/audit-chain", ""},
		"GET /api/v1/credentials":                    {access.Viewer, "/api/v1/credentials", ""},
		"GET /api/v1/targets":                        {access.Viewer, "/api/v1/targets", ""},
		"GET /api/v1/findings":                       {access.Viewer, "/api/v1/findings", ""},
		"GET /api/v1/notices":                        {access.Viewer, "/api/v1/notices", ""},
		"GET /api/v1/runs":                           {access.Viewer, "/api/v1/runs", ""},
		"GET /api/v1/runs/{run}":                     {access.Viewer, "/api/v1/runs/" + run, ""},
		"GET /api/v1/audit":                          {access.Viewer, "/api/v1/audit", ""},
		"GET /api/v1/settings":                       {access.Viewer, "/api/v1/settings", ""},
		"POST /api/v1/applications/{app}/plan":       {access.Operator, "/api/v1/applications/portal/plan", "{}"},
		"POST /api/v1/runs":                          {access.Operator, "/api/v1/runs", `{"app":"portal"}`},
		"POST /api/v1/runs/{run}/resume":             {access.Operator, "/api/v1/runs/" + run + "/resume", "{}"},
		"POST /api/v1/runs/{run}/abort":              {access.Operator, "/api/v1/runs/" + run + "/abort", ""},
		"POST /api/v1/runs/{run}/approve":            {access.Approver, "/api/v1/runs/" + run + "/approve", ""},
		"GET /api/v1/sign-in":                        {access.Operator, "/api/v1/sign-in", ""},
		"POST /api/v1/sign-in":                       {access.Operator, "/api/v1/sign-in", `{"how":"device"}`},
		"DELETE /api/v1/sign-in":                     {access.Operator, "/api/v1/sign-in", ""},
		"GET /sign-in/person":                        {access.Operator, "/sign-in/person", ""},
		"GET /api/v1/tokens":                         {access.Admin, "/api/v1/tokens", ""},
		"POST /api/v1/tokens":                        {access.Admin, "/api/v1/tokens", `{"name":"ci","role":"viewer"}`},
		"DELETE /api/v1/tokens/{token}":              {access.Admin, "/api/v1/tokens/none", ""},
	}
}

// Every route, for everybody: allowed, or 401 for those who haven't signed in and 403 for those who may not.
func TestEveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	b := build(t, withProvider(newIssuer(t)))
	run := b.begin("portal")
	rows := expected(run.ID)
	unused := map[string]bool{}
	for pattern := range rows {
		unused[pattern] = true
	}
	for _, route := range b.console.Table() {
		row, known := rows[route.Pattern]
		delete(unused, route.Pattern)
		switch {
		case strings.HasPrefix(route.Pattern, "GET /static/"):
			row.path = strings.TrimPrefix(route.Pattern, "GET ")
		case !known:
			t.Errorf("%s: say in expected who may use it", route.Pattern)
			continue
		}
		for _, role := range append([]access.Role{access.Nobody}, access.Roles()...) {
			b.walk(route.Pattern, row.path, row.body, role, row.least)
		}
	}
	for pattern := range unused {
		t.Errorf("%s isn't there any more", pattern)
	}
}

// walk asks for one route with every kind of pass that a role may have.
func (b *building) walk(pattern, path, body string, role, least access.Role) {
	b.t.Helper()
	method, _, _ := strings.Cut(pattern, " ")
	want := map[string]int{"signed in": 0}
	isAPI := strings.HasPrefix(path, "/api/")
	if isAPI {
		want["with a token"] = 0
	}
	for how := range want {
		wanted := 0
		switch {
		case role.May(least):
		case role == access.Nobody && how == "signed in":
			wanted = http.StatusUnauthorized
		default:
			wanted = http.StatusForbidden
		}
		got := b.status(method, path, body, how, role)
		if wanted != 0 && got != wanted {
			b.t.Errorf("%s, %s as %s: %d, want %d", pattern, how, role, got, wanted)
		}
		if refused := got == http.StatusUnauthorized || got == http.StatusForbidden; wanted == 0 && (got >= 500 || refused && !strings.HasPrefix(path, "/sign-in")) {
			b.t.Errorf("%s, %s as %s: %d, want it allowed", pattern, how, role, got)
		}
	}
}

// status is the answer's; of a stream only the head is read.
func (b *building) status(method, path, body, how string, role access.Role) int {
	b.t.Helper()
	client := b.browser(role)
	if how == "with a token" {
		client = b.browser(access.Nobody)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.address+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if how == "with a token" {
		request.Header.Set("Authorization", "Bearer "+b.token(role))
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// Somebody whose role this release doesn't know may do nothing.
func TestAnUnknownRoleAllowsNothing(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	cookie := b.console.Site.Cookie() + "=" + b.strange(store.SessionPass)
	for _, path := range []string{"/", "/runs", "/api/v1/me", "/nothing"} {
		if answer, _ := b.ask(b.browser(access.Nobody), "GET", path, func(r *http.Request) { r.Header.Set("Cookie", cookie) }); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s answers %d", path, answer.StatusCode)
		}
	}
}
