//go:build unix

package story_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var updateTable = flag.Bool("update", false, "with -crashes, write the table in docs/reliability.md anew")

const (
	reliability = "../../docs/reliability.md"
	notThere    = "–"
)

// chart is what a crash table is of.
type chart struct {
	name string // in the marks around the published one
	rows []row
	told string // of all its cells, below it
}

// table is a crash table as it is being filled, beside the published one.
type table struct {
	chart
	mu        sync.Mutex
	published string
	filled    map[string]string // by the cell's name: how the renewal went on
}

// newTable reads the published table. The test's end compares the two, or writes it.
func newTable(t *testing.T, of chart) *table {
	t.Helper()
	_, published, _ := of.read(t)
	table := &table{chart: of, published: published, filled: map[string]string{}}
	t.Cleanup(func() {
		if is := table.text(); !t.Failed() && is != published {
			table.publish(t, is)
		}
	})
	return table
}

// publish writes the table, when told to.
func (b *table) publish(t *testing.T, is string) {
	if !*updateTable {
		t.Errorf("%s tells another table; run: make crash UPDATE=-update\n%s", reliability, is)
		return
	}
	before, _, after := b.read(t)
	if err := os.WriteFile(filepath.FromSlash(reliability), []byte(before+is+after), 0o600); err != nil {
		t.Error(err)
	}
}

func (of chart) read(t *testing.T) (before, table, after string) {
	t.Helper()
	tableBegins, tableEnds := "<!-- generated: "+of.name+" -->\n", "<!-- end: "+of.name+" -->"
	text, err := os.ReadFile(filepath.FromSlash(reliability))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	table, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no place for the %s", reliability, of.name)
	}
	return before + tableBegins, table, tableEnds + after
}

// fill keeps how a cell ended; both stores must end alike.
func (b *table) fill(t *testing.T, c cell, outcome string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, filled := b.filled[c.String()]; filled && was != outcome {
		t.Errorf("on one store it goes on with %s secret, on the other with %s", was, outcome)
	}
	b.filled[c.String()] = outcome
}

// text is the table as it is published, with what was filled this time; the rest stays as it was.
func (b *table) text() string {
	lines := []string{"", "| Killed while | the reply | " + strings.Join(points, " | ") + " |", "|---|---|" + strings.Repeat("---|", len(points))}
	was := strings.Split(b.published, "\n")
	for _, r := range b.rows {
		for i := range r.replies() {
			before := []string{}
			if len(lines) < len(was) {
				before = strings.Split(was[len(lines)], " | ")
			}
			lines = append(lines, b.line(r, i, before))
		}
	}
	lines = append(lines, "", fmt.Sprintf("%d cells, %s.", len(cells(b.rows)), b.told), "", "")
	return strings.Join(lines, "\n")
}

// line is one row's line for one reply; was is the published one, taken apart.
func (b *table) line(r row, reply int, was []string) string {
	name, told := r.name, r.replies()[reply]
	if reply > 0 {
		name = ""
	}
	if r.act == "" {
		told = notThere
	}
	columns := []string{"| " + name, told}
	for i, point := range points {
		ended := notThere
		if r.has(point) {
			ended = b.filled[cell{r, point, r.replies()[reply]}.String()]
			if at := len(columns); ended == "" && at < len(was) {
				ended = strings.TrimSuffix(was[at], " |")
			}
		}
		if i == len(points)-1 {
			ended += " |"
		}
		columns = append(columns, ended)
	}
	return strings.Join(columns, " | ")
}
