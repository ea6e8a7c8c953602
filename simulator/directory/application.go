package directory

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Application is an app registration.
type Application struct {
	ObjectID, AppID, DisplayName string
	// Audience is Graph's signInAudience.
	Audience string
	Created  time.Time
	// Extra are further Graph properties by name, as they were written.
	Extra map[string]any
	// Owners are object ids of users and service principals.
	Owners []string
	Credentials
	// Federated are the tokens of other issuers that the app may sign in with; nobody in this world issues one.
	Federated []Federated

	Tenant           *Tenant
	ServicePrincipal *ServicePrincipal
	// PolicyID is the app management policy assigned to the app, "" for the tenant's default.
	PolicyID string

	lag replica[Application]
}

// Federated is a federated identity credential, named as Graph names its parts.
type Federated struct {
	ID, Name, Issuer, Subject, Description string
	Audiences                              []string
}

// ServicePrincipal is the app's presence in a tenant, or one of Microsoft's own APIs there.
type ServicePrincipal struct {
	ObjectID, AppID, DisplayName string
	// Type is Graph's servicePrincipalType: Application, ManagedIdentity or Legacy.
	Type     string
	Created  time.Time
	Disabled bool
	Extra    map[string]any
	Owners   []string
	// Names are the addresses of one of Microsoft's own APIs.
	Names []string
	// AppRoles are offered to callers; only Microsoft's own APIs have some.
	AppRoles []AppRole
	// Grants are the app roles given to this principal, Consents the scopes that it may use for people.
	Grants   []*Grant
	Consents []*Consent
	Credentials

	Tenant      *Tenant
	Application *Application // nil for Microsoft's own and Legacy ones
	// AddIn is what SharePoint knows of the principal, nil when it is no add-in.
	AddIn    *AddIn
	PolicyID string

	public bool // one of Microsoft's tools, which have no credential
	lag    replica[ServicePrincipal]
}

// AppSpec says what app registration to add.
type AppSpec struct {
	// AppID is drawn when empty.
	AppID, DisplayName string
	// Audience is Graph's signInAudience; default AzureADMyOrg.
	Audience string
	// Created defaults to now.
	Created time.Time
	// Roles are names of Microsoft Graph app roles granted, such as "Application.ReadWrite.OwnedBy".
	Roles []string
	// Owners are object ids.
	Owners []string
	// Scopes are delegated permissions of Microsoft Graph that an administrator agreed to for everyone.
	Scopes []string
}

// AddApplication makes an app registration and its service principal; nil when there is no such tenant.
func (d *Directory) AddApplication(tenant string, spec AppSpec) *Application {
	t := d.Tenant(tenant)
	if t == nil {
		return nil
	}
	a := &Application{
		ObjectID: d.w.NewID(), AppID: strings.ToLower(spec.AppID), DisplayName: spec.DisplayName, Audience: spec.Audience,
		Created: spec.Created, Owners: slices.Clone(spec.Owners), Extra: map[string]any{}, Tenant: t,
	}
	if a.AppID == "" {
		a.AppID = d.w.NewID()
	}
	if a.Audience == "" {
		a.Audience = "AzureADMyOrg"
	}
	if a.Created.IsZero() {
		a.Created = d.w.Now()
	}
	t.addApplication(a)
	d.addPrincipalOf(a)
	for _, role := range spec.Roles {
		d.Grant(a.ServicePrincipal, GraphAppID, role)
	}
	if len(spec.Scopes) > 0 {
		d.Consent(a.ServicePrincipal, GraphAppID, "", spec.Scopes...)
	}
	return a
}

// addPrincipalOf makes the app's service principal in its own tenant.
func (d *Directory) addPrincipalOf(a *Application) *ServicePrincipal {
	s := &ServicePrincipal{
		ObjectID: d.w.NewID(), AppID: a.AppID, DisplayName: a.DisplayName, Type: "Application",
		Created: a.Created, Extra: map[string]any{}, Tenant: a.Tenant, Application: a,
	}
	a.ServicePrincipal = s
	a.Tenant.addPrincipal(s)
	return s
}

// AddServicePrincipal makes the app's service principal when it has none, as a person would after registering the app.
func (d *Directory) AddServicePrincipal(a *Application) *ServicePrincipal {
	if a.ServicePrincipal != nil {
		return a.ServicePrincipal
	}
	s := d.addPrincipalOf(a)
	s.Created = d.w.Now()
	s.lag.begin(nil, d)
	return s
}

// Register makes an app registration without a service principal and with a replica lag, as Graph's POST does.
func (d *Directory) Register(t *Tenant, displayName, audience string) *Application {
	a := d.AddApplication(t.ID, AppSpec{DisplayName: displayName, Audience: audience})
	d.DeleteServicePrincipal(a.ServicePrincipal)
	a.lag.begin(nil, d)
	return a
}

// DeleteApplication takes an app registration and its service principal away; their credentials die at once.
func (d *Directory) DeleteApplication(a *Application) {
	if a.ServicePrincipal != nil {
		d.DeleteServicePrincipal(a.ServicePrincipal)
	}
	a.Tenant.dropApplication(a)
}

// DeleteServicePrincipal takes a service principal away.
func (d *Directory) DeleteServicePrincipal(s *ServicePrincipal) {
	if s.Application != nil {
		s.Application.ServicePrincipal = nil
	}
	s.Tenant.dropPrincipal(s)
}

// Change runs edit on the app; for some seconds after, replicas may still show what it was before.
func (d *Directory) Change(a *Application, edit func()) {
	before := *a
	before.Extra, before.Owners = maps.Clone(a.Extra), slices.Clone(a.Owners)
	before.Credentials = a.Credentials.clone()
	edit()
	a.lag.begin(&before, d)
}

// ChangePrincipal is [Directory.Change] for a service principal.
func (d *Directory) ChangePrincipal(s *ServicePrincipal, edit func()) {
	before := *s
	before.Extra, before.Owners = maps.Clone(s.Extra), slices.Clone(s.Owners)
	before.Credentials = s.Credentials.clone()
	edit()
	s.lag.begin(&before, d)
}

// View is the app as the replica that serves this read knows it; nil when it does not know it yet.
func (d *Directory) View(a *Application) *Application { return a.lag.view(a, d) }

// ViewPrincipal is [Directory.View] for a service principal.
func (d *Directory) ViewPrincipal(s *ServicePrincipal) *ServicePrincipal { return s.lag.view(s, d) }

// replica remembers what an object was before its newest change, until all replicas know the change.
type replica[T any] struct {
	before *T
	until  time.Time
}

// begin starts the lag of a change; what some replicas do not know at all yet stays unknown to them.
func (r *replica[T]) begin(before *T, d *Directory) {
	if r.before == nil && d.w.Now().Before(r.until) {
		before = nil
	}
	r.before, r.until = before, d.w.Now().Add(d.w.Between(2*time.Second, 8*time.Second))
}

// view answers current, or on chance what it was before while the lag lasts.
func (r *replica[T]) view(current *T, d *Directory) *T {
	if d.w.Now().Before(r.until) && d.w.Chance(0.4) {
		return r.before
	}
	return current
}
