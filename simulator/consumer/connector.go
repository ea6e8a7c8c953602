package consumer

import (
	"fmt"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// connector is the gateway behind an API connection. It buys a token with the parameters that the connection has at that
// moment and goes on using it until it ends: changing the parameters does not flush it. Source of the behaviour: the
// after-effects in github.com/OfficeDev/microsoft-teams-apps-requestateam issue 410 (read 2026-11-22).
type connector struct {
	id       string
	tally    *tally
	token    directory.Identity
	resource string
}

// AddConnector makes an API connection with a service principal act as a consumer. resource is what it buys tokens for.
func (p *Park) AddConnector(connectionID, resource string) {
	c := &connector{id: connectionID, resource: resource}
	c.tally = p.add(lastSegment(connectionID), KindConnector, func() string { return p.parameters(connectionID)["token:clientsecret"] })
	p.connectors[strings.ToLower(connectionID)] = c
}

// connector finds one by its connection's id; nil when there is none.
func (p *Park) connector(connectionID string) *connector {
	return p.connectors[strings.ToLower(connectionID)]
}

// parameters are a connection's parameters by lower-case name.
func (p *Park) parameters(connectionID string) map[string]string {
	lower := map[string]string{}
	for name, value := range p.a.ConnectionParameters(connectionID) {
		lower[strings.ToLower(name)] = value
	}
	return lower
}

// bearer is who the connector acts as now: the token it has, else a new one.
func (p *Park) bearer(now time.Time, c *connector) (directory.Identity, *fault) {
	if now.Before(c.token.Expires) && !p.w.Gentle() {
		return c.token, nil
	}
	parameters := p.parameters(c.id)
	id, refused := p.signIn(now, c.tally, directory.SignIn{
		Tenant: parameters["token:tenantid"], ClientID: parameters["token:clientid"],
		Secret: parameters["token:clientsecret"], Resource: c.resource,
	})
	if refused != nil {
		return id, &fault{code: "Unauthorized", text: refused.Error()}
	}
	c.token = id
	return id, nil
}

// readSecret is the connector's operation "Get secret".
func (p *Park) readSecret(now time.Time, c *connector, name string) (string, *fault) {
	id, failed := p.bearer(now, c)
	if failed != nil {
		return "", failed
	}
	value, refused := p.v.Read(id, p.parameters(c.id)["vaultname"], name)
	if refused != nil {
		why := fmt.Sprintf("read secret %s: %s", name, refused.Error())
		c.tally.failure(now, why)
		return "", &fault{code: refused.Code, text: why}
	}
	return value, nil
}

// lastSegment is the name at the end of a resource id.
func lastSegment(id string) string { return id[strings.LastIndex(id, "/")+1:] }
