package kusto

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// column is one output of project or extend.
type column struct {
	name  string
	value func(Row) any
}

func (p *parser) columns() ([]column, error) {
	var all []column
	for {
		c, err := p.column()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		if !p.accept(",") {
			return all, nil
		}
	}
}

func (p *parser) column() (column, error) {
	start := p.at
	if name := p.take(); name.kind == word && p.accept("=") {
		value, err := p.operand()
		return column{name.text, value}, err
	}
	p.at = start
	var names []string
	for i := start; p.tokens[i].kind == word || p.tokens[i].is("."); i++ {
		if p.tokens[i].kind == word {
			names = append(names, p.tokens[i].text)
		}
	}
	value, err := p.operand()
	return column{strings.Join(names, "_"), value}, err
}

func (p *parser) project(rows []Row) ([]Row, error) {
	columns, err := p.columns()
	if err != nil {
		return nil, err
	}
	out := make([]Row, 0, len(rows))
	for _, row := range rows {
		shown := Row{}
		for _, c := range columns {
			shown[c.name] = c.value(row)
		}
		out = append(out, shown)
	}
	return out, nil
}

func (p *parser) extend(rows []Row) ([]Row, error) {
	columns, err := p.columns()
	if err != nil {
		return nil, err
	}
	out := make([]Row, 0, len(rows))
	for _, row := range rows {
		wider := maps.Clone(row)
		for _, c := range columns {
			wider[c.name] = c.value(row)
		}
		out = append(out, wider)
	}
	return out, nil
}

func (p *parser) order(rows []Row) ([]Row, error) {
	if err := p.expect("by"); err != nil {
		return nil, err
	}
	sorted := slices.Clone(rows)
	value, err := p.operand()
	if err != nil {
		return nil, err
	}
	direction := -1 // Kusto sorts downwards unless told otherwise
	if p.accept("asc") {
		direction = 1
	} else {
		p.accept("desc")
	}
	if p.peek().is(",") {
		return nil, p.unexpected("only one column can be sorted by")
	}
	slices.SortStableFunc(sorted, func(a, b Row) int { return direction * strings.Compare(plain(value(a)), plain(value(b))) })
	return sorted, nil
}

// plain is a value as a text for comparing.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(value)
}
