package inventory

import (
	"slices"
	"strings"

	"keyturn/arm"
)

const (
	connectionKind    = "Microsoft.Web/connections"
	connectionVersion = "2016-06-01"
)

// connection is what Azure shows of an API connection.
// Source: https://learn.microsoft.com/rest/api/logic (connections are Microsoft.Web, 2016-06-01; read 2026-11-22).
type connection struct {
	ID         string `json:"id"`
	Properties struct {
		DisplayName string `json:"displayName"`
		API         struct {
			Name string `json:"name"`
			ID   string `json:"id"`
		} `json:"api"`
		User struct {
			Name string `json:"name"`
		} `json:"authenticatedUser"`
		ValueType string `json:"parameterValueType"`
		ValueSet  struct {
			Name string `json:"name"`
		} `json:"parameterValueSet"`
		Public map[string]any `json:"nonSecretParameterValues"`
	} `json:"properties"`
}

// signIn is how a connection signs in, as far as it shows.
type signIn string

const (
	byApplication signIn = "application" // as an app registration whose client id shows
	byUser        signIn = "user"        // a person consented
	byIdentity    signIn = "identity"    // as the logic app's managed identity
	byUnknown     signIn = "unknown"     // a secret of some kind, and whose doesn't show
)

// consentOnly are connectors that people consent to and that take no app secret.
// Source: https://learn.microsoft.com/connectors/connector-reference (read 2026-11-22).
var consentOnly = []string{
	"sharepointonline", "office365", "office365users", "office365groups", "teams", "onedriveforbusiness",
	"excelonlinebusiness", "planner", "outlook", "onedrive", "yammer", "wordonlinebusiness",
}

func (c connection) signsInBy() signIn {
	switch {
	case strings.EqualFold(c.Properties.ValueType, "Alternative"), strings.EqualFold(c.Properties.ValueSet.Name, "managedIdentityAuth"):
		return byIdentity
	case c.clientID() != "":
		return byApplication
	case c.Properties.User.Name != "", slices.Contains(consentOnly, c.api()):
		return byUser
	}
	return byUnknown
}

// clientID returns the client id that the connection shows; "" = none shows.
func (c connection) clientID() string {
	return c.parameter(func(name string) bool { return strings.HasSuffix(name, "clientid") })
}

// vaultName returns the vault that a Key Vault connection shows it works with.
func (c connection) vaultName() string {
	return c.parameter(func(name string) bool { return name == "vaultname" })
}

func (c connection) parameter(fits func(lower string) bool) string {
	for name, value := range c.Properties.Public {
		if text, ok := value.(string); ok && fits(strings.ToLower(name)) {
			return text
		}
	}
	return ""
}

// api is the connector's name in lower case, such as keyvault.
func (c connection) api() string {
	id := strings.Trim(c.Properties.API.ID, "/")
	if id == "" {
		return strings.ToLower(c.Properties.API.Name)
	}
	return strings.ToLower(id[strings.LastIndex(id, "/")+1:])
}

func (c connection) name() string { return lastOf(c.ID) }

func (c connection) group() string { return groupOf(c.ID) }

// lastOf is the last segment of an id.
func lastOf(id string) string {
	id = strings.TrimRight(id, "/")
	return id[strings.LastIndex(id, "/")+1:]
}

// groupOf is the id of the resource group in lower case; "" when the id has none.
func groupOf(id string) string {
	parsed, err := arm.ParseID(id)
	if err != nil {
		return ""
	}
	return strings.ToLower(parsed.GroupID())
}

// block is the connection as a target.
func (c connection) block(vault string) Block {
	b := Block{Kind: KindConnection}.with("resourceId", c.ID)
	if vault != "" {
		b = b.below("parameters", Field{Name: "vaultName", Text: vault})
	}
	return b
}
