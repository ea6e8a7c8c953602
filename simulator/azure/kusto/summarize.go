package kusto

import (
	"fmt"
	"slices"
	"strings"
)

// aggregate is one output of summarize: what the rows of a group come to.
type aggregate struct {
	name  string
	value func([]Row) any
}

// summarize makes one row of each group, in the order in which the groups first appear; without by, one row of all.
func (p *parser) summarize(rows []Row) ([]Row, error) {
	var wanted []aggregate
	for !p.peek().is("by") {
		one, err := p.aggregate()
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, one)
		if !p.accept(",") {
			break
		}
	}
	if !p.accept("by") {
		return []Row{summary(Row{}, wanted, rows)}, nil
	}
	columns, err := p.columns()
	if err != nil {
		return nil, err
	}
	out := []Row{}
	for _, g := range grouped(rows, columns) {
		out = append(out, summary(g.shown, wanted, g.rows))
	}
	return out, nil
}

func summary(row Row, wanted []aggregate, rows []Row) Row {
	for _, a := range wanted {
		row[a.name] = a.value(rows)
	}
	return row
}

// group are the rows that have the same values in some columns.
type group struct {
	shown Row
	rows  []Row
}

func grouped(rows []Row, columns []column) []*group {
	var order []*group
	seen := map[string]*group{}
	for _, row := range rows {
		shown, key := Row{}, ""
		for _, c := range columns {
			shown[c.name] = c.value(row)
			key += plain(shown[c.name]) + "\x00"
		}
		if seen[key] == nil {
			seen[key] = &group{shown: shown}
			order = append(order, seen[key])
		}
		seen[key].rows = append(seen[key].rows, row)
	}
	return order
}

// distinct keeps one row of each group, with the named columns alone.
func (p *parser) distinct(rows []Row) ([]Row, error) {
	columns, err := p.columns()
	if err != nil {
		return nil, err
	}
	out := []Row{}
	for _, g := range grouped(rows, columns) {
		out = append(out, g.shown)
	}
	return out, nil
}

// aggregate reads count(), or a function of a column, with or without a name of its own.
func (p *parser) aggregate() (aggregate, error) {
	given, named := p.alias()
	function := p.take()
	name := strings.ToLower(function.text)
	if err := p.expect("("); err != nil {
		return aggregate{}, err
	}
	if name == "count" {
		if !named {
			given = "count_"
		}
		return aggregate{given, func(rows []Row) any { return len(rows) }}, p.expect(")")
	}
	of, known := functions()[name]
	if !known {
		return aggregate{}, p.unexpected("unknown aggregate " + function.text)
	}
	c, err := p.column()
	if err != nil {
		return aggregate{}, err
	}
	if !named {
		given = fmt.Sprintf("%s_%s", name, c.name)
	}
	return aggregate{given, func(rows []Row) any { return of(values(rows, c)) }}, p.expect(")")
}

func values(rows []Row, c column) []any {
	all := make([]any, len(rows))
	for i, row := range rows {
		all[i] = c.value(row)
	}
	return all
}

// functions are the aggregates of one column.
func functions() map[string]func([]any) any {
	return map[string]func([]any) any{
		"dcount":    func(v []any) any { return len(unique(v)) },
		"make_set":  func(v []any) any { return unique(v) },
		"make_list": func(v []any) any { return v },
		"min":       func(v []any) any { return outermost(v, -1) },
		"max":       func(v []any) any { return outermost(v, 1) },
	}
}

func unique(all []any) []any {
	kept := []any{}
	for _, v := range all {
		if !slices.ContainsFunc(kept, func(k any) bool { return plain(k) == plain(v) }) {
			kept = append(kept, v)
		}
	}
	return kept
}

func outermost(all []any, direction int) any {
	if len(all) == 0 {
		return nil
	}
	return slices.MaxFunc(all, func(a, b any) int { return direction * compare(a, b) })
}
