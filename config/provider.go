package config

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"keyturn/secret"
)

// Provider is who people sign in with at the console. Its zero value is nobody.
type Provider struct {
	Issuer   string
	ClientID string
	Roles    map[string]string // the name of a role, by what the provider says of somebody

	file string
	spot held // of the client's secret
}

// On reports whether people sign in with a provider.
func (p Provider) On() bool { return p.Issuer != "" }

// ClientSecret fetches the secret of the console's registration; none is the zero Value. A variable or file that it is to
// come from and that isn't there gives [*Problems].
func (p Provider) ClientSecret(environment Environment) (secret.Value, error) {
	if p.spot.node == nil {
		return secret.Value{}, nil
	}
	read := newReader(p.file, nil)
	read.environment = environment
	var found secret.Value
	read.secret(p.spot, valueOf(&found))
	if len(read.problems) > 0 {
		return secret.Value{}, read.report()
	}
	return found, nil
}

// Roles of the console, as they can be given.
var consoleRoles = []string{"viewer", "operator", "approver", "admin"}

// provider reads who people sign in with, and says what can't be meant.
func (r *reader) provider(written provider) Provider {
	spot := r.find("serve", "signIn")
	found := Provider{Issuer: written.Issuer, ClientID: written.ClientID, Roles: written.Roles}
	if spot.path != join("serve", "signIn") { // it isn't written; there is a key signIn at the top too
		return found
	}
	if at := r.within(spot, "clientSecret"); at.path != spot.path {
		found.file, found.spot = r.path, at
	}
	switch {
	case written.Issuer == "" || written.ClientID == "":
		r.say(spot, "people can't sign in without issuer and clientId", "add both")
	case !isIssuer(written.Issuer):
		r.sayf(r.within(spot, "issuer"), "such as https://login.microsoftonline.com/TENANT-ID/v2.0", "%s isn't a provider's address", quote(written.Issuer))
	case len(written.Roles) == 0:
		r.say(spot, "nobody has a role", "such as roles: { Keyturn.Admin: admin }")
	}
	for _, value := range keysOf(written.Roles) {
		if role := written.Roles[value]; !slices.Contains(consoleRoles, role) {
			r.sayf(r.within(r.within(spot, "roles"), value), "one of "+strings.Join(consoleRoles, ", "), "%s isn't a role", quote(role))
		}
	}
	return found
}

// isIssuer accepts https and, on this machine alone, http.
func isIssuer(text string) bool {
	issuer, err := url.Parse(text)
	if err != nil || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" || issuer.User != nil {
		return false
	}
	address := net.ParseIP(issuer.Hostname())
	return issuer.Scheme == "https" || issuer.Scheme == "http" && (issuer.Hostname() == "localhost" || address != nil && address.IsLoopback())
}
