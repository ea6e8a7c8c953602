package cloud

import (
	"regexp"
	"strings"
	"unicode"

	"keyturn/secret"
)

// longest is how much of a service's sentence is shown: as much as names who may not do what where in Azure, whose scopes are
// long.
const longest = 700

var (
	word = regexp.MustCompile(`[A-Za-z0-9_~.+=-]{20,}`)
	// trail is what sign-ins add behind their sentence: ids that the problem carries already, and a time.
	trail = regexp.MustCompile(`\s*(Trace ID|Correlation ID|Timestamp):.*$`)
)

// scrub makes a service's sentence fit to show: one line, not too long, and without any word that could be a secret,
// since a service may repeat what it was sent. Ids, names of hosts and codes stay.
func scrub(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = trail.ReplaceAllString(text, "")
	text = word.ReplaceAllStringFunc(text, func(w string) string {
		if looksSecret(w) {
			return secret.Redacted
		}
		return w
	})
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return strings.TrimSuffix(text, ".")
}

// looksSecret reports whether a long word is mixed as only drawn values are. Entra's secrets always hold a tilde.
func looksSecret(w string) bool {
	if strings.Contains(w, "~") {
		return true
	}
	if IsGUID(strings.Trim(w, ".=-+_")) {
		return false
	}
	return strings.IndexFunc(w, unicode.IsUpper) >= 0 && strings.IndexFunc(w, unicode.IsLower) >= 0 &&
		strings.IndexFunc(w, unicode.IsDigit) >= 0
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}
