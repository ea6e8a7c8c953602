package azure

import (
	"net/http"
	"strings"

	"keyturn/simulator/azure/role"
)

// consentAsk is the body of listConsentLinks.
type consentAsk struct {
	Parameters []struct {
		ParameterName string `json:"parameterName"`
		RedirectURL   string `json:"redirectUrl"`
	} `json:"parameters"`
}

// target is the connection that an action is done to.
func (c *call) target() *Connection { return c.s.Connection(c.at.parent()) }

// listConsentLinks answers the addresses at which a person consents; connections that sign in by themselves have none.
func (c *call) listConsentLinks() answer {
	var in consentAsk
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	conn := c.target()
	if conn == nil {
		return notFound(c)
	}
	links := []any{}
	if conn.needsConsent() {
		for range max(len(in.Parameters), 1) {
			links = append(links, c.consentLink(conn))
		}
	}
	return ok(map[string]any{"value": links})
}

func (c *call) consentLink(conn *Connection) map[string]any {
	status := "Unauthenticated"
	if conn.User != "" {
		status = "Authenticated"
	}
	login := "https://logic-apis-" + conn.Resource.Location + ".consent.azure-apim.net/login?data=" + strings.ReplaceAll(c.s.w.NewID(), "-", "")
	return map[string]any{"link": login, "firstPartyLoginUri": login, "displayName": "", "status": status}
}

// confirmConsent ends the consent of a person.
func (c *call) confirmConsent() answer {
	var in struct {
		Code string `json:"code"`
	}
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	conn := c.target()
	switch {
	case conn == nil:
		return notFound(c)
	case in.Code == "" || !conn.needsConsent():
		return webFail(http.StatusBadRequest, "BadRequest", "The consent code is invalid or the connection takes no consent.")
	case !c.id.User:
		return webFail(http.StatusBadRequest, "BadRequest", "Consent is given by a user, not by an application.")
	}
	conn.User = c.id.UserName
	return empty(http.StatusOK)
}

// listConnectionKeys answers a key with which the connector itself may be called; nobody in this world takes it.
func (c *call) listConnectionKeys() answer {
	conn := c.target()
	if conn == nil {
		return notFound(c)
	}
	return ok(map[string]any{
		"connectionKey": "key." + c.s.w.NewID(), "parameterValues": map[string]any{},
		"runtimeUrls": []string{"https://logic-apis-" + conn.Resource.Location + ".azure-apim.net/apim/" + conn.API},
	})
}

// proxied answers calls through a connection: since 2025 only its test link is let through.
func (c *call) proxied() answer {
	conn := c.s.connectionAbove(c.at.id())
	if conn == nil {
		return notFound(c)
	}
	if len(c.s.testLinks(conn)) > 0 && strings.HasSuffix(strings.ToLower(c.at.id()), "/extensions/proxy/testconnection") {
		if conn.User == "" {
			return fail(http.StatusUnauthorized, "Unauthorized", "The connection does not contain an access token. Please edit the connection and login.")
		}
		return ok(map[string]any{})
	}
	return fail(http.StatusForbidden, "OperationNotAllowed", "The API Connection proxy requests are not supported. Only Test Connections are allowed through proxy requests")
}

func (s *Service) connectionAbove(id string) *Connection {
	for _, conn := range s.Connections() {
		if role.Covers(conn.Resource.ID, id) {
			return conn
		}
	}
	return nil
}

func (c *call) managedAPIBody(name string) map[string]any {
	location := c.at.last().names[0]
	id := "/subscriptions/" + c.sub.ID + "/providers/Microsoft.Web/locations/" + location + "/managedApis/" + name
	return map[string]any{
		"id": id, "name": name, "type": "Microsoft.Web/locations/managedApis", "location": location,
		"properties": map[string]any{
			"name": name, "connectionParameters": map[string]any{"token": map[string]any{"type": "oauthSetting"}}, "runtimeUrls": []string{"https://logic-apis-" + location + ".azure-apim.net/apim/" + name},
			"generalInformation": map[string]any{"displayName": apiTitles()[name], "iconUrl": "https://connectoricons-prod.azureedge.net/releases/v1/" + name + "/icon.png"},
			"capabilities":       []string{"actions"},
		},
	}
}

func (c *call) listManagedAPIs() answer {
	all := []any{}
	for name := range apiTitles() {
		all = append(all, c.managedAPIBody(name))
	}
	return list(all)
}

func (c *call) getManagedAPI() answer {
	name := strings.ToLower(c.at.name())
	if _, known := apiTitles()[name]; !known {
		return webFail(http.StatusNotFound, "NotFound", "Cannot find managed API with name %s.", c.at.name())
	}
	return ok(c.managedAPIBody(name))
}
