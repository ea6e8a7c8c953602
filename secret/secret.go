// Package secret holds the one type in which a secret value may travel through Keyturn.
//
// A [Value] prints, logs and marshals as "[redacted]" whatever the verb, so that a forgotten %v can't leak it. It must
// never be turned into a string except where the bytes go on the wire, by [Value.Reveal]; a search for that name lists
// every such place.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what every rendering of a [Value] shows.
const Redacted = "[redacted]"

// Value is a secret in memory. The zero Value is "no secret". Values are compared with [Value.Equal], never with ==.
type Value struct{ text *string }

// New wraps text. An empty text gives the zero Value.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{text: &text}
}

// Reveal returns the secret itself. Call it only where the value goes on the wire to a place meant to hold it.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v.text == nil }

// Equal compares in constant time.
func (v Value) Equal(other Value) bool {
	return subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(other.Reveal())) == 1
}

// Hint returns the first three characters, which is exactly what Entra shows openly as a password's hint. A value
// shorter than 16 characters, which Entra never issues, has no hint, so that a short secret isn't half told.
// Source: https://learn.microsoft.com/graph/api/resources/passwordcredential (read 2026-11-22).
func (v Value) Hint() string {
	if len(v.Reveal()) < 16 {
		return ""
	}
	return v.Reveal()[:3]
}

// String returns [Redacted].
func (Value) String() string { return Redacted }

// GoString returns [Redacted], for %#v.
func (Value) GoString() string { return Redacted }

// Format writes [Redacted] for every verb and flag.
func (Value) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, Redacted) }

// LogValue renders [Redacted] in slog.
func (Value) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText renders [Redacted] in JSON, YAML and every other text encoding.
func (Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
