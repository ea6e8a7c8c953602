package target

import (
	"encoding/base64"
	"unicode"
	"unicode/utf8"

	"keyturn/secret"
)

// Form is how a place wants a value written.
type Form string

const (
	// Plain is the value itself, as programs that sign in to Entra take it.
	Plain Form = "plain"
	// Base64 is the base64 of the value's UTF-8 bytes, as a SharePoint add-in's TokenHelper takes it: it decodes the text
	// to the key that context tokens are signed with, and sends the text itself to ACS.
	// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/replace-an-expiring-client-secret-in-a-sharepoint-add-in (read 2026-11-25).
	Base64 Form = "base64"
)

// Write returns the text to put into the place.
func (f Form) Write(value secret.Value) secret.Value {
	if f != Base64 {
		return value
	}
	return secret.New(base64.StdEncoding.EncodeToString([]byte(value.Reveal())))
}

// Read returns the value that a place's text stands for. Where the decoded bytes are no text, the secret is from the
// time in which the text itself was the password and its bytes were drawn: it is returned as it stands.
func (f Form) Read(text secret.Value) secret.Value {
	if f != Base64 {
		return text
	}
	decoded, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil || !isText(decoded) {
		return text
	}
	return secret.New(string(decoded))
}

// isText reports whether bytes could be a password that Entra drew: printable and without control characters.
func isText(bytes []byte) bool {
	if !utf8.Valid(bytes) {
		return false
	}
	for _, r := range string(bytes) {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return len(bytes) > 0
}
