package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// updateDocs writes what the code says into the documentation: go test ./cmd/keyturn -run TestDocs -update.
var updateDocs = flag.Bool("update", false, "write the generated parts of the documentation anew")

const (
	docsFolder = "../../docs"
	howToRenew = "run: go test ./cmd/keyturn -run TestDocs -update"
)

func docsPage(name string) string { return filepath.Join(docsFolder, name) }

func readDocs(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// isWhatDocsSay compares a generated page with the one in the folder, or writes it.
func isWhatDocsSay(t *testing.T, path, want string) {
	t.Helper()
	if *updateDocs {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := readDocs(t, path); got != want {
		t.Errorf("%s is stale at %q; %s", path, firstDifference(got, want), howToRenew)
	}
}

// isWhatSectionSays does the same for what stands between two comments of a page that is otherwise written by hand.
func isWhatSectionSays(t *testing.T, path, section, want string) {
	t.Helper()
	page := readDocs(t, path)
	begin, end := "<!-- generated: "+section+" -->\n", "<!-- end: "+section+" -->"
	before, rest, opened := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		t.Fatalf("%s has no section %q", path, section)
	}
	isWhatDocsSay(t, path, before+begin+"\n"+strings.TrimSpace(want)+"\n\n"+end+after)
}

// firstDifference is the first line of want that got lacks at its place.
func firstDifference(got, want string) string {
	lines := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(lines) || lines[i] != line {
			return line
		}
	}
	return lines[len(lines)-1]
}

// inTable makes text fit into one cell of a Markdown table.
func inTable(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(strings.TrimSpace(text))
}
