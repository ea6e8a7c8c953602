package odata

import (
	"fmt"
	"strings"
)

type kind int

const (
	end kind = iota
	word
	text
	mark // one of ( ) , :
)

type token struct {
	kind  kind
	value string
	at    int
}

// lex splits an expression. A word is a name, a path, a number, a date or a GUID; only words that begin with a digit
// may hold a colon, since only dates need one.
func lex(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case strings.IndexByte("(),:", c) >= 0:
			tokens = append(tokens, token{mark, string(c), i})
			i++
		case c == '\'':
			value, n, err := quoted(s[i:])
			if err != nil {
				return nil, fmt.Errorf("%w at position %d", err, i)
			}
			tokens = append(tokens, token{text, value, i})
			i += n
		default:
			n := bare(s[i:])
			tokens = append(tokens, token{word, s[i : i+n], i})
			i += n
		}
	}
	return append(tokens, token{end, "", len(s)}), nil
}

// quoted reads a text in single quotes, in which two quotes stand for one, and answers how much of s it takes.
func quoted(s string) (value string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("%w: there is an unterminated string literal", ErrSyntax)
}

func bare(s string) int {
	stops := " \t\r\n(),':"
	if s[0] >= '0' && s[0] <= '9' {
		stops = " \t\r\n(),'"
	}
	if n := strings.IndexAny(s, stops); n > 0 {
		return n
	}
	return len(s)
}
