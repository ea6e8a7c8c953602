package screen

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		width      int
		text, want string
	}{
		"a line that fits stays":                      {20, "one two\nthree\n", "one two\nthree\n"},
		"a line that just fits stays":                 {7, "one two\n", "one two\n"},
		"a wide line breaks at the last blank":        {9, "one two three\n", "one two\nthree\n"},
		"what follows begins below the text":          {18, "  why  one two three\n", "  why  one two\n       three\n"},
		"a word that is too long stays":               {5, "a verylongword b\n", "a\nverylongword\nb\n"},
		"colours take no room":                        {7, "\x1b[31mone\x1b[0m two\n", "\x1b[31mone\x1b[0m two\n"},
		"where no terminal is, everything stays":      {0, "one two three four five\n", "one two three four five\n"},
		"a last line without an end breaks too":       {7, "one two three", "one two\nthree"},
		"characters count, not bytes":                 {7, "öäü ßéñ\n", "öäü ßéñ\n"},
		"a label beyond the middle isn't hung behind": {12, "label label  one two\n", "label label\none two\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (Style{Width: c.width}).Fold(c.text); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestFoldLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zäß ]{0,30}\n){0,4}[a-z ]{0,40}`).Draw(t, "text")
		width := rapid.IntRange(1, 40).Draw(t, "width")
		got := Style{Width: width}.Fold(text)
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(text), " ") {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
