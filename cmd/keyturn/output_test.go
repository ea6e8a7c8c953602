package main

import (
	"bytes"
	"strings"
	"testing"

	"keyturn/cmd/keyturn/screen"
)

func TestPrint(t *testing.T) {
	t.Parallel()
	list := listing{
		head: []string{"APP", "STATE"}, rows: [][]screen.Cell{screen.Cells(`=HYPERLINK("x")`, "ok"), screen.Cells("a,b", "due")},
		data: []string{"a&b"},
	}
	for name, c := range map[string]struct{ format, want string }{
		"a table":                        {asTable, "APP              STATE\n=HYPERLINK(\"x\")  ok\na,b              due\n"},
		"JSON as written":                {asJSON, "[\n  \"a&b\"\n]\n"},
		"CSV that no spreadsheet obeys ": {asCSV, "APP,STATE\n\"'=HYPERLINK(\"\"x\"\")\",ok\n\"a,b\",due\n"},
	} {
		var out bytes.Buffer
		sh := newShell(strings.NewReader(""), &out, &bytes.Buffer{}, func(string) string { return "" })
		if err := sh.print(&format{chosen: c.format}, list); err != nil || out.String() != c.want {
			t.Errorf("%s: %v\n%q\nwant\n%q", name, err, out.String(), c.want)
		}
	}
}
