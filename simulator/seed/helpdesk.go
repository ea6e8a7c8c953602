package seed

import (
	"fmt"
	"strings"

	"keyturn/simulator/directory"
)

// The samples with a SharePoint add-in.
const (
	// Helpdesk is a provider-hosted add-in from before December 2024, a principal without an app registration, 25 days
	// from its end; its web.config lies in the folder that the simulator writes.
	Helpdesk = "helpdesk"
	// HelpdeskApp is the same registered later, as an ordinary app registration.
	HelpdeskApp = "helpdesk-app"
	// HelpdeskAzure is hosted in Azure App Service: its secrets are settings of the web app.
	HelpdeskAzure = "helpdesk-azure"
)

// Client ids of the samples with people: the registrations that a person's sign-in can go through.
const (
	// SignInClientID allows public client flows and has consent.
	SignInClientID = "5ca1ab1e-51b1-4e5a-9a3c-000000000001"
	// ConfidentialClientID is a registration with a secret, which nobody can sign in through without it.
	ConfidentialClientID = "5ca1ab1e-51b1-4e5a-9a3c-000000000002"
	// UnconsentedClientID allows public client flows; nobody has agreed to what it may do.
	UnconsentedClientID = "5ca1ab1e-51b1-4e5a-9a3c-000000000003"
	// ConsoleClientID is a web app with app roles that people have, whose tokens also name groups.
	ConsoleClientID = "5ca1ab1e-51b1-4e5a-9a3c-000000000004"
	// DisabledClientID is switched off for sign-ins.
	DisabledClientID = "5ca1ab1e-51b1-4e5a-9a3c-000000000006"
	// SinglePageClientID has its reply address on the wrong platform, that of single-page applications.
	SinglePageClientID = "5ca1ab1e-51b1-4e5a-9a3c-000000000007"
)

// ServiceDeskGroup is the object id of a group: eligible is in it, and guest, who is in more groups than a token names.
const ServiceDeskGroup = "5ca1ab1e-51b1-4e5a-9a3c-0000000000d1"

// consoleAddress is where that web app is.
const consoleAddress = "https://keyturn.contoso.com"

// helpdesk plants the tenant of an organisation that bought an add-in.
type helpdesk struct {
	*planter
	people    map[string]*directory.User
	addIn     *directory.ServicePrincipal
	webConfig string // its path, or
	webApp    string // its resource id
}

func isHelpdesk(name string) bool {
	return name == Helpdesk || name == HelpdeskApp || name == HelpdeskAzure
}

// plantHelpdesk fills the cloud with the add-in's tenant.
func (s *planter) plantHelpdesk(name string) (Sample, error) {
	h := &helpdesk{planter: s, people: map[string]*directory.User{}}
	s.places = newPlaces(s.w)
	t := s.d.AddTenant(directory.TenantSpec{ID: s.places.Tenant, Domain: s.places.Domain, DisplayName: "Contoso"})
	t.AddDomain(federatedDomain, true)
	h.plantPeople(t)
	h.plantSignInApps()
	h.plantConsole()
	h.plantIdentity()
	if err := h.plantAddIn(t, name); err != nil {
		return Sample{}, fmt.Errorf("plant %s: %w", name, err)
	}
	h.plantLeftOvers(t)
	h.plantStranger()
	return Sample{
		Tenant: s.places.Tenant, Domain: s.places.Domain, Subscription: s.places.Subscription, AdminClientID: s.admin.AppID,
		AdminSecret: s.adminSecret.Value, KeyturnYAML: h.configuration(), People: h.peopleFile(),
	}, nil
}

// federatedDomain is where the organisation's own server signs people in.
const federatedDomain = "contoso.com"

// signInScopes are what the sign-in app may do for a person, who needs the directory role for it too.
func signInScopes() []string {
	return []string{
		"Application.ReadWrite.All", "AuditLog.Read.All", "Directory.ReadWrite.All", "Organization.Read.All", "Policy.Read.All",
		"RoleManagement.Read.Directory", "User.Read",
	}
}

// plantPeople makes one user for each thing that can stand in the way of a sign-in; admin has nothing in the way.
func (h *helpdesk) plantPeople(t *directory.Tenant) {
	global := []string{"Global Administrator"}
	at := func(role string) map[string][]string {
		return map[string][]string{ConsoleClientID: {"Keyturn." + role}}
	}
	desk := []string{ServiceDeskGroup}
	h.person("admin", directory.UserSpec{DisplayName: "Adele Vance", Roles: global, AppRoles: at("Admin")})
	h.person("mfa", directory.UserSpec{DisplayName: "Mona Fischer", Roles: global, MFA: true, AppRoles: at("Approver")})
	h.person("appadmin", directory.UserSpec{DisplayName: "Alex Wilber", Roles: []string{"Application Administrator"}, AppRoles: at("Operator")})
	h.person("user", directory.UserSpec{DisplayName: "Ulrike Seidel", AppRoles: at("Viewer")})
	h.person("eligible", directory.UserSpec{DisplayName: "Elin Berg", Eligible: global, Groups: desk})
	h.person("blocked", directory.UserSpec{DisplayName: "Bianca Pisani", Roles: global})
	h.person("locked", directory.UserSpec{DisplayName: "Lee Gu", Roles: global, State: directory.StateLocked})
	h.person("disabled", directory.UserSpec{DisplayName: "Diego Siciliani", Roles: global, State: directory.StateDisabled})
	h.person("expired", directory.UserSpec{DisplayName: "Emily Braun", Roles: global, State: directory.StateExpired})
	h.person("unenrolled", directory.UserSpec{DisplayName: "Una Becker", Roles: global, State: directory.StateUnenrolled})
	h.person("federated@"+federatedDomain, directory.UserSpec{DisplayName: "Fabian Weiss", Roles: global})
	h.person("guest_fabrikam.com#EXT#", directory.UserSpec{DisplayName: "Grady Archie", HomeName: "guest@fabrikam.com", Groups: append(h.groups(200), desk...)})
	h.d.AddAccessPolicy(t, directory.AccessPolicy{
		DisplayName: "Administrators only from the office", Users: []string{h.people["blocked"].ObjectID},
	})
}

// person makes a user at the initial domain, unless the name has another. The passwords have signs in them that must be
// encoded on their way.
func (h *helpdesk) person(name string, spec directory.UserSpec) {
	spec.Name = name
	if !strings.Contains(name, "@") {
		spec.Name = name + "@" + h.places.Domain
	}
	spec.Password = "Hd+" + h.w.NewID()[:13] + "%&"
	h.people[name] = h.d.AddUser(h.places.Tenant, spec)
}

// plantStranger makes another organisation, with somebody who has no business here.
func (h *helpdesk) plantStranger() {
	other := h.d.AddTenant(directory.TenantSpec{Domain: "fabrikam.onmicrosoft.com", DisplayName: "Fabrikam"})
	h.d.AddUser(other.ID, directory.UserSpec{
		Name: "stranger@" + other.Domain, Password: "Fk+" + h.w.NewID()[:13] + "%&", DisplayName: "Stefan Moser", Roles: []string{"Global Administrator"},
	})
}

// peopleFile lists everybody with their password, for people who try the sign-in page.
func (h *helpdesk) peopleFile() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Sign-in names and passwords of the simulated tenant. The code of every authenticator app is %s.\n\n", directory.AuthenticatorCode)
	for _, t := range h.d.Tenants() {
		for _, u := range t.Users {
			name := u.Name
			if u.Guest {
				name = u.HomeName
			}
			fmt.Fprintf(&b, "%-36s %s\n", name, u.Password)
		}
	}
	return b.String()
}

// plantSignInApps makes the registration that people sign in through, and four that don't work.
func (h *helpdesk) plantSignInApps() {
	public := func(a *directory.Application) {
		a.Extra["isFallbackPublicClient"] = true
		a.Extra["publicClient"] = map[string]any{"redirectUris": []any{"http://localhost", consoleAddress + "/sign-in/person"}}
	}
	public(h.d.AddApplication(h.places.Tenant, directory.AppSpec{
		AppID: SignInClientID, DisplayName: "Keyturn sign-in", Created: h.now.Add(-30 * day), Scopes: signInScopes(),
	}))
	confidential := h.d.AddApplication(h.places.Tenant, directory.AppSpec{
		AppID: ConfidentialClientID, DisplayName: "Keyturn sign-in (confidential)", Created: h.now.Add(-30 * day), Scopes: signInScopes(),
	})
	confidential.Extra["web"] = map[string]any{"redirectUris": []any{"http://localhost"}}
	h.d.AddPassword(confidential, directory.PasswordSpec{DisplayName: "web", Start: h.now.Add(-30 * day), End: h.now.Add(335 * day), Settled: true})
	public(h.d.AddApplication(h.places.Tenant, directory.AppSpec{
		AppID: UnconsentedClientID, DisplayName: "Keyturn sign-in (no consent)", Created: h.now.Add(-30 * day),
	}))
	disabled := h.d.AddApplication(h.places.Tenant, directory.AppSpec{
		AppID: DisabledClientID, DisplayName: "Keyturn sign-in (disabled)", Created: h.now.Add(-30 * day), Scopes: signInScopes(),
	})
	public(disabled)
	h.d.Tenant(h.places.Tenant).ServicePrincipal(DisabledClientID).Disabled = true
	page := h.d.AddApplication(h.places.Tenant, directory.AppSpec{
		AppID: SinglePageClientID, DisplayName: "Keyturn sign-in (single-page)", Created: h.now.Add(-30 * day), Scopes: signInScopes(),
	})
	page.Extra["isFallbackPublicClient"], page.Extra["spa"] = true, map[string]any{"redirectUris": []any{"http://localhost"}}
}

// plantConsole makes the registration of a web app that people sign in at, with a secret and roles.
func (h *helpdesk) plantConsole() {
	console := h.d.AddApplication(h.places.Tenant, directory.AppSpec{
		AppID: ConsoleClientID, DisplayName: "Keyturn console", Created: h.now.Add(-30 * day), Scopes: []string{"User.Read"},
	})
	console.Extra["web"] = map[string]any{"redirectUris": []any{consoleAddress + "/sign-in/callback"}}
	console.Extra["groupMembershipClaims"] = "SecurityGroup"
	var roles []any
	for _, name := range []string{"Viewer", "Operator", "Approver", "Admin"} {
		roles = append(roles, map[string]any{
			"id": h.w.NewID(), "value": "Keyturn." + name, "displayName": name, "description": name, "isEnabled": true, "origin": "Application",
			"allowedMemberTypes": []any{"User"},
		})
	}
	console.Extra["appRoles"] = roles
	h.d.AddPassword(console, directory.PasswordSpec{DisplayName: "web", Start: h.now.Add(-30 * day), End: h.now.Add(335 * day), Settled: true})
}

// groups draws the object ids of so many groups.
func (h *helpdesk) groups(count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = h.w.NewID()
	}
	return list
}

// plantIdentity makes the identity that may do the work without a person.
func (h *helpdesk) plantIdentity() {
	h.admin = h.d.AddApplication(h.places.Tenant, directory.AppSpec{
		DisplayName: "keyturn-admin", Created: h.now.Add(-30 * day),
		Roles: []string{"Application.ReadWrite.All", "Directory.ReadWrite.All", "Policy.Read.All", "AuditLog.Read.All", "Organization.Read.All", "RoleManagement.Read.Directory"},
	})
	h.adminSecret = h.d.AddPassword(h.admin, directory.PasswordSpec{
		DisplayName: "administrator", Start: h.now.Add(-30 * day), End: h.now.Add(335 * day), Settled: true,
	})
}
