package graph

import (
	"net/http"
	"slices"
	"strings"
)

// clause is one "property:text" of a $search.
type clause struct{ property, text string }

// search is what $search asks for: one of several groups, all of whose clauses are found. nil asks for nothing.
type search [][]clause

// readSearch reads clauses in double quotes, joined by AND, which binds closer, and OR. A text without a property is the
// display name's. Source: https://learn.microsoft.com/graph/search-query-parameter, read 2026-11-26.
func (c *call) readSearch(typeName string, known map[string]any) (search, *reply) {
	text := strings.TrimSpace(c.query.Get("$search"))
	if text == "" {
		return nil, nil
	}
	if !c.eventual() {
		r := malformed("Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
		return nil, &r
	}
	wanted, wrong := parseSearch(text)
	if wrong >= 0 {
		r := failure(http.StatusBadRequest, "BadRequest", "Syntax error: character '%s' is not valid at position %d in '%s'.", text[wrong:wrong+1], wrong, text)
		return nil, &r
	}
	for _, cl := range slices.Concat(wanted...) {
		if !hasProperty(known, cl.property) {
			r := unsupportedClause(cl.property, typeName)
			return nil, &r
		}
	}
	return wanted, nil
}

// parseSearch returns where the text is no search, else -1.
func parseSearch(text string) (wanted search, wrong int) {
	var group []clause
	for at := 0; at < len(text); {
		cl, length := readClause(text[at:])
		if length == 0 {
			return nil, at + max(0, strings.IndexAny(text[at:], `:"`))
		}
		group, at = append(group, cl), at+length
		rest := strings.TrimSpace(text[at:])
		word, _, _ := strings.Cut(rest, " ")
		switch {
		case rest == "":
			return append(wanted, group), -1
		case word == "OR":
			wanted, group = append(wanted, group), nil
		case word != "AND":
			return nil, len(text) - len(rest)
		}
		at = len(text) - len(strings.TrimSpace(rest[len(word):]))
	}
	return nil, len(text) - 1 // it ends with AND or OR
}

// readClause reads what the text begins with: a clause in double quotes, or one word without a property.
func readClause(text string) (cl clause, length int) {
	inside, quoted := strings.CutPrefix(text, `"`)
	if !quoted {
		word, _, _ := strings.Cut(text, " ")
		if word == "" || strings.ContainsAny(word, `:"`) {
			return clause{}, 0
		}
		return clause{"displayName", word}, len(word)
	}
	inside, _, closed := strings.Cut(inside, `"`)
	if !closed {
		return clause{}, 0
	}
	property, sought, named := strings.Cut(inside, ":")
	if !named {
		property, sought = "displayName", inside
	}
	return clause{property, sought}, len(inside) + 2
}

// finds reports whether a document has what is asked for.
func (s search) finds(doc map[string]any) bool {
	absent := func(cl clause) bool { return !strings.Contains(textAt(doc, cl.property), strings.ToLower(cl.text)) }
	return s == nil || slices.ContainsFunc(s, func(group []clause) bool { return !slices.ContainsFunc(group, absent) })
}
