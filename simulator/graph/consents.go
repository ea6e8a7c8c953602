package graph

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// routeConsents serves delegated permissions that were agreed to. Source:
// https://learn.microsoft.com/graph/api/oauth2permissiongrant-post, read 2026-11-25.
func (c *call) routeConsents(rest []string) reply {
	switch {
	case len(rest) == 0 && c.method == http.MethodGet:
		return c.reading(c.mayReadDirectory(), func() reply { return c.listConsents(nil) })
	case len(rest) == 0 && c.method == http.MethodPost:
		return c.addConsent()
	case len(rest) == 1:
		return c.oneConsent(rest[0])
	}
	return notAllowed()
}

func (c *call) mayConsent() bool {
	return c.may("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
}

// consentsOf are those of one principal, or all.
func (c *call) consentsOf(only *directory.ServicePrincipal) []map[string]any {
	docs := []map[string]any{}
	for _, s := range c.tenant.ServicePrincipals {
		for _, given := range s.Consents {
			if only == nil || only == s {
				docs = append(docs, c.consentDocument(s, given))
			}
		}
	}
	return docs
}

func (c *call) listConsents(only *directory.ServicePrincipal) reply {
	options, refused := c.readOptions("microsoft.graph.oAuth2PermissionGrant", c.consentDocument(&directory.ServicePrincipal{}, &directory.Consent{}), largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("oauth2PermissionGrants", c.consentsOf(only), options)
}

func (c *call) consentDocument(s *directory.ServicePrincipal, given *directory.Consent) map[string]any {
	doc := map[string]any{
		"id": given.ID, "clientId": s.ObjectID, "consentType": "AllPrincipals", "principalId": orNil(given.UserID), "resourceId": nil,
		"scope": strings.Join(given.Scopes, " "),
	}
	if given.UserID != "" {
		doc["consentType"] = "Principal"
	}
	if resource := c.tenant.ServicePrincipal(given.ResourceAppID); resource != nil {
		doc["resourceId"] = resource.ObjectID
	}
	return doc
}

func (c *call) addConsent() reply {
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	if !c.mayConsent() {
		return denied()
	}
	text := func(name string) string { s, _ := fields[name].(string); return s }
	client, resource := c.tenant.ServicePrincipal(text("clientId")), c.tenant.ServicePrincipal(text("resourceId"))
	if client == nil || resource == nil {
		return notFound(text("clientId"))
	}
	user := ""
	if text("consentType") == "Principal" {
		user = text("principalId")
	}
	exists := slices.ContainsFunc(client.Consents, func(given *directory.Consent) bool {
		return given.ResourceAppID == resource.AppID && given.UserID == user
	})
	if exists {
		return failure(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
	}
	given := c.s.d.Consent(client, resource.AppID, user, strings.Fields(text("scope"))...)
	doc := c.consentDocument(client, given)
	doc["@odata.context"] = c.context("oauth2PermissionGrants/$entity")
	return made(doc)
}

// oneConsent shows, changes or withdraws one.
func (c *call) oneConsent(id string) reply {
	for _, s := range c.tenant.ServicePrincipals {
		at := slices.IndexFunc(s.Consents, func(given *directory.Consent) bool { return given.ID == id })
		if at < 0 {
			continue
		}
		switch {
		case c.method == http.MethodGet:
			return c.reading(c.mayReadDirectory(), func() reply { return ok(c.consentDocument(s, s.Consents[at])) })
		case !c.mayConsent():
			return denied()
		case c.method == http.MethodDelete:
			s.Consents = slices.Delete(slices.Clone(s.Consents), at, at+1)
			return noContent()
		}
		fields, refused := c.readBody()
		if refused != nil {
			return *refused
		}
		scope, _ := fields["scope"].(string)
		s.Consents[at].Scopes = strings.Fields(scope)
		return noContent()
	}
	return notFound(id)
}
