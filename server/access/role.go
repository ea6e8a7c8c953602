package access

import (
	"encoding"
	"fmt"
	"strings"
)

// Role is what somebody may do. Each may do what the one before it may.
type Role int

const (
	Nobody   Role = iota // hasn't signed in
	Viewer               // sees everything that is shown
	Operator             // starts renewals, goes on with them and aborts them
	Approver             // lets a renewal go on that needs a second person's word
	Admin                // gives out and revokes tokens
)

var roleNames = []string{"nobody", "viewer", "operator", "approver", "admin"}

var (
	_ encoding.TextMarshaler   = Role(0)
	_ encoding.TextUnmarshaler = (*Role)(nil)
)

// Roles lists the roles that can be given, from least to most.
func Roles() []Role { return []Role{Viewer, Operator, Approver, Admin} }

// RoleNamed returns the role that can be given under that name.
func RoleNamed(name string) (Role, error) {
	for _, role := range Roles() {
		if role.String() == name {
			return role, nil
		}
	}
	return Nobody, fmt.Errorf("role %q isn't one of %s", name, strings.Join(roleNames[Viewer:], ", "))
}

// String returns the role's name.
func (r Role) String() string {
	if r < Nobody || r > Admin {
		return roleNames[Nobody]
	}
	return roleNames[r]
}

// May reports whether somebody in this role may do what takes at least the other.
func (r Role) May(least Role) bool { return r >= least }

// MarshalText renders the name.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a name.
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = RoleNamed(string(text))
	return err
}
