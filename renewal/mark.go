package renewal

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// Tag is how an attempt is named wherever a place can keep a word: "<run>.<n>".
func Tag(run string, n int) string { return fmt.Sprintf("%s.%d", run, n) }

// Mark is the description that attempt n of run gives its password: the words people chose stay in front, so that the
// portal stays readable. Marks are unique, and by them a password whose key id never reached us is found again.
func Mark(description, run string, n int) string {
	return strings.TrimSpace(Description(description) + " keyturn " + Tag(run, n))
}

// Description returns what people called a password: name without a mark of ours at its end, at most 60 characters.
func Description(name string) string {
	if at := strings.LastIndex(name, "keyturn "); at >= 0 && (at == 0 || name[at-1] == ' ') {
		name = name[:at]
	}
	runes := []rune(strings.TrimSpace(name))
	if len(runes) > 60 {
		runes = runes[:60]
	}
	return strings.TrimSpace(string(runes))
}

// Marked returns the "<run>.<n>" at the end of a description of ours, and whether there is one. That it bears a mark
// doesn't make it ours: only a row of this store does.
func Marked(name string) (tag string, ok bool) {
	at := strings.LastIndex(name, "keyturn ")
	if at < 0 || (at > 0 && name[at-1] != ' ') {
		return "", false
	}
	tag = name[at+len("keyturn "):]
	run, n, found := strings.Cut(tag, ".")
	return tag, found && run != "" && n != "" && strings.Trim(n, "0123456789") == ""
}

// NewID draws a run's id: ten lower-case letters and digits, no two alike in practice, easy to read aloud.
func NewID() string { return strings.ToLower(rand.Text()[:10]) }
