package odata

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// scope is the document under test and, inside a lambda, what its variable stands for.
type scope struct {
	doc      map[string]any
	variable string
	bound    any
	outer    *scope
}

type node interface{ holds(scope) bool }

type (
	either  struct{ left, right node }
	both    struct{ left, right node }
	not     struct{ inner node }
	compare struct {
		path  []string
		op    string
		value any
	}
	oneOf struct {
		path   []string
		values []any
	}
	textTest struct {
		path        []string
		name, value string
	}
	quantified struct {
		path     []string
		all      bool
		variable string
		inner    node // nil for any(), which asks whether there is an element
	}
)

func (n either) holds(s scope) bool { return n.left.holds(s) || n.right.holds(s) }
func (n both) holds(s scope) bool   { return n.left.holds(s) && n.right.holds(s) }
func (n not) holds(s scope) bool    { return !n.inner.holds(s) }

func (n compare) holds(s scope) bool {
	got := s.at(n.path)
	if n.op == "eq" || n.op == "ne" {
		return same(got, n.value) == (n.op == "eq")
	}
	order, ok := ordered(got, n.value)
	if !ok {
		return false
	}
	switch n.op {
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

func (n oneOf) holds(s scope) bool {
	got := s.at(n.path)
	for _, v := range n.values {
		if same(got, v) {
			return true
		}
	}
	return false
}

func (n textTest) holds(s scope) bool {
	got, ok := s.at(n.path).(string)
	if !ok {
		return false
	}
	got, want := strings.ToLower(got), strings.ToLower(n.value)
	switch n.name {
	case "startswith":
		return strings.HasPrefix(got, want)
	case "endswith":
		return strings.HasSuffix(got, want)
	}
	return strings.Contains(got, want)
}

func (n quantified) holds(s scope) bool {
	items := elements(s.at(n.path))
	if n.inner == nil {
		return len(items) > 0
	}
	for _, item := range items {
		if n.inner.holds(scope{doc: s.doc, variable: n.variable, bound: item, outer: &s}) != n.all {
			return !n.all
		}
	}
	return n.all
}

func elements(value any) []any {
	switch list := value.(type) {
	case []any:
		return list
	case []string:
		items := make([]any, len(list))
		for i, s := range list {
			items[i] = s
		}
		return items
	case []map[string]any:
		items := make([]any, len(list))
		for i, m := range list {
			items[i] = m
		}
		return items
	}
	return nil
}

// at answers what a path leads to, nil when it leads nowhere.
func (s scope) at(path []string) any {
	for around := &s; around != nil; around = around.outer {
		if around.variable != "" && around.variable == path[0] {
			return walk(around.bound, path[1:])
		}
	}
	return walk(s.doc, path)
}

func walk(value any, path []string) any {
	for _, name := range path {
		if name == "$count" {
			value = len(elements(value))
			continue
		}
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		if value, ok = m[name]; !ok {
			value = fold(m, name)
		}
	}
	return value
}

func fold(m map[string]any, name string) any {
	for key, value := range m {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

// guid is what stands without quotes and may begin with a letter, beside the words for nothing, yes and no.
var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// bareLiteral reads a literal that stands without quotes: null, true, false, a number, a GUID or a date, of which the last two stay texts.
// Any other word is the name of a property, with which nothing can be compared.
func bareLiteral(s string) (value any, known bool) {
	switch strings.ToLower(s) {
	case "null":
		return nil, true
	case "true":
		return true, true
	case "false":
		return false, true
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f, true
	}
	return s, s[0] >= '0' && s[0] <= '9' || guid.MatchString(s)
}

func same(got, want any) bool {
	if got == nil || want == nil {
		return got == nil && want == nil
	}
	if order, ok := ordered(got, want); ok {
		return order == 0
	}
	return strings.EqualFold(fmt.Sprint(got), fmt.Sprint(want))
}

// ordered compares two values of one kind; ok is false when they are of different kinds.
func ordered(got, want any) (order int, ok bool) {
	if a, isNumber := number(got); isNumber {
		b, isNumber := number(want)
		return cmp.Compare(a, b), isNumber
	}
	a, isText := got.(string)
	b, alsoText := want.(string)
	if !isText || !alsoText {
		return 0, false
	}
	first, err := time.Parse(time.RFC3339, a)
	second, err2 := time.Parse(time.RFC3339, b)
	if err == nil && err2 == nil {
		return first.Compare(second), true
	}
	return strings.Compare(strings.ToLower(a), strings.ToLower(b)), true
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	}
	return 0, false
}
