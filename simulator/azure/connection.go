package azure

import (
	"maps"
	"slices"
	"strings"
	"time"
)

const connectionType = "Microsoft.Web/connections"

// Connection is what an API connection knows beside its resource: the parameters, of which GET shows only those that are no secrets.
type Connection struct {
	Resource *Resource
	// Parameters are the parameterValues of the last PUT, secrets included.
	Parameters map[string]string
	// API is the managed API's name, such as keyvault.
	API string
	// User is the account that consented to an OAuth connection, "" before consent and for other connections.
	User string
	// Custom are customParameterValues, Alternative alternativeParameterValues.
	Custom, Alternative map[string]string
	// ValueType is parameterValueType ("Alternative" for a managed identity), ValueSet the name of the parameterValueSet.
	ValueType, ValueSet string
	SetValues           map[string]any

	// shown is what stale replicas answer until staleUntil.
	shown      map[string]any
	staleUntil time.Time
}

// Connections lists the API connections in order of creation.
func (s *Service) Connections() []*Connection {
	var all []*Connection
	for _, r := range s.Resources(connectionType) {
		all = append(all, s.connections[key(r.ID)])
	}
	return all
}

// Connection finds an API connection by id; nil when there is none.
func (s *Service) Connection(id string) *Connection { return s.connections[key(id)] }

// ConnectionParameters are the parameters a connector signs in with, secrets included; nil when there is no such connection. Not to be changed.
func (s *Service) ConnectionParameters(id string) map[string]string {
	if c := s.Connection(id); c != nil {
		return c.Parameters
	}
	return nil
}

// newConnection takes the parameters out of a resource's properties as a template or a PUT has them.
func newConnection(r *Resource) *Connection {
	c := &Connection{Resource: r}
	c.Parameters = texts(r.Properties["parameterValues"])
	c.Custom = texts(r.Properties["customParameterValues"])
	c.Alternative = texts(r.Properties["alternativeParameterValues"])
	c.ValueType, _ = r.Properties["parameterValueType"].(string)
	if set, ok := r.Properties["parameterValueSet"].(map[string]any); ok {
		c.ValueSet, _ = set["name"].(string)
		c.SetValues, _ = set["values"].(map[string]any)
	}
	if user, ok := r.Properties["authenticatedUser"].(map[string]any); ok {
		c.User, _ = user["name"].(string)
	}
	c.API = apiName(apiID(r.Properties))
	for _, kept := range []string{"parameterValues", "customParameterValues", "alternativeParameterValues", "parameterValueType", "parameterValueSet", "authenticatedUser", "nonSecretParameterValues"} {
		delete(r.Properties, kept)
	}
	return c
}

// apiID reads properties.api.id.
func apiID(properties map[string]any) string {
	api, _ := properties["api"].(map[string]any)
	id, _ := api["id"].(string)
	return id
}

// apiName is the last segment of an api id.
func apiName(id string) string {
	id = strings.TrimRight(id, "/")
	return strings.ToLower(id[strings.LastIndex(id, "/")+1:])
}

// texts turns a JSON object into texts; what is no text is kept as the JSON text of it would read, nothing is dropped.
func texts(value any) map[string]string {
	switch object := value.(type) {
	case map[string]string:
		return maps.Clone(object)
	case map[string]any:
		out := make(map[string]string, len(object))
		for name, v := range object {
			out[name] = text(v)
		}
		return out
	}
	return map[string]string{}
}

// secretParameter reports whether GET must never show a parameter: those whose names speak of secrets.
func secretParameter(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc([]string{"secret", "password", "key", "token:pfx", "connectionstring", "certificate"}, func(word string) bool {
		return strings.Contains(lower, word)
	})
}

// servicePrincipal reports whether the connection signs in as an application.
func (c *Connection) servicePrincipal() bool {
	_, client := c.parameter("token:clientId")
	grant, _ := c.parameter("token:grantType")
	return client || strings.EqualFold(grant, "client_credentials")
}

// parameter finds a parameter without regard to letter case.
func (c *Connection) parameter(name string) (string, bool) {
	for n, v := range c.Parameters {
		if strings.EqualFold(n, name) {
			return v, true
		}
	}
	return "", false
}

// managedIdentity reports whether the connection uses the logic app's own identity.
func (c *Connection) managedIdentity() bool {
	return strings.EqualFold(c.ValueType, "Alternative") || strings.EqualFold(c.ValueSet, "managedIdentityAuth")
}
