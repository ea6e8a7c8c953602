package renewal_test

import (
	"strings"
	"testing"

	"keyturn/renewal"
)

func TestMarkKeepsWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, want string }{
		"a plain description":           {"portal secret", "portal secret keyturn r1.2"},
		"one of ours before":            {"portal secret keyturn old9.1", "portal secret keyturn r1.2"},
		"ours without words":            {"keyturn old9.1", "keyturn r1.2"},
		"nothing":                       {"", "keyturn r1.2"},
		"a word that only ends alike":   {"mykeyturn r1", "mykeyturn r1 keyturn r1.2"},
		"longer than a portal's column": {strings.Repeat("x", 200), strings.Repeat("x", 60) + " keyturn r1.2"},
	} {
		if got := renewal.Mark(c.before, "r1", 2); got != c.want {
			t.Errorf("%s: Mark = %q, want %q", name, got, c.want)
		}
	}
}

func TestMarkedFindsOnlyMarks(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"portal secret keyturn r1.2": "r1.2", "keyturn abc.10": "abc.10",
		"keyturn": "", "keyturn two words.1": "two words.1", "mykeyturn r1.2": "", "keyturn r1.x": "", "keyturn .1": "",
	} {
		tag, ok := renewal.Marked(name)
		if ok != (want != "") || (ok && tag != want) {
			t.Errorf("Marked(%q) = %q, %v, want %q", name, tag, ok, want)
		}
	}
}
