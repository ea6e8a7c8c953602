package directory

import (
	"crypto/sha1" // thumbprints are SHA-1 by Microsoft's definition
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Credentials are what an application or a service principal signs in with.
type Credentials struct {
	Passwords    []*Password
	Certificates []*Certificate
	// gone are removed passwords that some region may still accept, goneKeys symmetric keys that ACS may still use.
	gone     []*Password
	goneKeys []*Certificate
}

func (c Credentials) clone() Credentials {
	return Credentials{
		Passwords: slices.Clone(c.Passwords), Certificates: slices.Clone(c.Certificates), gone: slices.Clone(c.gone), goneKeys: slices.Clone(c.goneKeys),
	}
}

// Password is a client secret. It never changes once made.
type Password struct {
	KeyID, DisplayName, Value string
	Start, End                time.Time
	OnServicePrincipal        bool
	// UsableFrom says from when each region accepts it.
	UsableFrom map[string]time.Time

	unusableFrom map[string]time.Time
	// made and removed are when that happened, for ACS, which hears of it late; zero for what was always there.
	made, removed time.Time
}

// UsableAtACS is from when ACS accepts the password, zero for one that was always there.
func (p *Password) UsableAtACS(d *Directory) time.Time { return d.UsableAtACS(p.KeyID, p.made) }

// Hint is the first three characters of the value, as Graph shows them.
func (p *Password) Hint() string { return p.Value[:min(3, len(p.Value))] }

// UsableEverywhere is the instant from which every region accepts the password.
func (p *Password) UsableEverywhere() time.Time { return latest(p.Start, p.UsableFrom) }

func latest(at time.Time, regions map[string]time.Time) time.Time {
	for _, t := range regions {
		if t.After(at) {
			at = t
		}
	}
	return at
}

// PasswordSpec says what password to add.
type PasswordSpec struct {
	DisplayName string
	// Value is drawn as Microsoft draws them when empty.
	Value string
	// Start defaults to now, End to two years after it.
	Start, End time.Time
	// Settled passwords work at once in every region.
	Settled bool
	// OnServicePrincipal puts the password on the service principal.
	OnServicePrincipal bool
	// KeyID is drawn when empty.
	KeyID string
}

// longestMemory is how long removed passwords are kept, in case some place has not heard of it yet.
const longestMemory = 31 * 24 * time.Hour

// AddPassword adds a password to the app, or to its service principal.
func (d *Directory) AddPassword(a *Application, spec PasswordSpec) *Password {
	p := d.newPassword(spec)
	if spec.OnServicePrincipal && a.ServicePrincipal != nil {
		d.AddPrincipalPassword(a.ServicePrincipal, p)
		return p
	}
	if spec.Settled {
		a.Passwords = append(a.Passwords, p)
		return p
	}
	d.Change(a, func() { a.Passwords = append(a.Passwords, p) })
	return p
}

// NewPassword makes a password that belongs to nothing yet; see [Directory.AddPrincipalPassword].
func (d *Directory) NewPassword(spec PasswordSpec) *Password { return d.newPassword(spec) }

// AddPrincipalPassword adds a password to a service principal.
func (d *Directory) AddPrincipalPassword(s *ServicePrincipal, p *Password) {
	p.OnServicePrincipal = true
	d.ChangePrincipal(s, func() { s.Passwords = append(s.Passwords, p) })
}

func (d *Directory) newPassword(spec PasswordSpec) *Password {
	p := &Password{
		KeyID: spec.KeyID, DisplayName: spec.DisplayName, Value: spec.Value, Start: spec.Start, End: spec.End,
		OnServicePrincipal: spec.OnServicePrincipal, UsableFrom: map[string]time.Time{},
	}
	now := d.w.Now()
	if p.KeyID == "" {
		p.KeyID = d.w.NewID()
	}
	if p.Value == "" {
		p.Value = d.drawSecret()
	}
	if p.Start.IsZero() {
		p.Start = now
	}
	if p.End.IsZero() {
		p.End = p.Start.AddDate(2, 0, 0)
	}
	if !spec.Settled {
		p.made = now
	}
	for _, region := range d.w.Regions() {
		p.UsableFrom[region] = p.Start
		if !spec.Settled {
			p.UsableFrom[region] = latest(now.Add(d.w.PropagationDelay(region)), map[string]time.Time{"": p.Start})
		}
	}
	return p
}

// drawSecret draws a value with the look of Microsoft's: 40 characters, "8Q~" in the fourth to sixth place.
func (d *Directory) drawSecret() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	const signs = letters + "~._-"
	b := make([]byte, 40)
	for i := range b {
		b[i] = signs[d.w.Rand().IntN(len(signs))]
	}
	for i := range 3 {
		b[i] = letters[d.w.Rand().IntN(len(letters))]
	}
	copy(b[3:], "8Q~")
	return string(b)
}

// RemovePassword takes a password from the app or its service principal; regions forget it one after the other. It
// reports whether there was one with that key id.
func (d *Directory) RemovePassword(a *Application, keyID string) bool {
	if d.RemoveApplicationPassword(a, keyID) {
		return true
	}
	return a.ServicePrincipal != nil && d.RemovePrincipalPassword(a.ServicePrincipal, keyID)
}

// RemoveApplicationPassword takes a password from the app registration only and reports whether there was one.
func (d *Directory) RemoveApplicationPassword(a *Application, keyID string) bool {
	if !d.has(a.Credentials, keyID) {
		return false
	}
	d.Change(a, func() { d.forget(&a.Credentials, keyID) })
	return true
}

// RemovePrincipalPassword takes a password from a service principal and reports whether there was one.
func (d *Directory) RemovePrincipalPassword(s *ServicePrincipal, keyID string) bool {
	if !d.has(s.Credentials, keyID) {
		return false
	}
	d.ChangePrincipal(s, func() { d.forget(&s.Credentials, keyID) })
	return true
}

// RemoveAllPasswords takes every password from the app, as running an installer again does.
func (d *Directory) RemoveAllPasswords(a *Application) {
	d.Change(a, func() {
		for _, p := range slices.Clone(a.Passwords) {
			d.forget(&a.Credentials, p.KeyID)
		}
	})
}

func (d *Directory) has(c Credentials, keyID string) bool {
	return slices.ContainsFunc(c.Passwords, func(p *Password) bool { return strings.EqualFold(p.KeyID, keyID) })
}

func (d *Directory) forget(c *Credentials, keyID string) {
	i := slices.IndexFunc(c.Passwords, func(p *Password) bool { return strings.EqualFold(p.KeyID, keyID) })
	p := c.Passwords[i]
	c.Passwords = slices.Delete(slices.Clone(c.Passwords), i, i+1)
	p.unusableFrom, p.removed = map[string]time.Time{}, d.w.Now()
	for _, region := range d.w.Regions() {
		p.unusableFrom[region] = d.w.Now().Add(d.w.PropagationDelay(region))
	}
	c.gone = append(slices.DeleteFunc(c.gone, func(g *Password) bool {
		return d.w.Now().After(g.removed.Add(longestMemory)) // no place remembers longer
	}), p)
}

// Certificate is an entry of keyCredentials.
type Certificate struct {
	KeyID, DisplayName string
	// Type is AsymmetricX509Cert or Symmetric, Usage is Verify or Sign.
	Type, Usage string
	Start, End  time.Time
	// Thumbprint is the SHA-1 of the certificate in upper-case hex; Thumbprint256 its SHA-256.
	Thumbprint, Thumbprint256 string
	// DER is the certificate; symmetric keys keep their bytes here.
	DER []byte

	usableFrom map[string]time.Time
	// made and removed are when that happened, for ACS; zero for what was always there.
	made, removed time.Time
}

// UsableAtACS is from when ACS uses a symmetric key, zero for one that was always there.
func (c *Certificate) UsableAtACS(d *Directory) time.Time { return d.UsableAtACS(c.KeyID, c.made) }

// CertSpec says what certificate to add; with PublicDER the thumbprint is computed.
type CertSpec struct {
	Thumbprint, DisplayName string
	Start, End              time.Time
	PublicDER               []byte
}

// AddCertificate adds a certificate to the app that works at once.
func (d *Directory) AddCertificate(a *Application, spec CertSpec) *Certificate {
	c := &Certificate{
		KeyID: d.w.NewID(), DisplayName: spec.DisplayName, Type: "AsymmetricX509Cert", Usage: "Verify",
		Start: spec.Start, End: spec.End, Thumbprint: strings.ToUpper(spec.Thumbprint), DER: spec.PublicDER,
	}
	c.computeThumbprints()
	a.Certificates = append(a.Certificates, c)
	return c
}

func (c *Certificate) computeThumbprints() {
	if len(c.DER) == 0 || c.Type != "AsymmetricX509Cert" {
		return
	}
	first, second := sha1.Sum(c.DER), sha256.Sum256(c.DER)
	c.Thumbprint = strings.ToUpper(hex.EncodeToString(first[:]))
	c.Thumbprint256 = strings.ToUpper(hex.EncodeToString(second[:]))
}
