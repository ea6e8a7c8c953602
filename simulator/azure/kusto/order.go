package kusto

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// sortKey is one column to sort by.
type sortKey struct {
	value     func(Row) any
	direction int
}

func (p *parser) order(rows []Row) ([]Row, error) {
	if err := p.expect("by"); err != nil {
		return nil, err
	}
	var keys []sortKey
	for {
		value, err := p.operand()
		if err != nil {
			return nil, err
		}
		keys = append(keys, sortKey{value, p.direction()})
		if !p.accept(",") {
			return sorted(rows, keys), nil
		}
	}
}

// direction reads asc or desc; Kusto sorts downwards unless told otherwise.
func (p *parser) direction() int {
	if p.accept("asc") {
		return 1
	}
	p.accept("desc")
	return -1
}

func sorted(rows []Row, keys []sortKey) []Row {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b Row) int {
		for _, k := range keys {
			if c := compare(k.value(a), k.value(b)); c != 0 {
				return k.direction * c
			}
		}
		return 0
	})
	return out
}

// top is order by and take in one.
func (p *parser) top(rows []Row) ([]Row, error) {
	t := p.take()
	n, err := strconv.Atoi(t.text)
	if t.kind != number || err != nil {
		p.at--
		return nil, p.unexpected("expected a number of rows")
	}
	ordered, err := p.order(rows)
	if err != nil {
		return nil, err
	}
	return ordered[:min(n, len(ordered))], nil
}

// compare orders numbers by size and everything else as text.
func compare(a, b any) int {
	x, isNumber := size(a)
	y, bothAre := size(b)
	if isNumber && bothAre {
		return cmp.Compare(x, y)
	}
	return strings.Compare(plain(a), plain(b))
}

func size(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
