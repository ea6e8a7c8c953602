package directory

import (
	"time"
)

// Policy is an app management policy: the tenant's default, or one assigned to apps.
type Policy struct {
	ID, DisplayName, Description string
	Enabled                      bool
	// Passwords restrict what app registrations and service principals may be given.
	Passwords []PasswordRestriction
}

// PasswordRestriction is one rule about new passwords.
type PasswordRestriction struct {
	// Kind is Graph's restrictionType: passwordAddition, passwordLifetime, customPasswordAddition, symmetricKeyAddition
	// or symmetricKeyLifetime.
	Kind string
	// MaxLifetime is the longest life for passwordLifetime and symmetricKeyLifetime.
	MaxLifetime time.Duration
	// CreatedAfter spares objects made before it, unless zero.
	CreatedAfter time.Time
	Disabled     bool
}

func defaultPolicy() *Policy {
	return &Policy{
		ID: "00000000-0000-0000-0000-000000000000", DisplayName: "Default app management tenant policy",
		Description: "Default tenant policy that enforces app management restrictions on applications and service principals.",
	}
}

// AddPolicy makes a policy that can be assigned to apps.
func (d *Directory) AddPolicy(t *Tenant, p Policy) *Policy {
	if p.ID == "" {
		p.ID = d.w.NewID()
	}
	t.Policies = append(t.Policies, &p)
	return &p
}

// Policy answers the policy that holds for an object with the given assigned policy id.
func (t *Tenant) Policy(assigned string) *Policy {
	for _, p := range t.Policies {
		if p.ID == assigned {
			return p
		}
	}
	return t.DefaultPolicy
}

// RefusesKey answers the first restriction that a new symmetric key with this life would break.
func (p *Policy) RefusesKey(created, start, end time.Time) (PasswordRestriction, bool) {
	return p.refuses("symmetricKeyAddition", "symmetricKeyLifetime", created, start, end)
}

// Refuses answers the first restriction that a new password with this life would break on an object made at created.
func (p *Policy) Refuses(created, start, end time.Time) (PasswordRestriction, bool) {
	return p.refuses("passwordAddition", "passwordLifetime", created, start, end)
}

func (p *Policy) refuses(addition, lifetime string, created, start, end time.Time) (PasswordRestriction, bool) {
	if !p.Enabled {
		return PasswordRestriction{}, false
	}
	for _, r := range p.Passwords {
		if r.Disabled || (!r.CreatedAfter.IsZero() && created.Before(r.CreatedAfter)) {
			continue
		}
		if r.Kind == addition || (r.Kind == lifetime && end.Sub(start) > r.MaxLifetime) {
			return r, true
		}
	}
	return PasswordRestriction{}, false
}
