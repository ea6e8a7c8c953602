package target

import (
	"crypto/sha256"
	"encoding/hex"

	"keyturn/secret"
)

// Fingerprint is the receipt of a place that shows nothing but the value it holds: equal as long as it holds the same
// value, and nothing that a value drawn by Entra could be found from. A value under 16 characters, which Entra never
// draws and which could be guessed, has no fingerprint of its own: all such are alike. See decision 12.
func Fingerprint(place string, value secret.Value) string {
	if value.IsZero() {
		return "empty"
	}
	if value.Hint() == "" {
		return "short"
	}
	sum := sha256.Sum256([]byte("keyturn receipt\x00" + place + "\x00" + value.Reveal()))
	return hex.EncodeToString(sum[:12])
}
