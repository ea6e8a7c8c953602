package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"keyturn/advice"
	"keyturn/audit"
	"keyturn/check"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/simulator"
	"keyturn/store"
)

const jsonHead = `# JSON

With ` + "`-o json`" + ` a command prints JSON on stdout, and nothing else there. Names and their meaning are stable; new ones may be added.
Times are UTC. What isn't known is left out, or empty.

`

// shown are the values that commands print as JSON.
func shown() []struct {
	heading, text string
	value         any
} {
	return []struct {
		heading, text string
		value         any
	}{
		{"keyturn scan", "A list, one object a credential.", inventory.Row{}},
		{"", "With `--sharepoint`, one object an add-in.", inventory.AddIn{}},
		{"keyturn discover", "One object.", discovery{}},
		{"keyturn doctor", "`{\"ok\": true, \"checks\": [...]}`; `ok` is false when a check fails. One check:", check.Check{}},
		{"keyturn plan", "A list, one object an application.", planned{}},
		{"keyturn advise", "A list, one object an application.", advice.Advice{}},
		{"keyturn status", "A list, one object an application.", statusRow{}},
		{"keyturn runs", "A list, one object a renewal.", renewal.Run{}},
		{"keyturn show", "`{\"run\": {...}, \"attempts\": [...], \"deliveries\": [...], \"audit\": [...]}`. The run is as in `keyturn runs`. An attempt:", renewal.Attempt{}},
		{"", "A delivery, one a place and attempt:", renewal.Delivery{}},
		{"", "An entry of the audit log, also one line of `keyturn audit export`:", audit.Entry{}},
		{"keyturn renew, resume, approve, adopt, abort", "One event a line while it goes on:", renewal.Event{}},
		{"", "`keyturn demo` too; there, `{\"event\": \"note\", \"text\"}` tells of the simulated clock. The last line is a summary:", summary{}},
		{"keyturn audit verify", "A list, one object an application.", chain{}},
		{"keyturn notify list", "A list, one object a notice, oldest first.", store.Posting{}},
		{"keyturn notify test", "A list, one object a notifier.", tried{}},
		{"keyturn config check", "`{\"ok\", \"file\", \"problems\": [...]}`. One problem:", config.Problem{}},
		{"keyturn token list", "A list, one object a token.", access.Token{}},
		{"keyturn simulate", "The first line on stdout.", simulator.Announcement{}},
	}
}

func TestDocsJSON(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(jsonHead)
	for _, s := range shown() {
		if s.heading != "" {
			fmt.Fprintf(&page, "## %s\n\n", s.heading)
		}
		fmt.Fprintf(&page, "%s\n\n| Name | Type | |\n|---|---|---|\n%s\n", s.text, strings.Join(fieldRows(t, reflect.TypeOf(s.value), ""), "\n")+"\n")
	}
	isWhatDocsSay(t, docsPage("json.md"), strings.TrimSpace(page.String())+"\n")
}

// fieldRows lists the JSON fields of a struct, those of structs of ours within it below it.
func fieldRows(t *testing.T, kind reflect.Type, path string) []string {
	t.Helper()
	var rows []string
	for i := range kind.NumField() {
		field := kind.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			rows = append(rows, fieldRows(t, within(field.Type), path)...)
			continue
		}
		if name == "" || name == "-" || !field.IsExported() {
			continue
		}
		about := commentOf(t, kind, field.Name) + wordsOf(t, field.Type)
		below := within(field.Type)
		if below == reflect.TypeFor[check.Check]() {
			about, below = strings.TrimPrefix(about+"; each as in `keyturn doctor`", "; "), reflect.TypeFor[string]()
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", path+name, typeWords(field.Type), inTable(about)))
		if below.Kind() == reflect.Struct && below != reflect.TypeFor[time.Time]() && strings.Count(path, ".") < 2 {
			step := "."
			if field.Type.Kind() == reflect.Slice {
				step = "[]."
			}
			rows = append(rows, fieldRows(t, below, path+name+step)...)
		}
	}
	return rows
}

// within is what a pointer points to or a list holds.
func within(kind reflect.Type) reflect.Type {
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	}
	return kind
}

func typeWords(kind reflect.Type) string {
	switch {
	case kind == reflect.TypeFor[time.Time]():
		return "time"
	case kind == reflect.TypeFor[time.Duration]():
		return "nanoseconds"
	case kind.Kind() == reflect.Pointer:
		return typeWords(kind.Elem())
	case kind.Kind() == reflect.Slice:
		return "list"
	case kind.Kind() == reflect.Map || kind.Kind() == reflect.Struct:
		return "object"
	case kind.Kind() == reflect.Bool:
		return "true or false"
	case kind.Kind() == reflect.String:
		return "text"
	}
	return "number"
}

// wordsOf lists the values that a type of ours declares.
func wordsOf(t *testing.T, kind reflect.Type) string {
	t.Helper()
	if kind.Kind() != reflect.String || kind.PkgPath() == "" {
		return ""
	}
	var words []string
	for _, file := range sourceOf(t, kind) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if named, ok := spec.Type.(*ast.Ident); ok && named.Name == kind.Name() {
				for _, value := range spec.Values {
					if text := textOf(value); text != "" {
						words = append(words, "`"+text+"`")
					}
				}
			}
			return true
		})
	}
	return strings.TrimSuffix(" One of "+strings.Join(words, ", "), " One of ")
}

// commentOf is the comment that stands behind or above a field in the source, so that there is no second list of meanings.
func commentOf(t *testing.T, kind reflect.Type, field string) string {
	t.Helper()
	for _, file := range sourceOf(t, kind) {
		if text, found := fieldComment(file, kind.Name(), field); found {
			return text
		}
	}
	return ""
}

// sourceOf parses the files of a type's package.
func sourceOf(t *testing.T, kind reflect.Type) []*ast.File {
	t.Helper()
	folder := filepath.Join("../..", strings.TrimPrefix(kind.PkgPath(), "keyturn/"))
	if kind.PkgPath() == "main" || strings.HasSuffix(kind.PkgPath(), "cmd/keyturn") {
		folder = "."
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no source of %s: %v", kind, err)
	}
	var files []*ast.File
	for _, name := range names {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, parsed)
	}
	return files
}

func fieldComment(file *ast.File, structure, field string) (comment string, found bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != structure {
			return true
		}
		body, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, f := range body.Fields.List {
			for _, name := range f.Names {
				if name.Name == field {
					comment, found = strings.TrimSpace(f.Comment.Text()+" "+f.Doc.Text()), true
				}
			}
		}
		return false
	})
	return comment, found
}
