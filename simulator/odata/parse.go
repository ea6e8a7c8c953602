package odata

import (
	"errors"
	"fmt"
	"strings"
)

// ErrSyntax is wrapped by every error of [Parse].
var ErrSyntax = errors.New("syntax error")

// deepest is how far expressions may nest.
const deepest = 64

// Filter is a parsed $filter expression.
type Filter struct {
	root node
	// Properties are the first segments of all paths, each once, in order of appearance.
	Properties []string
	// Advanced is true when it uses what Graph answers only with ConsistencyLevel: eventual: ne, not, endswith, $count.
	Advanced bool
	// Contains is the first property that contains() is asked of, or "": Graph's directory objects can't answer it.
	Contains string
	// Key and Value are set when the whole expression is "Key eq 'Value'", so that an index may serve it.
	Key, Value string
}

// Match reports whether a decoded JSON object fits. Texts compare without regard to letter case, dates as instants.
func (f *Filter) Match(doc map[string]any) bool { return f.root.holds(scope{doc: doc}) }

// Parse reads an expression; its errors wrap [ErrSyntax].
func Parse(expression string) (*Filter, error) {
	tokens, err := lex(expression)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, filter: &Filter{}}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, p.unexpected()
	}
	p.filter.root = root
	if c, ok := root.(compare); ok && c.op == "eq" && len(c.path) == 1 {
		if value, ok := c.value.(string); ok {
			p.filter.Key, p.filter.Value = c.path[0], value
		}
	}
	return p.filter, nil
}

type parser struct {
	tokens []token
	next   int
	depth  int
	bound  []string // variables of the lambdas around
	filter *Filter
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != end {
		p.next++
	}
	return t
}

// accept takes the next token when it is this word (in any letter case) or mark.
func (p *parser) accept(value string) bool {
	t := p.peek()
	if (t.kind == word || t.kind == mark) && strings.EqualFold(t.value, value) {
		p.next++
		return true
	}
	return false
}

func (p *parser) expect(value string) error {
	if !p.accept(value) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) unexpected() error {
	return fmt.Errorf("%w at position %d in the expression", ErrSyntax, p.peek().at)
}

func (p *parser) or() (node, error) {
	left, err := p.and()
	for err == nil && p.accept("or") {
		var right node
		right, err = p.and()
		left = either{left, right}
	}
	return left, err
}

func (p *parser) and() (node, error) {
	left, err := p.unary()
	for err == nil && p.accept("and") {
		var right node
		right, err = p.unary()
		left = both{left, right}
	}
	return left, err
}

func (p *parser) unary() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > deepest {
		return nil, fmt.Errorf("%w: the expression nests too deeply", ErrSyntax)
	}
	if p.accept("not") {
		p.filter.Advanced = true
		inner, err := p.unary()
		return not{inner}, err
	}
	if p.accept("(") {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	return p.primary()
}

// primary reads a function, a lambda or a comparison.
func (p *parser) primary() (node, error) {
	t := p.take()
	if t.kind != word {
		p.next = max(p.next-1, 0)
		return nil, p.unexpected()
	}
	if p.peek().value == "(" && p.peek().kind == mark {
		return p.call(t.value)
	}
	path := p.path(t.value)
	switch op := strings.ToLower(p.take().value); op {
	case "eq", "ne", "gt", "ge", "lt", "le":
		p.filter.Advanced = p.filter.Advanced || op == "ne"
		value, err := p.literal()
		return compare{path, op, value}, err
	case "in":
		return p.members(path)
	}
	p.next--
	return nil, p.unexpected()
}

func (p *parser) path(s string) []string {
	path := strings.Split(s, "/")
	p.filter.Advanced = p.filter.Advanced || path[len(path)-1] == "$count"
	for _, name := range p.bound {
		if name == path[0] {
			return path
		}
	}
	for _, known := range p.filter.Properties {
		if known == path[0] {
			return path
		}
	}
	p.filter.Properties = append(p.filter.Properties, path[0])
	return path
}

func (p *parser) members(path []string) (node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	list := oneOf{path: path}
	for {
		value, err := p.literal()
		if err != nil {
			return nil, err
		}
		list.values = append(list.values, value)
		if !p.accept(",") {
			return list, p.expect(")")
		}
	}
}

// call reads what follows a name and an opening bracket: a text function, or any/all on a collection.
func (p *parser) call(name string) (node, error) {
	p.next++
	switch f := strings.ToLower(name); f {
	case "startswith", "endswith", "contains":
		p.filter.Advanced = p.filter.Advanced || f == "endswith"
		return p.textFunction(f)
	case "substringof":
		return p.substringOf()
	}
	if i := strings.LastIndex(name, "/"); i > 0 {
		switch strings.ToLower(name[i+1:]) {
		case "any", "all":
			return p.lambda(p.path(name[:i]), strings.EqualFold(name[i+1:], "all"))
		}
	}
	p.next = max(p.next-2, 0)
	return nil, p.unexpected()
}

func (p *parser) textFunction(name string) (node, error) {
	t := p.take()
	if t.kind != word {
		return nil, p.unexpected()
	}
	f := textTest{path: p.path(t.value), name: name}
	if name == "contains" && p.filter.Contains == "" {
		p.filter.Contains = f.path[0]
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	value, err := p.literal()
	if err != nil {
		return nil, err
	}
	f.value = fmt.Sprint(value)
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	if p.accept("eq") {
		wanted, err := p.literal()
		if wanted == false {
			return not{f}, err
		}
		return f, err
	}
	return f, nil
}

// substringOf reads what Resource Manager asks as other services ask contains, the text first.
func (p *parser) substringOf() (node, error) {
	value, err := p.literal()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	t := p.take()
	if t.kind != word {
		return nil, p.unexpected()
	}
	return textTest{path: p.path(t.value), name: "contains", value: fmt.Sprint(value)}, p.expect(")")
}

func (p *parser) lambda(path []string, all bool) (node, error) {
	if p.accept(")") {
		return quantified{path: path, all: all}, nil
	}
	variable := p.take()
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	p.bound = append(p.bound, variable.value)
	inner, err := p.or()
	p.bound = p.bound[:len(p.bound)-1]
	if err != nil {
		return nil, err
	}
	return quantified{path: path, all: all, variable: variable.value, inner: inner}, p.expect(")")
}

func (p *parser) literal() (any, error) {
	t := p.take()
	switch t.kind {
	case text:
		return t.value, nil
	case word:
		if value, known := bareLiteral(t.value); known {
			return value, nil
		}
	}
	if t.kind != end {
		p.next--
	}
	return nil, p.unexpected()
}
