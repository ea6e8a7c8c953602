package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder makes files with their texts and returns where.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestALicenceIsWhatIsCalledSo(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{
		"LICENSE": "root's\r\n", "NOTICE.txt": "who made it", "LICENSE-3RD-PARTY.md": "a third's", "README.md": "not this",
		"license.go": "nor this", "COPYING": " \n", "used/LICENCE": "used's", "used/deeper/x.go": "", "unused/LICENSE": "of what isn't linked",
	})
	found := map[string]*work{}
	note(found, "example.com/a v1", root, filepath.Join(root, "used", "deeper"))
	text, err := collect(sorted(found))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nexample.com/a v1\n", " LICENSE\n\nroot's\n", " NOTICE.txt\n\nwho made it\n", " LICENSE-3RD-PARTY.md\n\na third's\n", " used/LICENCE\n\nused's\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, never := range []string{"not this", "nor this", "COPYING", "isn't linked", "\r"} {
		if strings.Contains(string(text), never) {
			t.Errorf("%q is in\n%s", never, text)
		}
	}
}

func TestAWorkWithoutALicenceIsRefused(t *testing.T) {
	t.Parallel()
	free, bare, empty := folder(t, map[string]string{"LICENSE": "x"}), folder(t, map[string]string{"README": "x"}), folder(t, map[string]string{"LICENSE": "\n"})
	_, err := collect([]work{{"a", free, []string{free}}, {"b", bare, []string{bare}}, {"c", empty, []string{empty}}})
	if err == nil || strings.Contains(err.Error(), "a has") || !strings.Contains(err.Error(), "b has no licence") || !strings.Contains(err.Error(), "c has no licence") {
		t.Errorf("it says %v", err)
	}
}

// TestWhatKeyturnIsMadeOf: each module that the program tells of on its page has its text in the file, and Go has.
func TestWhatKeyturnIsMadeOf(t *testing.T) {
	t.Parallel()
	works, err := worksOf("keyturn/cmd/keyturn", systems)
	if err != nil {
		t.Fatal(err)
	}
	text, err := collect(works)
	if err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(filepath.FromSlash("../../cmd/keyturn/licences.txt"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(told)) {
		module, _, _ := strings.Cut(line, " ")
		if count++; !strings.Contains(string(text), "\n"+module+" v") {
			t.Errorf("%s isn't in it", module)
		}
	}
	if count+1 != len(works) || !strings.Contains(string(text), "The Go Authors. All rights reserved.") {
		t.Errorf("%d works, and %d modules are told", len(works), count)
	}
}
