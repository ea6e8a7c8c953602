package graph

import (
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// routeRoles serves directory roles: who has one, and who could activate one. Role definitions of Microsoft's own have
// the id of their template. Sources: https://learn.microsoft.com/graph/api/resources/directoryrole and
// https://learn.microsoft.com/graph/api/rbacapplication-list-roleeligibilityscheduleinstances, read 2026-11-25.
func (c *call) routeRoles(name string, key *objectKey, rest []string) reply {
	if name == "directoryroles" {
		return c.reading(c.mayReadDirectory(), func() reply { return c.directoryRoles(key, rest) })
	}
	if len(rest) != 2 || !strings.EqualFold(rest[0], "directory") {
		if len(rest) == 3 && strings.HasPrefix(strings.ToLower(rest[2]), "filterbycurrentuser(") {
			return c.reading(c.id.User && c.scoped(roleScopes()...), func() reply { return c.schedules(rest[1], true) })
		}
		return c.noSegment(name)
	}
	return c.reading(c.mayReadRoles(), func() reply {
		if strings.EqualFold(rest[1], "roleDefinitions") {
			return c.roleDefinitions()
		}
		return c.schedules(rest[1], false)
	})
}

func roleScopes() []string {
	return []string{"RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory", "RoleManagement.ReadWrite.Directory"}
}

// roleID is the id of an activated role, which is the tenant's own.
func (c *call) roleID(role string) string { return directory.DerivedID(c.tenant.ID, role) }

// roleDocument is a directory role; without the right to read roles it is no more than its id.
func (c *call) roleDocument(role string) map[string]any {
	doc := map[string]any{
		"@odata.type": "#microsoft.graph.directoryRole", "id": c.roleID(role), "deletedDateTime": nil, "description": role,
		"displayName": role, "roleTemplateId": orNil(directory.RoleTemplate(role)),
	}
	if !c.mayReadDirectory() {
		doc["displayName"], doc["description"], doc["roleTemplateId"] = nil, nil, nil
	}
	return doc
}

// rolesOf answers the directory roles of a user under a path such as /me/transitiveMemberOf/microsoft.graph.directoryRole.
func (c *call) rolesOf(u *directory.User, cast []string) reply {
	if len(cast) > 1 || (len(cast) == 1 && !strings.EqualFold(cast[0], "microsoft.graph.directoryRole")) {
		return ok(c.collection("directoryObjects", []any{}))
	}
	docs := []map[string]any{}
	for _, role := range c.s.d.RolesOf(u) {
		docs = append(docs, c.roleDocument(role))
	}
	options, refused := c.readOptions("microsoft.graph.directoryRole", c.roleDocument("Global Reader"), largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("directoryObjects/microsoft.graph.directoryRole", docs, options)
}

// directoryRoles lists the roles that somebody has, or answers one and its members.
func (c *call) directoryRoles(key *objectKey, rest []string) reply {
	members := map[string][]any{}
	for _, u := range c.tenant.Users {
		for _, role := range c.s.d.RolesOf(u) {
			doc := userDocument(u)
			doc["@odata.type"] = "#microsoft.graph.user"
			members[role] = append(members[role], doc)
		}
	}
	if len(rest) == 0 {
		list := []any{}
		for _, role := range directory.RoleTemplates() {
			if len(members[role]) > 0 {
				list = append(list, c.roleDocument(role))
			}
		}
		return ok(c.collection("directoryRoles", list))
	}
	for role := range members {
		id := c.roleID(role)
		if key != nil && strings.EqualFold(key.name, "roleTemplateId") {
			id = directory.RoleTemplate(role)
		}
		if strings.EqualFold(id, rest[0]) {
			return c.oneRole(role, members[role], rest[1:])
		}
	}
	return notFound(rest[0])
}

func (c *call) oneRole(role string, members []any, rest []string) reply {
	switch {
	case len(rest) == 0:
		return ok(c.roleDocument(role))
	case strings.EqualFold(rest[0], "members"):
		return ok(c.collection("directoryObjects", members))
	}
	return c.noSegment(rest[0])
}

func (c *call) roleDefinitions() reply {
	docs := []map[string]any{}
	for _, role := range directory.RoleTemplates() {
		docs = append(docs, definitionDocument(role))
	}
	options, refused := c.readOptions("microsoft.graph.unifiedRoleDefinition", definitionDocument("Global Reader"), largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("roleManagement/directory/roleDefinitions", docs, options)
}

func definitionDocument(role string) map[string]any {
	id := directory.RoleTemplate(role)
	return map[string]any{"id": id, "templateId": id, "displayName": role, "description": role, "isBuiltIn": true, "isEnabled": true}
}

// schedules answers who is eligible for roles, or has them; without a licence for Privileged Identity Management nothing.
func (c *call) schedules(kind string, own bool) reply {
	if c.unlicensed() {
		return failure(400, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.")
	}
	eligible := strings.HasPrefix(strings.ToLower(kind), "roleeligibilityschedule")
	if !eligible && !strings.HasPrefix(strings.ToLower(kind), "roleassignmentschedule") {
		return c.noSegment(kind)
	}
	docs := []map[string]any{}
	for _, u := range c.tenant.Users {
		roles := c.s.d.RolesOf(u)
		if eligible {
			roles = u.Eligible
		}
		if own && u.ObjectID != c.id.ObjectID {
			continue
		}
		for _, role := range roles {
			docs = append(docs, c.scheduleDocument(kind, u.ObjectID, role))
		}
	}
	options, refused := c.readOptions("microsoft.graph.unifiedRoleScheduleInstanceBase", c.scheduleDocument(kind, "", "Global Reader"), largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("roleManagement/directory/"+kind, docs, options)
}

func (c *call) scheduleDocument(kind, principal, role string) map[string]any {
	doc := map[string]any{
		"id": directory.DerivedID(kind+principal, role), "principalId": principal, "roleDefinitionId": directory.RoleTemplate(role),
		"directoryScopeId": "/", "appScopeId": nil, "startDateTime": stamp(c.tenant.Created), "endDateTime": nil, "memberType": "Direct",
	}
	if slices.Contains(strings.Split(c.query.Get("$expand"), ","), "roleDefinition") {
		doc["roleDefinition"] = definitionDocument(role)
	}
	return doc
}
