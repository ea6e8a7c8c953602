package directory

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// Types and usages of key credentials.
const (
	KeyAsymmetric = "AsymmetricX509Cert"
	KeySymmetric  = "Symmetric"
	UsageSign     = "Sign"
	UsageVerify   = "Verify"
)

// AddInSpec says what SharePoint add-in to add.
type AddInSpec struct {
	// AppID is drawn when empty. Host is where the add-in runs.
	AppID, DisplayName, Host string
	Created                  time.Time
	Owners                   []string
	// Permissions are what its manifest asks for and an administrator agreed to.
	Permissions []AddInPermission
}

// AddInPermission is one permission of an add-in in SharePoint's own words, such as FullControl at .../sitecollection.
type AddInPermission struct{ Scope, Right string }

// AddLegacyAddIn makes the principal of an add-in that was registered before December 2024, which has no app
// registration. Source: sp-dev-docs, replace-an-expiring-client-secret-in-a-sharepoint-add-in, read 2026-11-22.
func (d *Directory) AddLegacyAddIn(t *Tenant, spec AddInSpec) *ServicePrincipal {
	s := &ServicePrincipal{
		ObjectID: d.w.NewID(), AppID: strings.ToLower(spec.AppID), DisplayName: spec.DisplayName, Type: "Legacy", Created: spec.Created,
		Extra: map[string]any{"replyUrls": []any{"https://" + spec.Host + "/"}}, Owners: slices.Clone(spec.Owners), Tenant: t,
	}
	if s.AppID == "" {
		s.AppID = d.w.NewID()
	}
	s.AddIn = &AddIn{Host: spec.Host, Permissions: spec.Permissions}
	t.addPrincipal(s)
	return s
}

// AddIn is what SharePoint knows of an app that is an add-in.
type AddIn struct {
	Host        string
	Permissions []AddInPermission
}

// AddTriple gives a holder the three credentials of an add-in, settled everywhere: the password, and the two keys whose
// bytes are the value's text.
func (d *Directory) AddTriple(c *Credentials, value string, start, end time.Time, onPrincipal bool) *Password {
	p := d.newPassword(PasswordSpec{Value: value, Start: start, End: end, Settled: true, OnServicePrincipal: onPrincipal})
	c.Passwords = append(c.Passwords, p)
	for _, usage := range []string{UsageVerify, UsageSign} {
		c.Certificates = append(c.Certificates, &Certificate{
			KeyID: d.w.NewID(), Type: KeySymmetric, Usage: usage, Start: start, End: end, DER: []byte(p.Value),
		})
	}
	return p
}

// acsDelay is how long ACS takes to hear of a change: 20 minutes to 7 hours, the same for a key id whenever it is asked.
// Source: sp-dev-docs issue 2346 saw 7 hours; the article says to wait for 24 (read 2026-11-22).
func (d *Directory) acsDelay(keyID string) time.Duration {
	if delay, said := d.w.DelayAt("acs"); said {
		return delay
	}
	if d.w.Gentle() {
		return 0
	}
	sum := sha256.Sum256([]byte(strings.ToLower(keyID)))
	const low, high = 20 * time.Minute, 7 * time.Hour
	return low + time.Duration(binary.BigEndian.Uint64(sum[:8])%uint64(high-low))
}

// knownAtACS reports whether ACS has heard that a credential was made, and not yet that it was removed; zero times are
// long ago, and never.
func (d *Directory) knownAtACS(at time.Time, keyID string, made, removed time.Time) bool {
	delay := d.acsDelay(keyID)
	if !made.IsZero() && at.Before(made.Add(delay)) {
		return false
	}
	return removed.IsZero() || at.Before(removed.Add(delay))
}

// UsableAtACS is from when ACS knows a credential with this key id; zero means always.
func (d *Directory) UsableAtACS(keyID string, made time.Time) time.Time {
	if made.IsZero() {
		return made
	}
	return made.Add(d.acsDelay(keyID))
}

// ACSSigningKey is the key that ACS signs an add-in's context token with: the oldest of those that it knows and that are
// valid. nil when there is none.
func (d *Directory) ACSSigningKey(at time.Time, s *ServicePrincipal) *Certificate {
	var oldest *Certificate
	ended := d.w.Switch(SwitchEndedKeys) != ""
	for _, k := range s.symmetric(UsageSign) {
		valid := !at.Before(k.Start) && (ended || at.Before(k.End)) && d.knownAtACS(at, k.KeyID, k.made, k.removed)
		if valid && (oldest == nil || k.Start.Before(oldest.Start)) {
			oldest = k
		}
	}
	return oldest
}

// symmetric lists the symmetric keys for a usage, removed ones included.
func (s *ServicePrincipal) symmetric(usage string) []*Certificate {
	var keys []*Certificate
	for _, holder := range s.holders() {
		for _, k := range slices.Concat(holder.Certificates, holder.goneKeys) {
			if k.Type == KeySymmetric && k.Usage == usage {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// JudgeACSSecret finds the password that an add-in sends to ACS: its text, or as TokenHelper sends it, the base64 of a
// text whose bytes are a key for verifying too. Expired ones are told apart from wrong ones.
func (d *Directory) JudgeACSSecret(at time.Time, s *ServicePrincipal, sent string) (keyID string, failure *Failure) {
	text := ""
	if raw, err := base64.StdEncoding.DecodeString(sent); err == nil {
		text = string(raw)
	}
	failure = secretWrong(s.AppID)
	for _, holder := range s.holders() {
		for _, p := range slices.Concat(holder.Passwords, holder.gone) {
			fits := p.Value == sent || (text != "" && p.Value == text && d.verifies(at, s, text))
			switch {
			case !fits || !d.knownAtACS(at, p.KeyID, p.made, p.removed):
			case at.Before(p.End):
				return p.KeyID, nil
			default:
				keyID, failure = p.KeyID, secretExpired(s.AppID)
			}
		}
	}
	return keyID, failure
}

// verifies reports whether a text is a key for verifying that ACS knows; the password judges its dates.
func (d *Directory) verifies(at time.Time, s *ServicePrincipal, text string) bool {
	return slices.ContainsFunc(s.symmetric(UsageVerify), func(k *Certificate) bool {
		return string(k.DER) == text && d.knownAtACS(at, k.KeyID, k.made, k.removed)
	})
}

// NoteACS notes a sign-in at ACS for the reports.
func (d *Directory) NoteACS(at time.Time, s *ServicePrincipal, keyID string, failure *Failure, consumer string) {
	rec := SignInRecord{
		Time: at, Tenant: s.Tenant.ID, AppID: s.AppID, AppName: s.DisplayName, ObjectID: s.ObjectID, ResourceAppID: SharePointAppID,
		KeyID: keyID, Consumer: consumer,
	}
	if failure != nil {
		rec.Code, rec.Text = failure.Code, failure.Text
	}
	var end time.Time
	for _, holder := range s.holders() {
		for _, p := range holder.Passwords {
			if p.KeyID == keyID {
				end = p.End
			}
		}
	}
	d.record(rec, credential{keyID: keyID, onPrincipal: s.Application == nil, end: end})
}

// replaceKeys puts a written collection in place of the one that is there; ACS forgets the removed ones in its own time.
func (c *Credentials) replaceKeys(keys []*Certificate, now time.Time) {
	for _, old := range c.Certificates {
		if old.Type == KeySymmetric && !slices.Contains(keys, old) {
			old.removed = now
			c.goneKeys = append(slices.Clone(c.goneKeys), old)
		}
	}
	c.Certificates = keys
}

// ReplaceKeys is what a PATCH of keyCredentials does to a holder.
func (d *Directory) ReplaceKeys(c *Credentials, keys []*Certificate) { c.replaceKeys(keys, d.w.Now()) }
