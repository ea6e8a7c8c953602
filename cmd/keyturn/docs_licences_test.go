package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// licenceTexts tell licences apart by what only they say.
var licenceTexts = []struct {
	name string
	says *regexp.Regexp
}{
	{"Apache-2.0", regexp.MustCompile(`Apache License`)},
	{"MPL-2.0", regexp.MustCompile(`Mozilla Public License`)},
	{"BSD-3-Clause", regexp.MustCompile(`(?s)Redistribution and use.*(Neither|names? of)`)},
	{"BSD-2-Clause", regexp.MustCompile(`Redistribution and use`)},
	{"MIT", regexp.MustCompile(`Permission is hereby granted, free of charge`)},
}

// TestDocsLicences: every module in the program has a licence that this list knows, and the program tells of each.
func TestDocsLicences(t *testing.T) {
	t.Parallel()
	folders := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} { // each may need a module that the others don't
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if module, dir, found := strings.Cut(strings.TrimSpace(line), "\t"); found {
				folders[module] = dir
			}
		}
	}
	var list strings.Builder
	for _, module := range slices.Sorted(maps.Keys(folders)) {
		list.WriteString(module + " " + licenceOf(t, folders[module]) + "\n")
	}
	isWhatDocsSay(t, "licences.txt", list.String())
}

func licenceOf(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, licence := range licenceTexts {
			if licence.says.Match(text) {
				return licence.name
			}
		}
	}
	t.Error(fmt.Errorf("%s: no licence that is known", dir))
	return "unknown"
}
