package kusto

import (
	"slices"
	"strconv"
	"strings"
)

type test func(Row) bool

func (p *parser) either() (test, error) {
	left, err := p.both()
	for err == nil && p.accept("or") {
		var right test
		first := left
		right, err = p.both()
		left = func(r Row) bool { return first(r) || right(r) }
	}
	return left, err
}

func (p *parser) both() (test, error) {
	left, err := p.condition()
	for err == nil && p.accept("and") {
		var right test
		first := left
		right, err = p.condition()
		left = func(r Row) bool { return first(r) && right(r) }
	}
	return left, err
}

func (p *parser) condition() (test, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, p.unexpected("too deeply nested")
	}
	if p.accept("(") {
		inner, err := p.either()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	for name, negate := range map[string]bool{"isempty": false, "isnull": false, "isnotempty": true, "isnotnull": true, "not": true} {
		if p.peek().is(name) && p.tokens[p.at+1].is("(") {
			return p.call(name, negate)
		}
	}
	return p.comparison()
}

// call reads isempty(x) and its like, and not(condition).
func (p *parser) call(name string, negate bool) (test, error) {
	p.at += 2
	var inner test
	var err error
	if name == "not" {
		inner, err = p.either()
	} else {
		var value func(Row) any
		value, err = p.operand()
		inner = func(r Row) bool { return plain(value(r)) == "" }
	}
	if err != nil {
		return nil, err
	}
	return func(r Row) bool { return inner(r) != negate }, p.expect(")")
}

func (p *parser) comparison() (test, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	operator := p.take()
	name := strings.ToLower(operator.text)
	if name == "in" || name == "in~" || name == "!in" || name == "!in~" {
		return p.membership(left, name)
	}
	compared, known := operators()[name]
	if !known {
		p.at--
		return nil, p.unexpected("expected a comparison")
	}
	right, err := p.operand()
	return func(r Row) bool { return compared(left(r), right(r)) }, err
}

func operators() map[string]func(a, b any) bool {
	all := map[string]func(a, b any) bool{
		">": func(a, b any) bool { return compare(a, b) > 0 }, ">=": func(a, b any) bool { return compare(a, b) >= 0 },
		"<": func(a, b any) bool { return compare(a, b) < 0 }, "<=": func(a, b any) bool { return compare(a, b) <= 0 },
	}
	inLower := func(test func(a, b string) bool) func(a, b string) bool {
		return func(a, b string) bool { return test(strings.ToLower(a), strings.ToLower(b)) }
	}
	for name, test := range map[string]func(a, b string) bool{
		"==": func(a, b string) bool { return a == b }, "=~": strings.EqualFold, "contains": inLower(strings.Contains), "has": inLower(strings.Contains),
		"startswith": inLower(strings.HasPrefix), "endswith": inLower(strings.HasSuffix),
	} {
		all[name] = func(a, b any) bool { return test(plain(a), plain(b)) }
		all[opposite(name)] = func(a, b any) bool { return !test(plain(a), plain(b)) }
	}
	return all
}

// opposite is the operator that says the contrary of a test of texts.
func opposite(name string) string {
	switch name {
	case "==":
		return "!="
	case "=~":
		return "!~"
	}
	return "!" + name
}

func (p *parser) membership(left func(Row) any, name string) (test, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var members []func(Row) any
	for {
		member, err := p.operand()
		if err != nil {
			return nil, err
		}
		members = append(members, member)
		if !p.accept(",") {
			break
		}
	}
	same := func(a, b string) bool { return a == b }
	if strings.HasSuffix(name, "~") {
		same = strings.EqualFold
	}
	negate := strings.HasPrefix(name, "!")
	return func(r Row) bool {
		return slices.ContainsFunc(members, func(m func(Row) any) bool { return same(plain(left(r)), plain(m(r))) }) != negate
	}, p.expect(")")
}

// operand reads a literal, a path such as properties.api.name or tags['a'], or tolower(x) and its like.
func (p *parser) operand() (func(Row) any, error) {
	t := p.take()
	switch {
	case t.kind == quoted:
		return func(Row) any { return t.text }, nil
	case t.kind == number:
		n, err := strconv.ParseFloat(t.text, 64)
		return func(Row) any { return n }, err
	case t.kind != word:
		p.at = max(p.at-1, 0)
		return nil, p.unexpected("expected a value")
	case t.is("true") || t.is("false"):
		return func(Row) any { return strings.ToLower(t.text) }, nil
	case p.peek().is("("):
		return p.function(t)
	}
	return p.path(t.text)
}

func (p *parser) function(name token) (func(Row) any, error) {
	p.at++
	convert, known := map[string]func(string) string{"tolower": strings.ToLower, "toupper": strings.ToUpper, "tostring": strings.Clone}[strings.ToLower(name.text)]
	if !known {
		return nil, p.unexpected("unknown function " + name.text)
	}
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, p.unexpected("too deeply nested")
	}
	inner, err := p.operand()
	if err != nil {
		return nil, err
	}
	return func(r Row) any { return convert(plain(inner(r))) }, p.expect(")")
}

func (p *parser) path(first string) (func(Row) any, error) {
	names := []string{first}
	for {
		switch {
		case p.accept("."):
			t := p.take()
			if t.kind != word {
				return nil, p.unexpected("expected a name after the dot")
			}
			names = append(names, t.text)
		case p.accept("["):
			t := p.take()
			if t.kind != quoted {
				return nil, p.unexpected("expected a quoted name in brackets")
			}
			names = append(names, t.text)
			if err := p.expect("]"); err != nil {
				return nil, err
			}
		default:
			return func(r Row) any { return descend(r, names) }, nil
		}
	}
}

// descend follows names into nested objects, letter case aside; nil when one is missing.
func descend(value any, names []string) any {
	for _, name := range names {
		object, ok := value.(map[string]any)
		if !ok {
			texts, isTexts := value.(map[string]string)
			if !isTexts {
				return nil
			}
			return texts[name]
		}
		value = member(object, name)
	}
	return value
}

func member(object map[string]any, name string) any {
	if v, ok := object[name]; ok {
		return v
	}
	for n, v := range object {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return nil
}
