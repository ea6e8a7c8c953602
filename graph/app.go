package graph

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"keyturn/credential"
)

// Together returns an app with the credentials of both its objects. Either may be nil.
func Together(a *Application, p *ServicePrincipal) credential.App {
	var app credential.App
	if p != nil {
		app = credential.App{ClientID: p.AppID, ServicePrincipalID: p.ID, Name: p.DisplayName, Audience: p.Audience}
	}
	if a != nil {
		app.ClientID, app.ObjectID, app.Name = a.AppID, a.ID, a.DisplayName
		app.Audience, app.Created = a.Audience, a.Created
		app.Credentials = credentials(a.Passwords, a.Keys, credential.OnApplication)
	}
	if p != nil {
		app.Credentials = append(app.Credentials, credentials(p.Passwords, p.Keys, credential.OnServicePrincipal)...)
	}
	return app
}

// credentials turns entries into credentials that sign in. Two kinds don't: a key that the app signs SAML answers with,
// and the password that guards that key, which has the same key id.
func credentials(passwords []Password, keys []Key, on credential.Holder) []credential.Credential {
	var found []credential.Credential
	signing := map[string]bool{}
	for _, k := range keys {
		signing[k.KeyID] = signing[k.KeyID] || strings.EqualFold(k.Usage, "Sign")
	}
	for _, p := range passwords {
		if !signing[p.KeyID] {
			found = append(found, credential.Credential{
				KeyID: p.KeyID, DisplayName: p.DisplayName, Hint: p.Hint, Kind: credential.Password, Holder: on,
				Start: p.Start.UTC(), End: p.End.UTC(),
			})
		}
	}
	for _, k := range keys {
		if strings.EqualFold(k.Usage, "Verify") && !strings.EqualFold(k.Type, "Symmetric") {
			found = append(found, credential.Credential{
				KeyID: k.KeyID, DisplayName: k.DisplayName, Thumbprint: thumbprint(k.Identifier), Kind: credential.Certificate,
				Holder: on, Start: k.Start.UTC(), End: k.End.UTC(),
			})
		}
	}
	return found
}

// thumbprint reads a SHA-1 thumbprint out of a key's identifier, written as bytes or as their hex digits; "" when the
// owner put something else there.
func thumbprint(identifier string) string {
	bytes, err := base64.StdEncoding.DecodeString(identifier)
	if err == nil && len(bytes) == 20 {
		return strings.ToUpper(hex.EncodeToString(bytes))
	}
	for _, text := range []string{identifier, string(bytes)} {
		if digits, err := hex.DecodeString(text); err == nil && len(digits) == 20 {
			return strings.ToUpper(text)
		}
	}
	return ""
}
