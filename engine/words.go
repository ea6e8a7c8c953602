package engine

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// day renders a date for people.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// longestTitle is how much of a reason a title repeats: about what a list of mails shows.
const longestTitle = 90

// short is the beginning of text, on one line, cut between words.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= longestTitle {
		return text
	}
	cut := string([]rune(text)[:longestTitle])
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " ,;:") + "..."
}

// sentence is text with a capital at its beginning and a full stop at its end.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.ContainsAny(text[len(text)-1:], ".!?)") {
		return text
	}
	return text + "."
}
