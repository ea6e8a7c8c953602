// Package credential holds the nouns of Entra's directory that Keyturn works with: an app registration with its service
// principal, and the credentials on both. Facts only: no value of a secret, no decision, no wire.
package credential

import (
	"strings"
	"time"

	"keyturn/secret"
)

// Kind says what a credential is.
type Kind string

const (
	Password    Kind = "secret"      // a client secret, as the portal calls it
	Certificate Kind = "certificate" // a public key that the app may sign assertions with
)

// Holder says on which of the two directory objects a credential sits. Both authenticate the same client id.
type Holder string

const (
	OnApplication      Holder = "application"
	OnServicePrincipal Holder = "servicePrincipal"
)

// Credential is one entry of passwordCredentials or keyCredentials.
// Source: https://learn.microsoft.com/graph/api/resources/passwordcredential (read 2026-11-22).
type Credential struct {
	KeyID       string // the portal's "Secret ID"
	DisplayName string // the description people choose
	Hint        string // a password's first three characters
	Thumbprint  string // a certificate's customKeyIdentifier, hex, upper case; "" when unknown
	Kind        Kind
	Holder      Holder
	Start, End  time.Time // UTC
	Lacks       string    // what is missing for it to work, such as its keys; "" = nothing that is known
}

// Expired reports whether the credential is past its end.
func (c Credential) Expired(now time.Time) bool { return !now.Before(c.End) }

// App is an app registration together with its service principal in the home tenant.
type App struct {
	ClientID           string // appId: the key by which everything is addressed
	ObjectID           string // of the application object; "" when only a service principal exists
	ServicePrincipalID string // object id of the service principal; "" when there is none
	Name               string // displayName; not unique in a tenant
	Audience           string // signInAudience
	Elsewhere          bool   // it is registered in another tenant, or nowhere: its service principal alone is here
	Created            time.Time
	Credentials        []Credential
}

// Find returns the credential with that key id, wherever it sits.
func (a App) Find(keyID string) (Credential, bool) {
	for _, c := range a.Credentials {
		if strings.EqualFold(c.KeyID, keyID) {
			return c, true
		}
	}
	return Credential{}, false
}

// ByDescription returns the password whose description is exactly name.
func (a App) ByDescription(name string) (Credential, bool) {
	for _, c := range a.Passwords() {
		if c.DisplayName == name {
			return c, true
		}
	}
	return Credential{}, false
}

// Passwords returns the client secrets, on either holder.
func (a App) Passwords() []Credential { return a.of(Password) }

// Certificates returns the certificates, on either holder.
func (a App) Certificates() []Credential { return a.of(Certificate) }

func (a App) of(kind Kind) []Credential {
	var found []Credential
	for _, c := range a.Credentials {
		if c.Kind == kind {
			found = append(found, c)
		}
	}
	return found
}

// LastEnd is when the last password of the app ends; zero = it has none.
func (a App) LastEnd() time.Time {
	var end time.Time
	for _, c := range a.Passwords() {
		if c.End.After(end) {
			end = c.End
		}
	}
	return end
}

// Oldest is the oldest password that is whole and valid at that time, by which a service goes that takes one after the other.
func (a App) Oldest(now time.Time) (found Credential, valid bool) {
	for _, c := range a.Passwords() {
		if c.Lacks == "" && !now.Before(c.Start) && now.Before(c.End) && (!valid || c.Start.Before(found.Start)) {
			found, valid = c, true
		}
	}
	return found, valid
}

// MaxPasswords is how many passwords the app may hold at once; 0 = no fixed number is known. Apps that let personal
// Microsoft accounts sign in hold two. Source: observed, https://github.com/hashicorp/terraform-provider-azuread/issues/640.
func (a App) MaxPasswords() int {
	if a.TakesPersonal() {
		return 2
	}
	return 0
}

// TakesPersonal reports whether personal Microsoft accounts may sign in to the app.
func (a App) TakesPersonal() bool {
	return a.Audience == "AzureADandPersonalMicrosoftAccount" || a.Audience == "PersonalMicrosoftAccount"
}

// Issued is a credential just made, with the only copy of its value that will ever be handed out.
type Issued struct {
	Credential
	Value secret.Value
}
