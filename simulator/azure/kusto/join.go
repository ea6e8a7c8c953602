package kusto

import (
	"maps"
	"slices"
	"strings"
)

// expand makes a row of each element of a list; of an object, one of each property, as Resource Graph does.
func (p *parser) expand(rows []Row) ([]Row, error) {
	c, err := p.column()
	if err != nil {
		return nil, err
	}
	out := []Row{}
	for _, row := range rows {
		for _, element := range elements(c.value(row)) {
			wider := maps.Clone(row)
			wider[c.name] = element
			out = append(out, wider)
		}
	}
	return out, nil
}

// elements are what a value is made of; something that holds nothing is one empty element, so that its row stays.
func elements(value any) []any {
	var all []any
	switch v := value.(type) {
	case []any:
		all = v
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, map[string]any{name: v[name]})
		}
	default:
		return []any{value}
	}
	if len(all) == 0 {
		return []any{nil}
	}
	return all
}

// kinds of join that are known, to whether a left row without a match stays.
func kinds() map[string]bool {
	return map[string]bool{"inner": false, "innerunique": false, "leftouter": true}
}

// match is a pair of columns that must have the same value.
type match struct{ left, right string }

// join puts the columns of another query beside those of the rows that match.
func (p *parser) join(rows []Row) ([]Row, error) {
	kind, err := p.joinKind()
	if err != nil {
		return nil, err
	}
	right, err := p.inner()
	if err != nil {
		return nil, err
	}
	matches, err := p.matches()
	if err != nil {
		return nil, err
	}
	if kind == "innerunique" {
		rows = firstOfEach(rows, matches)
	}
	return joined(rows, right, matches, kinds()[kind]), nil
}

// joinKind reads how to join; innerunique unless told otherwise.
func (p *parser) joinKind() (string, error) {
	if !p.accept("kind") {
		return "innerunique", nil
	}
	if err := p.expect("="); err != nil {
		return "", err
	}
	name := strings.ToLower(p.take().text)
	if _, known := kinds()[name]; !known {
		p.at--
		return "", p.unexpected("unknown kind of join")
	}
	return name, nil
}

// matches reads what follows on: columns of one name, or $left.a == $right.b.
func (p *parser) matches() ([]match, error) {
	if err := p.expect("on"); err != nil {
		return nil, err
	}
	var all []match
	for {
		m, err := p.match()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
		if !p.accept(",") {
			return all, nil
		}
	}
}

func (p *parser) match() (match, error) {
	left, err := p.side("$left")
	if err != nil || !p.accept("==") {
		return match{left, left}, err
	}
	right, err := p.side("$right")
	return match{left, right}, err
}

// side reads a column's name, with the side that it is on before it or without.
func (p *parser) side(name string) (string, error) {
	if p.accept(name) {
		if err := p.expect("."); err != nil {
			return "", err
		}
	}
	t := p.take()
	if t.kind != word {
		p.at = max(p.at-1, 0)
		return "", p.unexpected("expected a column")
	}
	return t.text, nil
}

// inner reads a query in parentheses.
func (p *parser) inner() ([]Row, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return nil, p.unexpected("too deeply nested")
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	rows, err := p.run()
	if err != nil {
		return nil, err
	}
	return rows, p.expect(")")
}

func firstOfEach(rows []Row, on []match) []Row {
	var columns []column
	for _, m := range on {
		columns = append(columns, column{m.left, func(r Row) any { return member(r, m.left) }})
	}
	var kept []Row
	for _, g := range grouped(rows, columns) {
		kept = append(kept, g.rows[0])
	}
	return kept
}

func joined(left, right []Row, on []match, stays bool) []Row {
	matching := map[string][]Row{}
	for _, r := range right {
		key := keyOf(r, on, func(m match) string { return m.right })
		matching[key] = append(matching[key], r)
	}
	out := []Row{}
	for _, l := range left {
		found := matching[keyOf(l, on, func(m match) string { return m.left })]
		if len(found) == 0 && stays {
			found = []Row{{}}
		}
		for _, r := range found {
			out = append(out, beside(l, r))
		}
	}
	return out
}

func keyOf(row Row, on []match, name func(match) string) string {
	key := ""
	for _, m := range on {
		key += plain(member(row, name(m))) + "\x00"
	}
	return key
}

// beside puts two rows together; a column that both have is the right one's under its name with a 1.
func beside(left, right Row) Row {
	both := maps.Clone(left)
	for name, value := range right {
		if _, taken := left[name]; taken {
			name += "1"
		}
		both[name] = value
	}
	return both
}
