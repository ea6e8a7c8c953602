package directory

import (
	"slices"
	"strings"
	"time"

	"keyturn/simulator/world"
)

// Directory is Microsoft Entra ID for any number of tenants.
type Directory struct {
	w       *world.World
	tenants []*Tenant
	signer  *signer
	proven  proven
	reports reports
	// apis are Microsoft's APIs by address and id, sites the ending of SharePoint's hosts.
	apis  map[string]string
	sites string
}

// Tenant is one directory of an organisation.
type Tenant struct {
	ID, Domain, DisplayName string
	Created                 time.Time
	// Domains are further names of users; Domain is the initial one.
	Domains           []Domain
	Users             []*User
	Applications      []*Application
	ServicePrincipals []*ServicePrincipal
	// DefaultPolicy and Policies are the app management policies; see Policy.
	DefaultPolicy *Policy
	Policies      []*Policy
	// AccessPolicies are those of Conditional Access; see [Directory.AccessPoliciesOf].
	AccessPolicies []*AccessPolicy

	// Applications and service principals by client id and by object id.
	apps       map[string]*Application
	principals map[string]*ServicePrincipal
	deleted    []*Deleted
}

// TenantSpec says what tenant to add; an empty ID is drawn.
type TenantSpec struct{ ID, Domain, DisplayName string }

// New returns an empty directory and declares its switches.
func New(w *world.World) *Directory {
	d := &Directory{w: w, signer: &signer{}}
	w.Lock()
	defer w.Unlock()
	d.reports.lag = w.Between(3*time.Hour, 9*time.Hour)
	d.reports.auditLag = w.Between(2*time.Minute, 15*time.Minute)
	d.declareSwitches()
	d.nameAPIs()
	return d
}

// ReadySigner makes the key that tokens are signed with, which takes a while and is done at the first token otherwise.
func (d *Directory) ReadySigner() { d.signer.ready() }

// SignLike makes the directory sign with the key of another, so that tokens of the one are good in the other: a client
// that keeps tokens does not notice that the sample was planted anew. Call it before the directory serves anyone.
func (d *Directory) SignLike(other *Directory) { d.signer = other.signer }

// AddTenant makes a tenant with the service principals of Microsoft's own APIs in it.
func (d *Directory) AddTenant(spec TenantSpec) *Tenant {
	t := &Tenant{
		ID: strings.ToLower(spec.ID), Domain: spec.Domain, DisplayName: spec.DisplayName,
		Created: d.w.Now().AddDate(-3, 0, 0), DefaultPolicy: defaultPolicy(),
		apps: map[string]*Application{}, principals: map[string]*ServicePrincipal{},
	}
	if t.ID == "" {
		t.ID = d.w.NewID()
	}
	d.tenants = append(d.tenants, t)
	d.addMicrosoftPrincipals(t)
	return t
}

// Tenants lists the tenants.
func (d *Directory) Tenants() []*Tenant { return d.tenants }

// Tenant finds a tenant by its id or one of its domains, without regard to letter case; nil when there is none.
func (d *Directory) Tenant(idOrDomain string) *Tenant {
	for _, t := range d.tenants {
		if strings.EqualFold(t.ID, idOrDomain) || t.hasDomain(idOrDomain) {
			return t
		}
	}
	return nil
}

func (t *Tenant) hasDomain(name string) bool {
	return strings.EqualFold(t.Domain, name) || slices.ContainsFunc(t.Domains, func(d Domain) bool { return strings.EqualFold(d.Name, name) })
}

// Applications lists the app registrations of all tenants.
func (d *Directory) Applications() []*Application {
	var all []*Application
	for _, t := range d.tenants {
		all = append(all, t.Applications...)
	}
	return all
}

// Application finds an app registration by its client id in any tenant; nil when there is none.
func (d *Directory) Application(appID string) *Application {
	for _, t := range d.tenants {
		if a := t.Application(appID); a != nil {
			return a
		}
	}
	return nil
}

// User finds a user of the tenant by name or object id; nil when there is none.
func (t *Tenant) User(nameOrID string) *User {
	i := slices.IndexFunc(t.Users, func(u *User) bool {
		return strings.EqualFold(u.Name, nameOrID) || strings.EqualFold(u.ObjectID, nameOrID) || (u.Guest && strings.EqualFold(u.HomeName, nameOrID))
	})
	if i < 0 {
		return nil
	}
	return t.Users[i]
}

// Application finds an app registration of the tenant by client id or object id; nil when there is none.
func (t *Tenant) Application(id string) *Application { return t.apps[strings.ToLower(id)] }

// ServicePrincipal finds a service principal of the tenant by client id or object id; nil when there is none.
func (t *Tenant) ServicePrincipal(id string) *ServicePrincipal {
	return t.principals[strings.ToLower(id)]
}

func (t *Tenant) addApplication(a *Application) {
	t.Applications = append(t.Applications, a)
	t.apps[a.AppID], t.apps[a.ObjectID] = a, a
}

func (t *Tenant) addPrincipal(s *ServicePrincipal) {
	t.ServicePrincipals = append(t.ServicePrincipals, s)
	t.principals[s.AppID], t.principals[s.ObjectID] = s, s
}

func (t *Tenant) dropApplication(a *Application) {
	t.Applications = slices.DeleteFunc(t.Applications, func(o *Application) bool { return o == a })
	delete(t.apps, a.AppID)
	delete(t.apps, a.ObjectID)
}

func (t *Tenant) dropPrincipal(s *ServicePrincipal) {
	t.ServicePrincipals = slices.DeleteFunc(t.ServicePrincipals, func(o *ServicePrincipal) bool { return o == s })
	delete(t.principals, s.AppID)
	delete(t.principals, s.ObjectID)
}
