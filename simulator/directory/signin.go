package directory

import (
	"slices"
	"strings"
	"time"
)

// SignIn is one request for a token, over HTTP or by a consumer inside the cloud.
type SignIn struct {
	// Tenant is an id or a domain.
	Tenant, ClientID string
	// Secret, or Assertion (a signed JWT), is what the app signs in with.
	Secret, Assertion string
	// Username and Password make it a password grant.
	Username, Password string
	// Person is set instead for one who has signed in at the page.
	Person *Person
	// Public says that the person's sign-in went to an address that only programs without a secret have.
	Public bool
	// Scopes are what is asked for at the resource for a user, without its name; none means whatever was consented to.
	Scopes []string
	// Resource is what the token is for: an address or an app id, as the caller wrote it, without "/.default".
	Resource string
	// Region is where the sign-in is judged; drawn when empty.
	Region string
	// Consumer is the name of a consumer inside the cloud, "" for callers from outside.
	Consumer string
}

// Identity is who a token speaks for.
type Identity struct {
	Tenant, AppID string
	// ObjectID is the service principal's or the user's.
	ObjectID, DisplayName string
	// Roles are the app roles (for an app) or scopes (for a user) at the audience.
	Roles []string
	// User is true for a person; MFA when they gave a second factor, Guest when they come from another organisation.
	User, MFA, Guest bool
	UserName         string
	// KeyID is the credential that was used.
	KeyID    string
	Audience string
	// Issued and Expires bound the token's life.
	Issued, Expires time.Time
	// DirectoryRoles are the names of a user's directory roles.
	DirectoryRoles []string
	// AppRoles are the roles that a user has at the app that signs them in; Groups are the object ids of their groups, where
	// its registration asks for them.
	AppRoles, Groups []string
	// method is the appidacr claim: "1" secret, "2" certificate.
	method string
	// version2 makes it a v2.0 token, as an app's own API gets.
	version2 bool
}

// Failure is a refused sign-in as the token endpoint says it.
type Failure struct {
	// Status is HTTP's; OAuth the error, as in "invalid_client"; Code the AADSTS number; Text the sentence after it.
	Status int
	OAuth  string
	Code   int
	Text   string
	// Suberror and Claims are set where Microsoft sends them.
	Suberror, Claims string
}

// credential is what a sign-in was made with.
type credential struct {
	keyID, thumbprint        string
	certificate, onPrincipal bool
	end                      time.Time
}

// SignIn judges a sign-in at an instant and notes it for the reports. Consumers and the token endpoints all come here.
// The identity is good only when the failure is nil.
func (d *Directory) SignIn(at time.Time, s SignIn) (Identity, *Failure) {
	if s.Region == "" {
		s.Region = d.w.Region()
	}
	t := d.Tenant(s.Tenant)
	if t == nil {
		return Identity{}, TenantNotFound(s.Tenant)
	}
	id, cred, failure := d.judge(at, t, s)
	rec := SignInRecord{
		Time: at, Tenant: t.ID, AppID: s.ClientID, UserName: s.Username, KeyID: cred.keyID, Thumbprint: cred.thumbprint,
		ResourceAppID: d.APIOf(t, s.Resource), Consumer: s.Consumer,
	}
	if sp := t.ServicePrincipal(s.ClientID); sp != nil {
		rec.AppID, rec.AppName, rec.ObjectID = sp.AppID, sp.DisplayName, sp.ObjectID
	}
	if s.Person != nil {
		rec.UserName = id.UserName
	}
	if failure != nil {
		rec.Code, rec.Text = failure.Code, failure.Text
	}
	d.record(rec, cred)
	return id, failure
}

// judge runs the checks in Microsoft's order: the app, its credential, the user, conditions, the resource.
func (d *Directory) judge(at time.Time, t *Tenant, s SignIn) (id Identity, cred credential, failure *Failure) {
	sp := t.ServicePrincipal(s.ClientID)
	if sp == nil || sp.AppID != strings.ToLower(s.ClientID) {
		return id, cred, d.withoutPrincipal(t, s)
	}
	if sp.Disabled {
		return id, cred, appDisabled(sp)
	}
	if cred, failure = d.judgeCredential(at, sp, s); failure != nil {
		return id, cred, failure
	}
	user, failure := d.judgeUser(at, t, s)
	if failure != nil {
		return id, cred, failure
	}
	if failure = d.judgeAccess(t, sp, user, s.Person != nil && s.Person.Device); failure != nil {
		return id, cred, failure
	}
	resource := d.APIOf(t, s.Resource)
	if resource == "" {
		return id, cred, resourceNotFound(s.Resource, t)
	}
	if failure = judgeConsent(sp, user, resource, s.Scopes); failure != nil {
		return id, cred, failure
	}
	id = d.identity(at, sp, user, cred, s.Resource, resource)
	id.MFA = s.Person != nil && s.Person.MFA
	return id, cred, nil
}

// Judge judges a sign-in without noting it, for the sign-in page.
func (d *Directory) Judge(at time.Time, s SignIn) *Failure {
	t := d.Tenant(s.Tenant)
	if t == nil {
		return TenantNotFound(s.Tenant)
	}
	_, _, failure := d.judge(at, t, s)
	return failure
}

// judgeUser answers the user of a sign-in, nil when an app signs in as itself.
func (d *Directory) judgeUser(at time.Time, t *Tenant, s SignIn) (*User, *Failure) {
	switch {
	case s.Person != nil:
		return d.judgePerson(t, *s.Person)
	case s.Username != "":
		return d.judgeGrant(at, t, s)
	}
	return nil, nil
}

// withoutPrincipal refuses a client id that has no service principal in the tenant.
func (d *Directory) withoutPrincipal(t *Tenant, s SignIn) *Failure {
	if a := t.Application(s.ClientID); a != nil && strings.EqualFold(a.AppID, s.ClientID) {
		return invalidClient(7000229, "The client application %s is missing service principal in the tenant %s. See instructions here: "+
			"https://go.microsoft.com/fwlink/?linkid=2225119", a.AppID, t.ID)
	}
	return appNotFound(s.ClientID, t)
}

func (d *Directory) judgeCredential(at time.Time, sp *ServicePrincipal, s SignIn) (credential, *Failure) {
	switch {
	case s.Public && s.Assertion+s.Secret != "":
		return credential{}, publicWithSecret()
	case s.Assertion != "":
		return d.judgeAssertion(at, sp, s)
	case s.Secret != "":
		return judgeSecret(at, sp, s)
	case s.Public, s.Username+s.person() != "" && sp.isPublic():
		return credential{}, nil
	}
	return credential{}, credentialMissing()
}

// person is the object id of who has signed in at the page, "" when nobody has.
func (s SignIn) person() string {
	if s.Person == nil {
		return ""
	}
	return s.Person.ObjectID
}

// isPublic reports whether a person's sign-in may come without a credential of the app: the registration must allow
// public client flows.
func (s *ServicePrincipal) isPublic() bool {
	if s.Application == nil {
		return s.public
	}
	fallback, _ := s.Application.Extra["isFallbackPublicClient"].(bool)
	return fallback
}

// judgeSecret looks for the value among all passwords of the app, removed ones that the region still accepts included.
func judgeSecret(at time.Time, sp *ServicePrincipal, s SignIn) (credential, *Failure) {
	var expired *Password
	for _, holder := range sp.holders() {
		for _, list := range [][]*Password{holder.Passwords, holder.gone} {
			for _, p := range list {
				if p.Value != s.Secret || !p.knownIn(s.Region, at) {
					continue
				}
				if at.Before(p.End) {
					return p.credential(), nil
				}
				expired = p
			}
		}
	}
	if expired != nil {
		return expired.credential(), secretExpired(sp.AppID)
	}
	return credential{}, secretWrong(sp.AppID)
}

func (p *Password) credential() credential {
	return credential{keyID: p.KeyID, onPrincipal: p.OnServicePrincipal, end: p.End}
}

// knownIn reports whether a region has heard of the password and not yet of its removal.
func (p *Password) knownIn(region string, at time.Time) bool {
	if at.Before(p.UsableFrom[region]) {
		return false
	}
	return p.unusableFrom == nil || at.Before(p.unusableFrom[region])
}

// holders are the objects whose credentials sign the principal in.
func (s *ServicePrincipal) holders() []*Credentials {
	if s.Application == nil {
		return []*Credentials{&s.Credentials}
	}
	return []*Credentials{&s.Application.Credentials, &s.Credentials}
}

// APIOf answers the app id of the resource that a caller named, "" when the tenant does not know it.
func (d *Directory) APIOf(t *Tenant, resource string) string {
	if api := d.apiOf(resource); api != "" {
		return api
	}
	name := strings.TrimRight(resource, "/")
	if sp := t.ServicePrincipal(strings.TrimPrefix(strings.ToLower(name), "api://")); sp != nil {
		return sp.AppID
	}
	for _, a := range t.Applications {
		uris, _ := a.Extra["identifierUris"].([]any)
		for _, uri := range uris {
			if text, ok := uri.(string); ok && strings.EqualFold(strings.TrimRight(text, "/"), name) {
				return a.AppID
			}
		}
	}
	return ""
}

func (d *Directory) identity(at time.Time, sp *ServicePrincipal, user *User, cred credential, resource, api string) Identity {
	id := Identity{
		Tenant: sp.Tenant.ID, AppID: sp.AppID, ObjectID: sp.ObjectID, DisplayName: sp.DisplayName, KeyID: cred.keyID,
		Audience: resource, Issued: at, Expires: at.Add(time.Hour + d.w.Between(0, 30*time.Minute)), method: "1",
	}
	if cred.certificate {
		id.method = "2"
	}
	if cred.keyID == "" {
		id.method = "0"
	}
	if d.apiOf(resource) == "" {
		id.version2, id.Audience = true, api
	}
	if user != nil {
		id.User, id.UserName, id.ObjectID, id.DisplayName = true, user.Name, user.ObjectID, user.DisplayName
		id.DirectoryRoles, id.Roles, id.Guest = d.RolesOf(user), slices.Clone(sp.consented(api, user)), user.Guest
		id.AppRoles, id.Groups = user.AppRoles[sp.AppID], groupsFor(sp, user)
		if api == GraphAppID {
			id.Roles = append(id.Roles, "email", "openid", "profile")
		}
		return id
	}
	for _, g := range sp.Grants {
		if g.ResourceAppID == api && !at.Before(g.From) {
			id.Roles = append(id.Roles, g.Role.Value)
		}
	}
	return id
}
