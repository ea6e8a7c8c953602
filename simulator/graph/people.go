package graph

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// routePeople serves the organisation, its users and bare directory objects, as far as tools look there.
func (c *call) routePeople(name string, rest []string) reply {
	switch name {
	case "organization":
		return c.reading(true, func() reply { return c.organization(rest) })
	case "me":
		return c.reading(true, func() reply { return c.me(rest) })
	case "users":
		return c.reading(c.id.User || c.may("User.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"), func() reply { return c.users(rest) })
	case "domains":
		return c.reading(true, func() reply { return ok(c.collection("domains", []any{domainDocument(c.tenant)})) })
	}
	if len(rest) == 1 && strings.EqualFold(rest[0], "getByIds") && c.method == http.MethodPost {
		return c.getByIDs()
	}
	return c.reading(c.mayReadApplications(), func() reply {
		if len(rest) != 1 {
			return c.noSegment("directoryObjects")
		}
		doc := c.directoryObject(rest[0])
		if doc == nil {
			return notFound(rest[0])
		}
		doc["@odata.context"] = c.context("directoryObjects/$entity")
		return ok(doc)
	})
}

func domainDocument(t *directory.Tenant) map[string]any {
	return map[string]any{
		"id": t.Domain, "authenticationType": "Managed", "isDefault": true, "isInitial": true, "isVerified": true, "isRoot": true,
		"isAdminManaged": true, "supportedServices": []any{"Email", "OfficeCommunicationsOnline"},
	}
}

func (c *call) organization(rest []string) reply {
	doc := map[string]any{
		"id": c.tenant.ID, "displayName": c.tenant.DisplayName, "createdDateTime": stamp(c.tenant.Created), "deletedDateTime": nil,
		"countryLetterCode": "DE", "tenantType": "AAD", "defaultUsageLocation": "DE", "assignedPlans": []any{},
		"verifiedDomains": []any{map[string]any{
			"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": true, "isInitial": true, "name": c.tenant.Domain, "type": "Managed",
		}},
	}
	options, refused := c.readOptions("microsoft.graph.organization", doc, largestPage)
	if refused != nil {
		return *refused
	}
	if len(rest) == 0 {
		return c.page("organization", []map[string]any{doc}, options)
	}
	if len(rest) > 1 || !strings.EqualFold(rest[0], c.tenant.ID) {
		return notFound(rest[0])
	}
	doc = pick(doc, options.selected)
	doc["@odata.context"] = c.context("organization/$entity")
	return ok(doc)
}

func userDocument(u *directory.User) map[string]any {
	return map[string]any{
		"id": u.ObjectID, "displayName": u.DisplayName, "userPrincipalName": u.Name, "mail": u.Name, "givenName": nil, "surname": nil,
		"jobTitle": nil, "mobilePhone": nil, "officeLocation": nil, "preferredLanguage": nil, "businessPhones": []any{},
		"accountEnabled": true, "userType": "Member",
	}
}

func (c *call) me(rest []string) reply {
	if !c.id.User {
		return failure(http.StatusBadRequest, "BadRequest", "/me request is only valid with delegated authentication flow.")
	}
	return c.users(append([]string{c.id.ObjectID}, rest...))
}

func (c *call) users(rest []string) reply {
	sample := userDocument(&directory.User{})
	options, refused := c.readOptions("microsoft.graph.user", sample, largestPage)
	if refused != nil {
		return *refused
	}
	if len(rest) == 0 {
		var docs []map[string]any
		for _, u := range c.tenant.Users {
			docs = append(docs, userDocument(u))
		}
		return c.page("users", docs, options)
	}
	u := c.tenant.User(rest[0])
	if u == nil {
		return notFound(rest[0])
	}
	if len(rest) > 1 {
		return c.userLinks(u, rest[1:])
	}
	doc := pick(userDocument(u), options.selected)
	doc["@odata.context"] = c.context("users/$entity")
	return ok(doc)
}

// userLinks answers the directory roles of a user.
func (c *call) userLinks(u *directory.User, rest []string) reply {
	switch strings.ToLower(rest[0]) {
	case "memberof", "transitivememberof":
	default:
		return c.noSegment(rest[0])
	}
	roles := []any{}
	for _, name := range u.Roles {
		roles = append(roles, map[string]any{
			"@odata.type": "#microsoft.graph.directoryRole", "id": u.ObjectID, "displayName": name, "roleTemplateId": directory.RoleTemplate(name),
		})
	}
	return ok(c.collection("directoryObjects", roles))
}

// getByIDs looks objects up in one go, leaving out what does not exist.
func (c *call) getByIDs() reply {
	if !c.mayReadApplications() {
		return denied()
	}
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	ids, _ := fields["ids"].([]any)
	types, _ := fields["types"].([]any)
	found := []any{}
	for _, item := range ids {
		id, _ := item.(string)
		doc := c.directoryObject(id)
		if doc == nil || !wantsType(types, doc["@odata.type"]) {
			continue
		}
		found = append(found, doc)
	}
	return ok(c.collection("directoryObjects", found))
}

func wantsType(types []any, odataType any) bool {
	name, _ := odataType.(string)
	name = strings.TrimPrefix(name, "#microsoft.graph.")
	return len(types) == 0 || slices.ContainsFunc(types, func(t any) bool {
		text, _ := t.(string)
		return strings.EqualFold(text, name) || strings.EqualFold(text, "directoryObject")
	})
}
