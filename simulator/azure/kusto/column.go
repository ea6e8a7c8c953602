package kusto

import (
	"fmt"
	"maps"
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
	if name, given := p.alias(); given {
		value, err := p.operand()
		return column{name, value}, err
	}
	var names []string
	for i := start; p.tokens[i].kind == word || p.tokens[i].is("."); i++ {
		if p.tokens[i].kind == word {
			names = append(names, p.tokens[i].text)
		}
	}
	value, err := p.operand()
	return column{strings.Join(names, "_"), value}, err
}

// alias reads the name and the sign in front of what a column is to hold, when they are there.
func (p *parser) alias() (name string, given bool) {
	start := p.at
	if t := p.take(); t.kind == word && p.accept("=") {
		return t.text, true
	}
	p.at = start
	return "", false
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
