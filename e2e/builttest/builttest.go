// Package builttest builds the real program for the tests that drive it from outside. It must not know the program's
// rooms. Start at [Main].
package builttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Built is a program that was built.
type Built struct {
	path  string
	watch func() error
}

// Suite is what is run with the programs: a *testing.M, or what stands in its place.
type Suite interface{ Run() int }

// Main gives build a folder to build programs in, runs the suite, removes the folder, and returns the exit code. A test
// package's TestMain ends with it.
func Main(suite Suite, build func(dir string) error) int {
	dir, err := os.MkdirTemp("", "keyturn-built-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return suite.Run()
}

// Keyturn builds the program that people run into dir.
func Keyturn(dir string) (*Built, error) { return Program(dir, "keyturn/cmd/keyturn") }

// Program builds the command at source, such as "keyturn/cmd/keyturn", without cgo into the folder dir; flags are go
// build's own. It may be called before any test runs.
func Program(dir, source string, flags ...string) (*Built, error) {
	path := filepath.Join(dir, filepath.Base(source))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	build := exec.Command("go", append(append([]string{"build"}, flags...), "-o", path, source)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", source, err, out)
	}
	return &Built{path: path, watch: sync.OnceValue(func() error { return readSources(source, flags) })}, nil
}

// Path is where the program lies. To be asked while a test runs: a test that asks is in the test cache only until one of
// the program's files changes. It panics when the sources can't be read.
func (b *Built) Path() string {
	if err := b.watch(); err != nil {
		panic(fmt.Sprintf("builttest: read the sources: %v", err))
	}
	return b.path
}

// sources is what go list tells of a package of this module: its folder, and every file there that goes into the program.
const sources = `{{with .Module}}{{if .Main}}{{$d := $.Dir}}{{$d}}
{{range $.GoFiles}}{{$d}}/{{.}}
{{end}}{{range $.EmbedFiles}}{{$d}}/{{.}}
{{end}}{{.GoMod}}
{{end}}{{end}}`

// readSources opens every file that the program is built from, and the folders that they lie in, where another may come to
// lie. The go command notes what a running test opens, and runs the test anew when that has changed; what a go build inside
// the test reads it can't see. The module's own folder stays unread: in it lies .git, which changes whenever somebody looks.
// Source: https://pkg.go.dev/cmd/go#hdr-Test_packages (read 2026-11-23).
func readSources(source string, flags []string) error {
	list := exec.Command("go", append(append([]string{"list", "-deps", "-f", sources}, flags...), source)...)
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the sources of %s: %w", source, err)
	}
	for path := range strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' }) {
		if err := read(filepath.FromSlash(path)); err != nil {
			return err
		}
	}
	return nil
}

// read opens a file, or lists a folder.
func read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return file.Close()
}
