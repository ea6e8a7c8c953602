package directory

import (
	"strings"
	"time"
)

// User is a person or a service account.
type User struct {
	ObjectID, Name, Password, DisplayName string
	// MFA demands a second factor, which a password grant cannot give; Code is what the authenticator app shows.
	MFA  bool
	Code string
	// Roles are names of directory roles, such as "Application Administrator"; Eligible are those that the person could
	// activate and has not.
	Roles, Eligible []string
	// AppRoles are the values of the app roles that the person has, by the client id of the app; Groups are object ids.
	AppRoles map[string][]string
	Groups   []string
	State    State
	// Guest users come from another organisation, and sign in with their name there.
	Guest    bool
	HomeName string

	wrong       int // passwords in a row
	lockedUntil time.Time
}

// State is what stands in the way of an account, whoever asks for its sign-in.
type State string

// The states of an account.
const (
	StateOpen State = ""
	// StateLocked accounts saw too many wrong passwords.
	StateLocked State = "locked"
	// StateDisabled accounts were switched off by an administrator.
	StateDisabled State = "disabled"
	// StateExpired accounts must choose a new password first.
	StateExpired State = "expired"
	// StateUnenrolled accounts must set a second factor up before they go on.
	StateUnenrolled State = "unenrolled"
)

// AuthenticatorCode is what every authenticator app of the simulated cloud shows.
const AuthenticatorCode = "246810"

// UserSpec says what user to add. Name is the user principal name.
type UserSpec struct {
	Name, Password, DisplayName string
	MFA                         bool
	Roles, Eligible             []string
	AppRoles                    map[string][]string
	Groups                      []string
	State                       State
	// HomeName makes a guest of somebody with that name elsewhere.
	HomeName string
}

// AddUser makes a user in a tenant; nil when there is no such tenant.
func (d *Directory) AddUser(tenant string, spec UserSpec) *User {
	t := d.Tenant(tenant)
	if t == nil {
		return nil
	}
	u := &User{
		ObjectID: d.w.NewID(), Name: spec.Name, Password: spec.Password, DisplayName: spec.DisplayName, MFA: spec.MFA, Code: AuthenticatorCode,
		Roles: spec.Roles, Eligible: spec.Eligible, AppRoles: spec.AppRoles, Groups: spec.Groups, State: spec.State, Guest: spec.HomeName != "", HomeName: spec.HomeName,
	}
	t.Users = append(t.Users, u)
	return u
}

// Person is somebody who has signed in at the sign-in page, or with a refresh token from there.
type Person struct {
	ObjectID string
	// MFA says that a second factor was given; Device that the sign-in is for a program that showed a code.
	MFA, Device bool
}

// Locking out after so many wrong passwords in a row, and for so long. Source:
// https://learn.microsoft.com/entra/identity/authentication/howto-password-smart-lockout, read 2026-11-25.
const (
	mostWrongPasswords = 10
	lockoutLength      = time.Minute
)

// JudgePassword checks name and password as the sign-in page does; the second factor is not asked for.
func (d *Directory) JudgePassword(at time.Time, t *Tenant, name, password string) (*User, *Failure) {
	u := t.User(name)
	if u == nil || strings.EqualFold(u.ObjectID, name) {
		if home := d.homeOf(name); home != nil {
			return nil, badRequest("invalid_grant", 50020, "User account '%s' from identity provider 'https://sts.windows.net/%s/' does not "+
				"exist in tenant '%s' and cannot access the application in that tenant. The account needs to be added as an external user in "+
				"the tenant first. Sign out and sign in again with a different Azure Active Directory user account.", name, home.ID, t.DisplayName)
		}
		return nil, badRequest("invalid_grant", 50034, "The user account %s does not exist in the %s directory. To sign into this "+
			"application, the account must be added to the directory.", name, t.ID)
	}
	switch {
	case u.State == StateLocked || at.Before(u.lockedUntil):
		return nil, badRequest("invalid_grant", 50053, "The account is locked, you've tried to sign in too many times with an incorrect "+
			"user ID or password.")
	case u.Password != password:
		return nil, u.wrongPassword(at)
	}
	u.wrong = 0
	switch u.State {
	case StateDisabled:
		return nil, badRequest("invalid_grant", 50057, "The user account is disabled.")
	case StateExpired:
		return nil, badRequest("invalid_grant", 50055, "The password is expired.")
	}
	return u, nil
}

// homeOf answers the tenant that has a user of that name, nil when none has.
func (d *Directory) homeOf(name string) *Tenant {
	for _, t := range d.tenants {
		if u := t.User(name); u != nil && strings.EqualFold(u.Name, name) {
			return t
		}
	}
	return nil
}

// resetPassword has an administrator give a new password to a user, by full name or by what stands before its @. It ends
// whatever that user has signed in to.
func (d *Directory) resetPassword(name string) {
	for _, t := range d.tenants {
		for _, u := range t.Users {
			if short, _, _ := strings.Cut(u.Name, "@"); strings.EqualFold(u.Name, name) || strings.EqualFold(short, name) {
				u.Password = "Rs+" + d.w.NewID()[:13] + "%&"
			}
		}
	}
}

func (u *User) wrongPassword(at time.Time) *Failure {
	if u.wrong++; u.wrong >= mostWrongPasswords {
		u.wrong, u.lockedUntil = 0, at.Add(lockoutLength)
	}
	return passwordWrong()
}

func passwordWrong() *Failure {
	return badRequest("invalid_grant", 50126, "Error validating credentials due to invalid username or password.")
}

// judgeGrant is a password grant: what the sign-in page would ask further stands in its way. Microsoft has no password of
// a user whose domain is federated, and says that it is wrong.
func (d *Directory) judgeGrant(at time.Time, t *Tenant, s SignIn) (*User, *Failure) {
	if t.IsFederated(s.Username) {
		return nil, passwordWrong()
	}
	u, failure := d.JudgePassword(at, t, s.Username, s.Password)
	switch {
	case failure != nil:
		return nil, failure
	case u.Guest:
		return nil, badRequest("invalid_grant", 50034, "The user account %s does not exist in the %s directory.", s.Username, t.ID)
	case d.w.Switch(SwitchSecurityDefaults) != "":
		return u, badRequest("invalid_grant", 530035, "Access has been blocked by security defaults. This is due to the request using "+
			"legacy auth or being deemed unsafe by security defaults policies. For additional information, please refer to enforced "+
			"security policies.")
	case u.State == StateUnenrolled:
		return u, factorWanted(50079, "Due to a configuration change made by your administrator, or because you moved to a new location, "+
			"you must enroll in multi-factor authentication to access '%s'.")
	case u.MFA:
		return u, factorWanted(50076, "Due to a configuration change made by your administrator, or because you moved to a new location, "+
			"you must use multi-factor authentication to access '%s'.")
	}
	return u, nil
}

func factorWanted(code int, text string) *Failure {
	f := badRequest("invalid_grant", code, text, GraphAppID)
	f.Suberror = "basic_action"
	return f
}

// judgePerson checks that somebody who signed in earlier still may.
func (d *Directory) judgePerson(t *Tenant, p Person) (*User, *Failure) {
	u := t.User(p.ObjectID)
	switch {
	case u == nil:
		return nil, badRequest("invalid_grant", 50034, "The user account %s does not exist in the %s directory.", p.ObjectID, t.ID)
	case u.State == StateDisabled:
		return nil, badRequest("invalid_grant", 50057, "The user account is disabled.")
	}
	return u, nil
}

// WantsFactor reports whether the sign-in page asks this user for a second factor. Security defaults ask administrators
// for one.
func (d *Directory) WantsFactor(u *User) bool {
	return u.MFA || u.State == StateUnenrolled || (d.w.Switch(SwitchSecurityDefaults) != "" && len(u.Roles) > 0)
}

// Domain is one name of a tenant.
type Domain struct {
	Name string
	// Federated domains have their users signed in by the organisation's own server.
	Federated bool
}

// AddDomain gives a tenant another name for its users.
func (t *Tenant) AddDomain(name string, federated bool) {
	t.Domains = append(t.Domains, Domain{name, federated})
}

// IsFederated reports whether a user's domain is.
func (t *Tenant) IsFederated(user string) bool {
	_, name, _ := strings.Cut(user, "@")
	for _, domain := range t.Domains {
		if strings.EqualFold(domain.Name, name) {
			return domain.Federated
		}
	}
	return false
}
