package graph

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// principalLinks serves what hangs on a service principal besides its owners.
func (c *call) principalLinks(s *directory.ServicePrincipal, name string, rest []string) reply {
	if len(rest) == 1 && name == "approleassignments" {
		return c.oneGrant(s, rest[0])
	}
	if len(rest) > 0 {
		return c.noSegment(rest[0])
	}
	if !c.mayReadApplications() {
		return denied()
	}
	switch {
	case name == "approleassignments" && c.method == http.MethodPost:
		return c.grant(s)
	case c.method != http.MethodGet:
		return notAllowed()
	case name == "approleassignments":
		return c.grantPage(c.grantsOf(s))
	case name == "approleassignedto":
		return c.grantPage(c.grantsTo(s))
	case name == "ownedobjects":
		return c.listOwnedBy(s)
	case name == "oauth2permissiongrants":
		return c.listConsents(s)
	}
	return ok(c.collection("directoryObjects", []any{}))
}

func (c *call) grantsOf(s *directory.ServicePrincipal) []map[string]any {
	docs := []map[string]any{}
	for _, g := range s.Grants {
		docs = append(docs, c.grantDocument(s, g))
	}
	return docs
}

func (c *call) grantPage(docs []map[string]any) reply {
	sample := c.grantDocument(&directory.ServicePrincipal{}, &directory.Grant{})
	options, refused := c.readOptions("microsoft.graph.appRoleAssignment", sample, largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("appRoleAssignments", docs, options)
}

func (c *call) grantsTo(resource *directory.ServicePrincipal) []map[string]any {
	docs := []map[string]any{}
	for _, s := range c.tenant.ServicePrincipals {
		for _, g := range s.Grants {
			if g.ResourceAppID == resource.AppID {
				docs = append(docs, c.grantDocument(s, g))
			}
		}
	}
	return docs
}

func (c *call) grantDocument(s *directory.ServicePrincipal, g *directory.Grant) map[string]any {
	doc := map[string]any{
		"id": g.ID, "deletedDateTime": nil, "appRoleId": g.Role.ID, "createdDateTime": stamp(g.Created),
		"principalDisplayName": s.DisplayName, "principalId": s.ObjectID, "principalType": "ServicePrincipal",
		"resourceDisplayName": nil, "resourceId": nil,
	}
	if resource := c.tenant.ServicePrincipal(g.ResourceAppID); resource != nil {
		doc["resourceDisplayName"], doc["resourceId"] = resource.DisplayName, resource.ObjectID
	}
	return doc
}

// grant gives an app role; tokens carry it only after a while.
func (c *call) grant(s *directory.ServicePrincipal) reply {
	if !c.may("AppRoleAssignment.ReadWrite.All") {
		return denied()
	}
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	resourceID, _ := fields["resourceId"].(string)
	roleID, _ := fields["appRoleId"].(string)
	resource := c.tenant.ServicePrincipal(resourceID)
	if resource == nil {
		return notFound(resourceID)
	}
	for _, g := range s.Grants {
		if g.ResourceAppID == resource.AppID && strings.EqualFold(g.Role.ID, roleID) {
			return malformed("Permission being assigned already exists on the object")
		}
	}
	for _, role := range resource.AppRoles {
		if strings.EqualFold(role.ID, roleID) {
			g := c.s.d.Grant(s, resource.AppID, role.Value)
			g.From = g.From.Add(c.s.w.Between(10*time.Second, 90*time.Second))
			doc := c.grantDocument(s, g)
			doc["@odata.context"] = c.context("appRoleAssignments/$entity")
			return made(doc)
		}
	}
	return malformed("Permission being assigned was not found on application '%s'", resource.AppID)
}

// oneGrant shows one app role assignment, or takes it away; tokens bought before still carry it.
// Source: https://learn.microsoft.com/graph/api/serviceprincipal-delete-approleassignments, read 2026-11-22.
func (c *call) oneGrant(s *directory.ServicePrincipal, id string) reply {
	is := func(g *directory.Grant) bool { return strings.EqualFold(g.ID, id) }
	at := slices.IndexFunc(s.Grants, is)
	switch {
	case c.method != http.MethodGet && c.method != http.MethodDelete:
		return notAllowed()
	case c.method == http.MethodDelete && !c.may("AppRoleAssignment.ReadWrite.All"), !c.mayReadApplications():
		return denied()
	case at < 0:
		return notFound(id)
	case c.method == http.MethodGet:
		doc := c.grantDocument(s, s.Grants[at])
		doc["@odata.context"] = c.context("appRoleAssignments/$entity")
		return ok(doc)
	}
	s.Grants = slices.DeleteFunc(slices.Clone(s.Grants), is)
	return noContent()
}

func (c *call) ownedBy(s *directory.ServicePrincipal) []map[string]any {
	docs := []map[string]any{}
	for _, k := range []kind{applicationKind, principalKind} {
		for _, o := range c.all(k) {
			if ownedBy(o, s.ObjectID) {
				docs = append(docs, c.directoryObject(o.id()))
			}
		}
	}
	return docs
}

func (c *call) listOwnedBy(s *directory.ServicePrincipal) reply {
	options, refused := c.readOptions("microsoft.graph.directoryObject", c.sample(applicationKind), largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("directoryObjects", c.ownedBy(s), options)
}
