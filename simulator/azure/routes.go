package azure

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/world"
)

// route serves one method on one pattern of paths. right is the action that it needs; "" for none.
type route struct {
	right  string
	handle func(*call) answer
}

func (r route) action(c *call) string {
	if r.right == actionOfPath {
		return c.at.resourceType() + "/" + verb(c.r.Method)
	}
	return r.right
}

// actionOfPath stands for the action that the path itself spells.
const actionOfPath = "*"

// routes are found by method and pattern, the pattern in lower case; see address.pattern.
type routes map[string]route

// entry is one line of the table: "METHOD Pattern", in the letter case in which errors name the action.
type entry struct {
	line   string
	handle func(*call) answer
}

func newRoutes(s *Service) routes {
	table := routes{}
	for _, group := range [][]entry{s.scopeRoutes(), s.webRoutes(), s.siteRoutes(), s.siteRunRoutes(), s.automationRoutes(), s.vaultRoutes(), s.authorizationRoutes(), s.logicRoutes()} {
		for _, e := range group {
			method, pattern, _ := strings.Cut(e.line, " ")
			table[method+" "+strings.ToLower(pattern)] = route{right: rightOf(method, pattern), handle: e.handle}
		}
	}
	table.withoutRight("GET tenants", "GET subscriptions", "GET subscriptions/resources", "GET resourcegroups/resources", "GET resourcegroups",
		"GET subscriptions/*", "POST microsoft.resourcegraph/resources", "GET microsoft.authorization/permissions", "GET subscriptions/locations",
		"GET subscriptions/providers", "GET subscriptions/providers/*", "POST subscriptions/providers/register", "GET providers",
		"GET microsoft.authorization/roledefinitions", "GET microsoft.authorization/roledefinitions/*")
	return table
}

// rightOf spells the action of a line: the pattern and read, write, delete or action.
func rightOf(method, pattern string) string {
	base := strings.TrimSuffix(pattern, "/*")
	switch base {
	case "resourcegroups":
		base = "Microsoft.Resources/subscriptions/resourceGroups"
	case "subscriptions":
		base = "Microsoft.Resources/subscriptions"
	}
	return base + "/" + verb(method)
}

func (t routes) withoutRight(keys ...string) {
	for _, k := range keys {
		if r, ok := t[k]; ok {
			r.right = ""
			t[k] = r
		}
	}
}

// find looks the route of a call up; a provider's path without one is served as a generic resource.
func (t routes) find(c *call) (route, *answer) {
	pattern := c.at.pattern()
	if refused := c.checkTypeVersion(); refused != nil {
		return route{}, refused
	}
	if r, ok := t[c.r.Method+" "+pattern]; ok {
		return r, nil
	}
	if strings.HasPrefix(pattern, "microsoft.web/connections/extensions/") {
		return route{right: connectionType + "/read", handle: (*call).proxied}, nil
	}
	if r, ok := t["GET "+pattern]; ok && c.r.Method == http.MethodHead {
		r.handle = existence(r.handle)
		return r, nil
	}
	if r, ok := c.s.genericRoute(c); ok {
		return r, nil
	}
	return route{}, t.unknown(c, pattern)
}

// existence answers HEAD: 204 for what GET would find.
func existence(get func(*call) answer) func(*call) answer {
	return func(c *call) answer {
		if a := get(c); a.status != http.StatusOK {
			return a
		}
		return empty(http.StatusNoContent)
	}
}

func (t routes) unknown(c *call, pattern string) *answer {
	others := []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete}
	var a answer
	switch {
	case slices.ContainsFunc(others, func(m string) bool { _, ok := t[m+" "+pattern]; return ok }):
		a = methodNotAllowed(c.r.Method, c.at.id())
	case len(c.at.parts) > 0 && c.at.last().namespace != "" && !knownNamespace(c.at.last().namespace):
		a = fail(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", c.at.last().namespace)
	default:
		world.NoteUnknown(c.r.Context())
		a = fail(http.StatusNotFound, "NotFound", "No route is registered for '%s' with method '%s'.", c.at.id(), c.r.Method)
	}
	return &a
}
