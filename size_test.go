package keyturn_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// Sizes at which a reader should be able to go on without scrolling back. An exception is a line in tooLong with its
// reason.
const (
	maxFileLines  = 300
	maxStatements = 40
	maxComplexity = 12
)

// tooLong lists what may be longer, and why.
var tooLong = map[string]string{}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_templ.go") {
			continue // made by templ from the page beside it
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > maxFileLines && !strings.HasSuffix(file, "_test.go") && tooLong[file] == "" {
			t.Errorf("%s has %d lines, more than %d: split it by subject", file, lines, maxFileLines)
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				checkFunction(t, file, f)
			}
		}
	}
}

func checkFunction(t *testing.T, file string, f *ast.FuncDecl) {
	t.Helper()
	name := file + " " + f.Name.Name
	if f.Name.Name == "init" && f.Recv == nil {
		t.Errorf("%s: nothing happens by being imported; put it where it is called", name)
	}
	statements, branches := measure(f.Body)
	if strings.HasSuffix(file, "_test.go") || tooLong[name] != "" {
		return
	}
	if statements > maxStatements {
		t.Errorf("%s has %d statements, more than %d: what is the second thing it does?", name, statements, maxStatements)
	}
	if branches > maxComplexity {
		t.Errorf("%s has complexity %d, more than %d: name the parts", name, branches, maxComplexity)
	}
}

// measure counts the statements of a function and its ways through, as McCabe counts them.
func measure(body *ast.BlockStmt) (statements, complexity int) {
	complexity = 1
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt, *ast.LabeledStmt:
		case ast.Stmt:
			statements++
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				complexity++
			}
		}
		switch n := n.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			complexity++
		case *ast.CaseClause:
			complexity += min(len(n.List), 1)
		case *ast.CommClause:
			complexity++
		}
		return true
	})
	return statements, complexity
}
