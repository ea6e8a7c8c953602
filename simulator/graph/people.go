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
		if len(rest) == 1 && c.method == http.MethodPost {
			return c.memberships(rest[0])
		}
		return c.reading(true, func() reply { return c.me(rest) })
	case "users":
		return c.reading(c.mayReadUsers(rest), func() reply { return c.users(rest) })
	case "domains":
		return c.reading(true, func() reply { return ok(c.collection("domains", domainDocuments(c.tenant))) })
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

// mayReadUsers holds for oneself with User.Read; others need more.
func (c *call) mayReadUsers(rest []string) bool {
	wide := []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	if !c.id.User {
		return c.may(wide...)
	}
	u := c.tenant.User(c.id.ObjectID)
	if u != nil && len(rest) > 0 && c.tenant.User(rest[0]) == u {
		return c.scoped(append(wide, "User.Read")...)
	}
	return c.scoped(wide...)
}

func domainDocuments(t *directory.Tenant) []any {
	list := []any{}
	for _, domain := range allDomains(t) {
		list = append(list, map[string]any{
			"id": domain.Name, "authenticationType": authentication(domain), "isDefault": domain.Name == t.Domain, "isInitial": domain.Name == t.Domain,
			"isVerified": true, "isRoot": true, "isAdminManaged": true, "supportedServices": []any{"Email", "OfficeCommunicationsOnline"},
		})
	}
	return list
}

func allDomains(t *directory.Tenant) []directory.Domain {
	return append([]directory.Domain{{Name: t.Domain}}, t.Domains...)
}

func authentication(d directory.Domain) string {
	if d.Federated {
		return "Federated"
	}
	return "Managed"
}

func verifiedDomains(t *directory.Tenant) []any {
	list := []any{}
	for _, domain := range allDomains(t) {
		list = append(list, map[string]any{
			"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": domain.Name == t.Domain, "isInitial": domain.Name == t.Domain,
			"name": domain.Name, "type": authentication(domain),
		})
	}
	return list
}

func (c *call) organization(rest []string) reply {
	doc := map[string]any{
		"id": c.tenant.ID, "displayName": c.tenant.DisplayName, "createdDateTime": stamp(c.tenant.Created), "deletedDateTime": nil,
		"countryLetterCode": "DE", "tenantType": "AAD", "defaultUsageLocation": "DE", "assignedPlans": []any{},
		"verifiedDomains": verifiedDomains(c.tenant),
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
	kind := "Member"
	if u.Guest {
		kind = "Guest"
	}
	return map[string]any{
		"id": u.ObjectID, "displayName": u.DisplayName, "userPrincipalName": u.Name, "mail": u.Name, "givenName": nil, "surname": nil,
		"jobTitle": nil, "mobilePhone": nil, "officeLocation": nil, "preferredLanguage": nil, "businessPhones": []any{},
		"accountEnabled": u.State != directory.StateDisabled, "userType": kind,
	}
}

func (c *call) me(rest []string) reply {
	if !c.id.User {
		return failure(http.StatusBadRequest, "BadRequest", "/me request is only valid with delegated authentication flow.")
	}
	own := append([]string{c.id.ObjectID}, rest...)
	if !c.mayReadUsers(own) {
		return denied()
	}
	return c.users(own)
}

func (c *call) users(rest []string) reply {
	if len(rest) > 1 {
		return c.userLinks(rest[0], rest[1:])
	}
	sample := userDocument(&directory.User{})
	options, refused := c.readOptions("microsoft.graph.user", sample, largestPage)
	if refused != nil {
		return *refused
	}
	if len(rest) == 0 || rest[0] == "$count" {
		var docs []map[string]any
		for _, u := range c.tenant.Users {
			docs = append(docs, userDocument(u))
		}
		if len(rest) == 0 {
			return c.page("users", docs, options)
		}
		if !c.eventual() {
			return malformed("$count is not currently supported.")
		}
		return ok(len(options.apply(docs)))
	}
	u := c.tenant.User(rest[0])
	if u == nil {
		return notFound(rest[0])
	}
	doc := pick(userDocument(u), options.selected)
	doc["@odata.context"] = c.context("users/$entity")
	return ok(doc)
}

// userLinks answers the directory roles of a user.
func (c *call) userLinks(id string, rest []string) reply {
	u := c.tenant.User(id)
	if u == nil {
		return notFound(id)
	}
	switch strings.ToLower(rest[0]) {
	case "memberof", "transitivememberof":
		return c.rolesOf(u, rest[1:])
	}
	return c.noSegment(rest[0])
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
