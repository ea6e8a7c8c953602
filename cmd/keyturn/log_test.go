package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"keyturn/problem"
	"keyturn/renewal"
)

// eachFile parses every file of the product, tests and the simulator left out.
func eachFile(t *testing.T, do func(path string, file *ast.File)) {
	t.Helper()
	root, count := filepath.FromSlash("../.."), 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name := entry.Name(); path != root && (strings.HasPrefix(name, ".") || name == "simulator" || name == "house" || name == "e2e" || strings.HasSuffix(name, "test")) {
				return filepath.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		count++
		do(filepath.ToSlash(strings.TrimPrefix(path, root)), file)
		return err
	})
	if err != nil || count < 100 {
		t.Fatalf("%d files: %v", count, err)
	}
}

// literal is the text of a string literal; ok is false for anything else.
func literal(e ast.Expr) (text string, ok bool) {
	if l, is := e.(*ast.BasicLit); is && l.Kind == token.STRING {
		text, err := strconv.Unquote(l.Value)
		return text, err == nil
	}
	return "", false
}

// lastName is the last name of an expression such as s.log.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		return lastName(e.Fun)
	}
	return ""
}

var (
	loggerNames = []string{"log", "Log", "lines"}
	writes      = []string{"Debug", "Info", "Warn", "Error", "DebugContext", "InfoContext", "WarnContext", "ErrorContext", "With"}
	attrMakers  = []string{"String", "Int", "Int64", "Uint64", "Float64", "Bool", "Time", "Duration", "Any", "Group"}
)

// keysOf are the keys under which a call says something in the log; all is false when one of them isn't a plain literal.
func keysOf(call *ast.CallExpr) (keys []string, all bool) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, true
	}
	if call.Ellipsis.IsValid() {
		return nil, !slices.Contains(loggerNames, lastName(method.X)) || method.Sel.Name == "LogAttrs" // whose parts are made by calls of their own
	}
	var named []ast.Expr
	switch from := lastName(method.X); {
	case from == "slog" && slices.Contains(attrMakers, method.Sel.Name) && len(call.Args) > 0:
		named = call.Args[:1]
	case slices.Contains(loggerNames, from) && slices.Contains(writes, method.Sel.Name):
		first := 1
		if method.Sel.Name == "With" {
			first = 0
		} else if strings.HasSuffix(method.Sel.Name, "Context") {
			first = 2
		}
		for i := first; i < len(call.Args); i += 2 {
			named = append(named, call.Args[i])
		}
	}
	for _, arg := range named {
		key, ok := literal(arg)
		if !ok {
			return keys, false
		}
		keys = append(keys, key)
	}
	return keys, true
}

func TestTheLogHasNoOtherKeysThanThoseListed(t *testing.T) {
	t.Parallel()
	known, used := map[string]bool{}, map[string]bool{}
	for _, key := range logKeys() {
		if known[key.name] || key.meaning == "" {
			t.Errorf("%s is listed twice or without meaning", key.name)
		}
		known[key.name] = true
	}
	for _, key := range eventKeys {
		used[key] = true
	}
	eachFile(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok {
				checkLoggerName(t, path, field)
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			keys, all := keysOf(call)
			if !all && path != "/cmd/keyturn/log.go" {
				t.Errorf("%s logs under a key that isn't a plain literal", path)
			}
			for _, key := range keys {
				used[key] = true
			}
			return true
		})
	})
	for key := range used {
		if !known[key] && key != "state" && key != "event" {
			t.Errorf("%q isn't in logKeys: use one of those, or list it with its meaning", key)
		}
	}
	for key := range known {
		if !used[key] && key != "state" && key != "event" && key != "run_id" {
			t.Errorf("%q is listed, and nothing is said under it", key)
		}
	}
}

// checkLoggerName wants loggers to have names by which their calls are found.
func checkLoggerName(t *testing.T, path string, field *ast.Field) {
	t.Helper()
	star, ok := field.Type.(*ast.StarExpr)
	if !ok {
		return
	}
	if of, ok := star.X.(*ast.SelectorExpr); !ok || lastName(of.X) != "slog" || of.Sel.Name != "Logger" {
		return
	}
	for _, name := range field.Names {
		if !slices.Contains(loggerNames, name.Name) {
			t.Errorf("%s: a logger called %s; call it log, so that its keys are checked", path, name.Name)
		}
	}
}

func TestEveryFieldOfAnEventHasAKeyInTheLog(t *testing.T) {
	t.Parallel()
	seen := 0
	eachFile(t, func(path string, file *ast.File) {
		if !strings.HasPrefix(path, "/stage/") && !strings.HasPrefix(path, "/engine/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, name := range fieldsOf(n) {
				if seen++; eventKeys[name] == "" {
					t.Errorf("%s tells of an event's field %q, which has no key in eventKeys", path, name)
				}
			}
			return true
		})
	})
	if seen < 20 {
		t.Errorf("only %d fields of events were found", seen)
	}
}

// fieldsOf are the names of an event's fields that a node of stages or engine gives.
func fieldsOf(n ast.Node) (names []string) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if lastName(n.Fun) != "event" || len(n.Args) < 3 {
			return nil
		}
		for i := 2; i < len(n.Args); i += 2 {
			name, ok := literal(n.Args[i])
			if !ok {
				name = "(no literal)"
			}
			names = append(names, name)
		}
	case *ast.CompositeLit:
		kind, ok := n.Type.(*ast.MapType)
		if !ok || lastName(kind.Key) != "string" || lastName(kind.Value) != "string" {
			return nil
		}
		for _, pair := range n.Elts {
			if entry, ok := pair.(*ast.KeyValueExpr); ok {
				if name, ok := literal(entry.Key); ok {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

func TestTheLogsForm(t *testing.T) {
	t.Parallel()
	event := renewal.Event{
		Kind: "parked", App: "app", Run: "r1", State: renewal.Overlapping, Text: "look",
		Fields: map[string]string{"door": "person", "keyId": "k", "unheard of": "x"},
	}
	for name, c := range map[string]struct {
		flag, variable string
		want           string // of the line, after the time; "" = refused
	}{
		"text by default":        {"", "", `level=WARN msg=look event=parked app=app run_id=r1 state=overlapping `},
		"one object a line":      {asLine, "", `"level":"WARN","msg":"look","event":"parked","app":"app","run_id":"r1","state":"overlapping",`},
		"by the environment":     {"", asLine, `"level":"WARN"`},
		"the flag wins":          {asText, asLine, `level=WARN`},
		"something else":         {"xml", "", ""},
		"something else outside": {"", "xml", ""},
	} {
		var errs bytes.Buffer
		sh := newShell(nil, nil, &errs, func(variable string) string { return map[string]string{"KEYTURN_LOG_FORMAT": c.variable}[variable] })
		sh.flags.logFormat = c.flag
		log, err := sh.log()
		if err != nil {
			if c.want != "" || exitCode(err) != exitUsage {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		logged{log}.Tell(event)
		if got := errs.String(); c.want == "" || !strings.Contains(got, c.want) || !strings.Contains(got, "key_id") || strings.Contains(got, "unheard") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestEverythingOnStderrIsALineWhereLinesAreWanted(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	sh := newShell(nil, nil, &errs, func(string) string { return "" })
	sh.flags.logFormat = asLine
	sh.say("two\nlines for %s", "a person")
	sh.show(problem.NeedsPerson("rights.missing", "app", "may not", "grant it"))
	sh.show(misread(&cobra.Command{Use: "plan"}, errors.New("no such flag")))
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for _, line := range lines {
		var said struct{ Level, Msg, Code, Fix string }
		if err := json.Unmarshal([]byte(line), &said); err != nil || said.Msg == "" || said.Level == "ERROR" && said.Fix == "" {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestDocsLog(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("| Key | What it says |\n|---|---|\n")
	for _, key := range logKeys() {
		text.WriteString("| `" + key.name + "` | " + inTable(key.meaning) + " |\n")
	}
	isWhatSectionSays(t, docsPage("watching.md"), "log", text.String())
}
