package azure

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
)

func (s *Service) webRoutes() []entry {
	return []entry{
		{"GET Microsoft.Web/connections/*", (*call).getConnection},
		{"GET Microsoft.Web/connections", (*call).listConnections},
		{"PUT Microsoft.Web/connections/*", (*call).putConnection},
		{"PATCH Microsoft.Web/connections/*", (*call).patchConnection},
		{"DELETE Microsoft.Web/connections/*", (*call).deleteGeneric},
		{"POST Microsoft.Web/connections/listConsentLinks", (*call).listConsentLinks},
		{"POST Microsoft.Web/connections/confirmConsentCode", (*call).confirmConsent},
		{"POST Microsoft.Web/connections/listConnectionKeys", (*call).listConnectionKeys},
		{"GET Microsoft.Web/locations/managedApis", (*call).listManagedAPIs},
		{"GET Microsoft.Web/locations/managedApis/*", (*call).getManagedAPI},
	}
}

func (c *call) connection() *Connection { return c.s.Connection(c.at.id()) }

func (c *call) getConnection() answer {
	conn := c.connection()
	if conn == nil {
		return notFound(c)
	}
	if conn.shown != nil && c.now.Before(conn.staleUntil) && c.s.switched(StaleSwitch) && c.s.w.Chance(0.5) {
		return ok(conn.shown)
	}
	return ok(c.s.resourceBody(conn.Resource))
}

func (c *call) listConnections() answer {
	keep, refused := c.filter()
	if refused != nil {
		return *refused
	}
	seen := []any{}
	for _, conn := range c.s.Connections() {
		body := c.s.resourceBody(conn.Resource)
		if role.Covers(c.at.scope(), conn.Resource.ID) && keep(body) {
			seen = append(seen, body)
		}
	}
	return c.page(seen)
}

// connectionProperties are what GET shows: never a secret, and a status that only knows whether somebody once consented.
func (s *Service) connectionProperties(c *Connection) map[string]any {
	r := c.Resource
	shown := map[string]any{
		"customParameterValues": c.Custom, "createdTime": stamp(r.Created), "changedTime": stamp(r.Changed), "connectionState": "Enabled",
		"api": apiReference(apiID(r.Properties), c.API), "testLinks": s.testLinks(c), "testRequests": []any{},
	}
	if name, ok := r.Properties["displayName"]; ok {
		shown["displayName"] = name
	}
	if public := c.publicParameters(); len(public) > 0 && !s.bare(c) {
		shown["nonSecretParameterValues"] = public
	}
	c.addAlternative(shown)
	c.addStatus(shown)
	return shown
}

func (s *Service) bare(c *Connection) bool {
	return s.switched(BareSwitch) || strings.EqualFold(s.w.Switch(BareSwitch), c.Resource.Name)
}

// publicParameters are the parameters that are no secrets.
func (c *Connection) publicParameters() map[string]string {
	public := map[string]string{}
	for name, value := range c.Parameters {
		if !secretParameter(name) {
			public[name] = value
		}
	}
	return public
}

func (c *Connection) addAlternative(shown map[string]any) {
	if c.ValueType != "" {
		shown["parameterValueType"] = c.ValueType
	}
	if len(c.Alternative) > 0 {
		shown["alternativeParameterValues"] = c.Alternative
	}
	if c.ValueSet != "" {
		shown["parameterValueSet"] = map[string]any{"name": c.ValueSet, "values": map[string]any{}}
	}
}

func (c *Connection) addStatus(shown map[string]any) {
	if c.needsConsent() && c.User == "" {
		shown["overallStatus"] = "Error"
		shown["statuses"] = []any{map[string]any{
			"status": "Error", "target": "token", "error": map[string]any{"code": "Unauthenticated", "message": "This connection is not authenticated."},
		}}
		return
	}
	shown["overallStatus"] = "Connected"
	shown["statuses"] = []any{map[string]any{"status": "Connected"}}
	if c.User != "" {
		shown["authenticatedUser"] = map[string]any{"name": c.User}
	} else {
		shown["authenticatedUser"] = map[string]any{}
	}
}

// needsConsent reports whether only a person's sign-in makes the connection work.
func (c *Connection) needsConsent() bool {
	return !c.servicePrincipal() && !c.managedIdentity() && slices.Contains(consentAPIs(), c.API)
}

func consentAPIs() []string {
	return []string{"sharepointonline", "office365", "office365users", "teams", "keyvault", "azureautomation", "onedriveforbusiness", "planner"}
}

// testLinks exist for the connectors whose sign-in is a person's; for the two that use a secret the portal has none.
func (s *Service) testLinks(c *Connection) []any {
	if c.servicePrincipal() || !c.needsConsent() {
		return []any{}
	}
	return []any{map[string]any{"requestUri": s.w.Cloud().ARM() + ":443" + c.Resource.ID + "/extensions/proxy/testconnection?api-version=2018-07-01-preview", "method": "get"}}
}

func apiReference(id, name string) map[string]any {
	title := name
	if known, ok := apiTitles()[name]; ok {
		title = known
	}
	return map[string]any{
		"name": name, "displayName": title, "description": "Connects logic apps with " + title + ".", "iconUri": "https://connectoricons-prod.azureedge.net/releases/v1/" + name + "/icon.png",
		"brandColor": "#0079d6", "id": id, "type": "Microsoft.Web/locations/managedApis",
	}
}

func apiTitles() map[string]string {
	return map[string]string{
		"keyvault": "Azure Key Vault", "azureautomation": "Azure Automation", "sharepointonline": "SharePoint", "office365": "Office 365 Outlook",
		"office365users": "Office 365 Users", "teams": "Microsoft Teams",
	}
}

// putConnection makes or replaces a connection: a parameter that the body leaves out is gone afterwards.
func (c *call) putConnection() answer {
	var in resourceWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	if refused := c.checkConnection(in); refused != nil {
		return *refused
	}
	old := c.connection()
	next := &Resource{ID: c.at.id(), Name: c.at.name(), Type: connectionType, Kind: "V1", Location: plainLocation(*in.Location), Tags: in.Tags, Properties: in.Properties, Created: c.now, Changed: c.now}
	if in.Kind != nil && *in.Kind != "" {
		next.Kind = *in.Kind
	}
	if old == nil {
		next.indexedFrom = c.now.Add(c.s.w.Between(indexLagMin, indexLagMax))
		return created(c.s.resourceBody(c.s.replaceConnection(next, nil)))
	}
	was := c.s.resourceBody(old.Resource)
	next.ID, next.Name, next.Created, next.indexedFrom = old.Resource.ID, old.Resource.Name, old.Resource.Created, old.Resource.indexedFrom
	if !next.Changed.After(old.Resource.Changed) {
		next.Changed = old.Resource.Changed.Add(time.Microsecond)
	}
	r := c.s.replaceConnection(next, old)
	now := c.s.Connection(r.ID)
	now.shown, now.staleUntil = was, c.now.Add(c.s.w.Between(time.Second, 6*time.Second))
	return ok(c.s.resourceBody(r))
}

// replaceConnection stores the connection; a person's consent outlives a PUT that brings no sign-in of its own.
func (s *Service) replaceConnection(next *Resource, old *Connection) *Resource {
	next.Properties = maps.Clone(next.Properties)
	delete(next.Properties, "authenticatedUser")
	conn := newConnection(next)
	s.put(next)
	conn.Resource = s.Resource(next.ID)
	if old != nil && !conn.servicePrincipal() && !conn.managedIdentity() {
		conn.User = old.User
	}
	s.connections[key(next.ID)] = conn
	return conn.Resource
}

func plainLocation(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }

// checkConnection refuses a body that the connection provider would not take.
func (c *call) checkConnection(in resourceWrite) *answer {
	var a answer
	api := parsePath(apiID(in.Properties))
	switch {
	case in.Location == nil || *in.Location == "":
		a = fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	case in.Properties == nil:
		a = webFail(http.StatusBadRequest, "BadRequest", "The parameter properties has an invalid value.")
	case !strings.EqualFold(api.resourceType(), "Microsoft.Web/locations/managedApis") && !strings.EqualFold(api.resourceType(), "Microsoft.Web/customApis"):
		a = webFail(http.StatusBadRequest, "BadRequest", "The parameter properties.api.id has an invalid value.")
	case !plainTexts(in.Properties["parameterValues"]):
		a = webFail(http.StatusBadRequest, "BadRequest", "The parameter properties.parameterValues has an invalid value.")
	case c.elsewhere(*in.Location):
		a = fail(http.StatusConflict, "InvalidResourceLocation", "The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be created in location '%s'. Please select a new resource name.",
			c.at.name(), c.connection().Resource.Location, c.at.group, plainLocation(*in.Location))
	default:
		return c.mayJoin(api)
	}
	return &a
}

func (c *call) elsewhere(location string) bool {
	conn := c.connection()
	return conn != nil && conn.Resource.Location != "" && plainLocation(conn.Resource.Location) != plainLocation(location)
}

// plainTexts reports whether a value is absent, or an object of texts.
func plainTexts(value any) bool {
	if value == nil {
		return true
	}
	object, ok := value.(map[string]any)
	for _, v := range object {
		if _, isText := v.(string); !isText {
			return false
		}
	}
	return ok
}

// mayJoin asks, when the switch is on, for the right to use the managed API, which lies outside the resource group.
func (c *call) mayJoin(api address) *answer {
	const join = "Microsoft.Web/locations/managedApis/join/action"
	if !c.s.switched(JoinSwitch) || c.s.roles.Permits(c.id.ObjectID, join, api.id(), c.now) {
		return nil
	}
	a := fail(http.StatusForbidden, "LinkedAuthorizationFailed",
		"The client '%s' with object id '%s' has permission to perform action 'Microsoft.Web/connections/write' on scope '%s'; however, it does not have permission to perform action(s) '%s' on the linked scope(s) '%s' (respectively) or the linked scope(s) are invalid.",
		c.id.AppID, c.id.ObjectID, c.at.id(), join, api.id())
	return &a
}

// patchConnection changes tags; nothing inside properties can be patched.
func (c *call) patchConnection() answer {
	var in resourceWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	conn := c.connection()
	if conn == nil {
		return notFound(c)
	}
	if len(in.Properties) > 0 {
		return fail(http.StatusBadRequest, "PatchApiConnectionPropertiesNotSupported", "None of the fields inside the properties object can be patched.")
	}
	conn.Resource.patch(in)
	return ok(c.s.resourceBody(conn.Resource))
}
