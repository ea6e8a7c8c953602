package graph

import (
	"net/http"
	"strings"
)

// route sends a call to its handler by the first segment.
func (c *call) route() reply {
	if len(c.segments) == 0 {
		return ok(map[string]any{"@odata.context": c.base() + c.version + "/$metadata", "value": []any{}})
	}
	name, key := splitKey(c.segments[0])
	rest := c.segments[1:]
	if key != nil {
		rest = append([]string{key.String()}, rest...)
	}
	switch strings.ToLower(name) {
	case "applications":
		return c.directoryObjects(applicationKind, key, rest)
	case "serviceprincipals":
		return c.directoryObjects(principalKind, key, rest)
	case "organization", "me", "users", "directoryobjects", "domains", "directory", "groups":
		return c.routeTenant(strings.ToLower(name), rest)
	case "policies":
		return c.routePolicies(rest)
	case "reports", "auditlogs":
		return c.routeReports(rest)
	case "directoryroles", "rolemanagement":
		return c.routeRoles(strings.ToLower(name), key, rest)
	case "identity":
		return c.routeIdentity(rest)
	case "tenantrelationships":
		return c.routeTenants(rest)
	case "oauth2permissiongrants":
		return c.routeConsents(rest)
	}
	return c.noSegment(name)
}

// routeTenant sends a call about what else is in the tenant to its handler.
func (c *call) routeTenant(name string, rest []string) reply {
	switch name {
	case "directory":
		return c.routeDeleted(rest)
	case "groups":
		return c.emptyList(name, rest)
	}
	return c.routePeople(name, rest)
}

// emptyList answers collections of things that the simulated tenant has none of.
func (c *call) emptyList(name string, rest []string) reply {
	if len(rest) > 0 {
		return notFound(rest[0])
	}
	if c.method != http.MethodGet {
		c.unknown = true
		return notAllowed()
	}
	return ok(c.collection(name, []any{}))
}

// objectKey is what stands in brackets behind a collection: an alternate key, or the id itself.
type objectKey struct{ name, value string }

func (k *objectKey) String() string { return k.value }

// splitKey takes applications(appId='x') or applications('x') apart.
func splitKey(segment string) (name string, key *objectKey) {
	name, inside, found := strings.Cut(segment, "(")
	inside, closed := strings.CutSuffix(inside, ")")
	if !found || !closed || inside == "" {
		return segment, nil
	}
	property, value, named := strings.Cut(inside, "=")
	if !named {
		property, value = "id", inside
	}
	return name, &objectKey{strings.TrimSpace(property), strings.Trim(strings.TrimSpace(value), "'")}
}

// directoryObjects routes what applications and service principals have in common.
func (c *call) directoryObjects(k kind, key *objectKey, rest []string) reply {
	if len(rest) == 0 {
		switch c.method {
		case http.MethodGet:
			return c.list(k)
		case http.MethodPost:
			return c.create(k)
		}
		return notAllowed()
	}
	if rest[0] == "$count" && len(rest) == 1 {
		return c.count(k)
	}
	if rest[0] == "delta" || rest[0] == "delta()" || rest[0] == "microsoft.graph.delta()" {
		return c.delta(k)
	}
	o := c.find(k, key, rest[0])
	if o == nil {
		if !c.mayReadApplications() {
			return denied()
		}
		return notFound(rest[0])
	}
	if len(rest) == 1 {
		return c.one(o)
	}
	return c.within(o, strings.TrimPrefix(rest[1], "microsoft.graph."), rest[2:])
}

// one routes a request for the object itself.
func (c *call) one(o *object) reply {
	switch c.method {
	case http.MethodGet:
		return c.get(o)
	case http.MethodPatch:
		return c.patch(o)
	case http.MethodDelete:
		return c.remove(o)
	}
	return notAllowed()
}

// within routes a request for something under an object.
func (c *call) within(o *object, name string, rest []string) reply {
	switch strings.ToLower(name) {
	case "addpassword", "removepassword", "addkey", "removekey":
		return c.action(rest, func() reply { return c.changeCredential(o, strings.ToLower(name)) })
	case "owners":
		return c.owners(o, rest)
	case "appmanagementpolicies":
		return c.assignedPolicies(o, rest)
	case "approleassignments", "approleassignedto", "oauth2permissiongrants", "memberof", "transitivememberof", "ownedobjects":
		if o.sp != nil {
			return c.principalLinks(o.sp, strings.ToLower(name), rest)
		}
	case "federatedidentitycredentials", "extensionproperties", "tokenissuancepolicies", "tokenlifetimepolicies":
		if o.app != nil && strings.HasPrefix(strings.ToLower(name), "federated") {
			return c.federated(o.app, rest)
		}
		if c.method == http.MethodGet && len(rest) == 0 {
			return ok(c.collection(o.kind.set+"('"+o.id()+"')/"+name, []any{}))
		}
	default:
		return c.property(o, name, rest)
	}
	return c.noSegment(name)
}

// changeCredential runs the action of this name.
func (c *call) changeCredential(o *object, name string) reply {
	switch name {
	case "addpassword":
		return c.addPassword(o)
	case "removepassword":
		return c.removePassword(o)
	case "addkey":
		return c.addKey(o)
	}
	return c.removeKey(o)
}

// action runs a POST-only operation.
func (c *call) action(rest []string, run func() reply) reply {
	if len(rest) > 0 {
		return c.noSegment(rest[0])
	}
	if c.method != http.MethodPost {
		return notAllowed()
	}
	return run()
}

// property answers a single property of an object, as /applications/{id}/passwordCredentials.
func (c *call) property(o *object, name string, rest []string) reply {
	if c.method != http.MethodGet || len(rest) > 0 {
		return c.noSegment(name)
	}
	if !c.mayReadApplications() {
		return denied()
	}
	seen := c.view(o)
	if seen == nil {
		return notFound(o.id())
	}
	doc := seen.document(false)
	value, known := doc[name]
	if !known {
		return c.noSegment(name)
	}
	return ok(map[string]any{"@odata.context": c.context(o.kind.set + "('" + o.id() + "')/" + name), "value": value})
}
