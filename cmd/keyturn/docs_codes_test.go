package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"keyturn/check"
	"keyturn/inventory"
	"keyturn/policy"
	"keyturn/problem"
)

const codesHead = `# Codes

Every message that a program may have to tell apart has a code. Codes are stable: scripts may rely on them. You meet them in square brackets
behind a finding, as ` + "`code`" + ` in JSON, and in the log. The message beside a code names the object and the exact fix; this page says what the
code means in general.

`

func TestDocsCodes(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(codesHead)
	page.WriteString("## Problems\n\nWhat goes wrong with a request, a sign-in, the store or a renewal. Without a fix, it passes by itself: Keyturn tries again.\n\n")
	page.WriteString(meaningTable(problem.Codes()))
	for _, d := range descriptors() {
		fmt.Fprintf(&page, "\n### %s\n\n%s", d.Title, meaningTable(d.Codes))
	}
	for _, d := range notifiers() {
		fmt.Fprintf(&page, "\n### %s\n\n%s", d.Title, meaningTable(d.Codes))
	}
	page.WriteString("\n## Findings\n\nWhat `keyturn doctor`, `discover` and `status` find. None of them stops a renewal, unless it says so.\n\n")
	page.WriteString(meaningTable(findings()))
	page.WriteString("\n## Decisions\n\nWhy a rule decided as it did: whether a secret is due, which one is replaced, how long the new one lasts, how long both are\n" +
		"kept, and whether the old one may go.\n\n| Code | Meaning |\n|---|---|\n")
	for _, m := range policy.Codes() {
		fmt.Fprintf(&page, "| `%s` | %s |\n", m.Code, inTable(m.Text))
	}
	page.WriteString("\n## Checks\n\nThe `id` of each check in `keyturn doctor -o json` says what was looked at. Its `code` is `ok`, `unknown` (it is known only when\n" +
		"tried), or one of those above.\n\n| Id | Looks |\n|---|---|\n")
	for _, look := range looks() {
		fmt.Fprintf(&page, "| `%s` | %s |\n", look.ID, inTable(look.Text))
	}
	isWhatDocsSay(t, docsPage("codes.md"), page.String())
}

func meaningTable(list []problem.Meaning) string {
	text := "| Code | Meaning | What to do |\n|---|---|---|\n"
	for _, m := range list {
		text += fmt.Sprintf("| `%s` | %s | %s |\n", m.Code, inTable(m.Text), asCode.ReplaceAllString(inTable(m.Fix), "`$0`"))
	}
	return text
}

// asCode finds the commands in a sentence.
var asCode = regexp.MustCompile(`keyturn [a-z]+( (APP|SECRET-ID|--[a-z-]+( (az|SECRET-ID))?))*`)

func findings() []problem.Meaning {
	var list []problem.Meaning
	for _, m := range inventory.Codes() {
		list = append(list, problem.Meaning{Code: m.Code, Text: m.Text, Fix: m.Fix})
	}
	return list
}

func looks() []check.Look {
	list := check.Looks()
	for _, d := range descriptors() {
		list = append(list, d.Checks...)
	}
	return list
}

// Every code and id in the source is told once, and each that is told is in the source.
func TestDocsEveryCodeIsTold(t *testing.T) {
	t.Parallel()
	told := map[string]int{"ok": 1, "unknown": 1} // of checks, told in the head of their table
	for _, list := range [][]problem.Meaning{problem.Codes(), findings()} {
		for _, m := range list {
			told[m.Code]++
			isSentence(t, m)
		}
	}
	for _, d := range descriptors() {
		for _, m := range d.Codes {
			told[m.Code]++
			isSentence(t, m)
		}
	}
	for _, d := range notifiers() {
		for _, m := range d.Codes {
			told[m.Code]++
			isSentence(t, m)
		}
	}
	for _, m := range policy.Codes() {
		if string(m.Code) != problem.Blocked { // one word for the same thing, seen beforehand
			told[string(m.Code)]++
		}
	}
	for code, times := range told {
		if times > 1 {
			t.Errorf("%s is told %d times", code, times)
		}
	}
	for _, look := range looks() {
		told[look.ID]++
	}
	used := codesInSource(t)
	for code, where := range used {
		if told[code] == 0 {
			t.Errorf("%s: the code %q is told nowhere: add it to Codes of its room, or to the target's Descriptor", where, code)
		}
	}
	for code := range told {
		if used[code] == "" {
			t.Errorf("the code %q is told, and the source has none", code)
		}
	}
}

func isSentence(t *testing.T, m problem.Meaning) {
	t.Helper()
	if !strings.HasSuffix(m.Text, ".") || (m.Fix != "" && !strings.HasSuffix(m.Fix, ".")) {
		t.Errorf("%s: meaning and fix aren't sentences: %q, %q", m.Code, m.Text, m.Fix)
	}
}

var (
	isCode = regexp.MustCompile(`^[a-z]+(\.[a-zA-Z]+)+$`)
	// noCodes are texts in the source that only look like one.
	noCodes = regexp.MustCompile(`^(web\.config|keyturn\.(db|yaml)|ca\.pem|vcs\.revision|network|policy\.lifetime|signIn\.clientId)$|\.(com|net|us|cn|sql|go|md|json|css|svg|js|templ)$`)
	// lists are where codes are told, not given.
	lists = regexp.MustCompile(`^(problem/code|check/look|(target|notify)/[a-z]+/descriptor)\.go$`)
)

// codesInSource finds the codes that product code gives, each with one place: texts of two words or more with dots, and
// whatever stands where a problem or a check takes its code.
func codesInSource(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{"ok": "check/check.go", "unknown": "check/check.go"}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, filepath.FromSlash("../../")))
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".."
			if hidden || slices.Contains([]string{"simulator", "e2e", "docs", "testdata", "dist", "house"}, entry.Name()) || strings.HasSuffix(entry.Name(), "test") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || lists.MatchString(name) {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			for _, code := range codesAt(n) {
				found[code] = name
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func codesAt(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		return nil
	case *ast.BasicLit:
		if text := textOf(n); isCode.MatchString(text) && !noCodes.MatchString(text) {
			return []string{text}
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "Code") {
			return single(n.Value)
		}
	case *ast.CallExpr:
		if name := calledName(n); len(n.Args) > 2 && (name == "NeedsPerson" || name == "Later") {
			return single(n.Args[0])
		} else if len(n.Args) > 2 && (name == "Fail" || name == "Warn") {
			return append(single(n.Args[0]), single(n.Args[2])...)
		} else if len(n.Args) > 2 && (name == "Pass" || name == "failure") {
			return single(n.Args[0])
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if field, ok := to.(*ast.SelectorExpr); ok && field.Sel.Name == "Code" && len(n.Rhs) == len(n.Lhs) {
				return single(n.Rhs[i])
			}
		}
	case *ast.ValueSpec: // the codes of package problem, of one word too
		var codes []string
		for _, value := range n.Values {
			if text := textOf(value); len(n.Names) == 1 && sharedCode(text) {
				codes = append(codes, text)
			}
		}
		return codes
	}
	return nil
}

func sharedCode(text string) bool {
	return slices.Contains([]string{problem.Unreachable, problem.Throttled, problem.Locked, problem.Firewall, problem.Conflict, problem.Drift}, text)
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func single(e ast.Expr) []string {
	if text := textOf(e); text != "" && !strings.ContainsAny(text, " -") {
		return []string{text}
	}
	return nil
}

func textOf(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return text
}
