package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyturn/problem"
)

func TestAFileThatCannotBeWrittenIsToldWithWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, path := range map[string]string{"a folder in its place": dir, "no folder": filepath.Join(dir, "gone", "keyturn.yaml")} {
		err := writeFile(path, "text")
		if told := problem.Of(err); told.Code != "file.unwritable" || told.Subject != path || told.Fix == "" || strings.Count(told.Message, path) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(dir, "keyturn.yaml")
	if err := writeFile(path, "text"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "text" {
		t.Errorf("it holds %q (%v)", text, err)
	}
}
