package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"keyturn/policy"
)

// Every code in the source has its sentence, and every sentence its code.
func TestEveryCodeIsTold(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, m := range policy.Codes() {
		if told[string(m.Code)] || !strings.HasSuffix(m.Text, ".") {
			t.Errorf("%s is told twice or without a full sentence: %q", m.Code, m.Text)
		}
		told[string(m.Code)] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil || !told[text] {
				t.Errorf("%s is not told", value.(*ast.BasicLit).Value)
			}
			declared++
		}
		return true
	})
	if declared != len(told) {
		t.Errorf("%d codes declared, %d told", declared, len(told))
	}
}
