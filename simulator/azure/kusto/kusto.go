// Package kusto answers the small part of the Kusto query language that people send to Azure Resource Graph: a table, then where, project, extend,
// order by, top, take, count, distinct, summarize, mv-expand and join.
//
// It works on decoded JSON rows and knows nothing of Azure; what it does not know is an error that wraps [ErrQuery], never a wrong answer.
// Start at [Run]. Source: learn.microsoft.com/azure/governance/resource-graph/concepts/query-language, read 2026-11-22.
package kusto

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrQuery is wrapped by every error of [Run].
var ErrQuery = errors.New("query is invalid")

// Row is one record: column names to decoded JSON values.
type Row = map[string]any

// maxDepth bounds nested parentheses.
const maxDepth = 50

// Run answers a query over tables, whose names are in lower case. The rows given are not changed; those returned may share values with them.
func Run(query string, tables map[string][]Row) ([]Row, error) {
	tokens, err := scan(query)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	p := &parser{tokens: tokens, tables: tables}
	rows, err := p.run()
	if err == nil && p.peek().kind != end {
		err = p.unexpected("expected the end")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuery, err)
	}
	return rows, nil
}

// parser walks the tokens and applies each stage to the rows at once.
type parser struct {
	tokens []token
	tables map[string][]Row
	at     int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) accept(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if p.accept(text) {
		return nil
	}
	return p.unexpected("expected " + strconv.Quote(text))
}

func (p *parser) unexpected(why string) error {
	t := p.peek()
	if t.kind == end {
		return fmt.Errorf("query ends too early: %s", why)
	}
	return fmt.Errorf("unexpected %q at %d: %s", t.text, t.at, why)
}

// run reads a query up to its end, or to the parenthesis that closes it.
func (p *parser) run() ([]Row, error) {
	name := p.take()
	rows, known := p.tables[strings.ToLower(name.text)]
	if name.kind != word || !known {
		return nil, fmt.Errorf("unknown table %q", name.text)
	}
	for p.peek().kind != end && !p.peek().is(")") {
		if err := p.expect("|"); err != nil {
			return nil, err
		}
		var err error
		if rows, err = p.stage(rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (p *parser) stage(rows []Row) ([]Row, error) {
	stages := map[string]func([]Row) ([]Row, error){
		"where": p.where, "project": p.project, "extend": p.extend, "take": p.limit, "limit": p.limit, "count": p.count, "order": p.order, "sort": p.order,
		"top": p.top, "distinct": p.distinct, "summarize": p.summarize, "mv-expand": p.expand, "mvexpand": p.expand, "join": p.join,
	}
	t := p.take()
	stage, known := stages[strings.ToLower(t.text)]
	if t.kind != word || !known {
		return nil, fmt.Errorf("unknown operator %q at %d", t.text, t.at)
	}
	return stage(rows)
}

func (p *parser) where(rows []Row) ([]Row, error) {
	test, err := p.either()
	if err != nil {
		return nil, err
	}
	kept := []Row{}
	for _, row := range rows {
		if test(row) {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

func (p *parser) limit(rows []Row) ([]Row, error) {
	t := p.take()
	n, err := strconv.Atoi(t.text)
	if t.kind != number || err != nil {
		return nil, fmt.Errorf("%q at %d is no number of rows", t.text, t.at)
	}
	return rows[:min(n, len(rows))], nil
}

func (p *parser) count(rows []Row) ([]Row, error) {
	return []Row{{"Count": len(rows)}}, nil
}
