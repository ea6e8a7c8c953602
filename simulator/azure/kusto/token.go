package kusto

import (
	"fmt"
	"strings"
	"unicode"
)

type kind int

const (
	end    kind = iota
	word        // an identifier, or an operator spelled as a word
	quoted      // a text, quotes undone
	number
	sign // any other operator
)

type token struct {
	kind kind
	text string
	at   int
}

// is reports whether the token is the given word or sign, letter case aside.
func (t token) is(text string) bool {
	return (t.kind == word || t.kind == sign) && strings.EqualFold(t.text, text)
}

// signs are the operators that are no words, longest first.
func signs() []string {
	return []string{"=~", "!~", "==", "!=", ">=", "<=", "|", "(", ")", "[", "]", ",", ".", "=", ">", "<"}
}

// scan cuts a query into tokens.
func scan(query string) ([]token, error) {
	var tokens []token
	for at := 0; at < len(query); {
		rest := query[at:]
		if skipped := blank(rest); skipped > 0 {
			at += skipped
			continue
		}
		t, size, err := next(rest, at)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		at += size
	}
	return append(tokens, token{kind: end, at: len(query)}), nil
}

// blank is the length of white space or a comment at the start.
func blank(rest string) int {
	if strings.HasPrefix(rest, "//") {
		if line := strings.IndexByte(rest, '\n'); line >= 0 {
			return line + 1
		}
		return len(rest)
	}
	return len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
}

func next(rest string, at int) (token, int, error) {
	c := rest[0]
	switch {
	case c == '\'' || c == '"':
		return text(rest, at)
	case digit(c):
		size := run(rest, digit)
		return token{number, rest[:size], at}, size, nil
	case letter(c) || c == '$':
		size := 1 + run(rest[1:], inWord)
		if strings.HasPrefix(rest[size:], "~") { // in~
			size++
		}
		return token{word, rest[:size], at}, size, nil
	}
	return operator(rest, at)
}

// operator reads what is neither text, number nor word; a word after an exclamation mark, as in !contains, is one operator with it.
func operator(rest string, at int) (token, int, error) {
	if strings.HasPrefix(rest, "!") && len(rest) > 1 && letter(rest[1]) {
		t, size, err := next(rest[1:], at)
		t.text = "!" + t.text
		return t, size + 1, err
	}
	for _, s := range signs() {
		if strings.HasPrefix(rest, s) {
			return token{sign, s, at}, len(s), nil
		}
	}
	return token{}, 0, fmt.Errorf("unexpected character %q at %d", rest[0], at)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func inWord(c byte) bool { return letter(c) || digit(c) || c == '-' }

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func run(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

func text(rest string, at int) (token, int, error) {
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == rest[0]:
			return token{quoted, b.String(), at}, i + 1, nil
		case rest[i] == '\\' && i+1 < len(rest):
			i++
			b.WriteByte(rest[i])
		default:
			b.WriteByte(rest[i])
		}
	}
	return token{}, 0, fmt.Errorf("text that begins at %d has no end", at)
}
