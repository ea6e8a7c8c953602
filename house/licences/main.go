// Command licences writes the licences of everything of others in a program into one file, as those licences demand of who
// hands the program on: go run ./house/licences PACKAGE FILE. It fails where a module has none.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: licences PACKAGE FILE")
		os.Exit(64)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// systems are those that a release is made for: each links modules that the others don't.
var systems = []string{"linux", "darwin", "windows"}

// work is something of others that is part of the program.
type work struct {
	name    string   // a module with its version, or Go itself
	root    string   // its folder
	folders []string // those within root of which something is linked, root among them
}

func write(program, file string) error {
	works, err := worksOf(program, systems)
	if err != nil {
		return err
	}
	text, err := collect(works)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644) //nolint:gosec // for everybody to read
}

// worksOf asks Go what the program is made of on each system, and adds Go's own library.
func worksOf(program string, systems []string) ([]work, error) {
	found := map[string]*work{}
	for _, system := range systems {
		lines, err := ask([]string{"GOOS=" + system, "CGO_ENABLED=0"}, "list", "-deps", "-f",
			"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}", program)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(lines) {
			if parts := strings.Split(strings.TrimSpace(line), "\t"); len(parts) == 3 {
				note(found, parts[0], parts[1], parts[2])
			}
		}
	}
	lines, err := ask(nil, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root, version, _ := strings.Cut(strings.TrimSpace(lines), "\n")
	note(found, "Go, its library and its time zones, "+strings.TrimSpace(version), strings.TrimSpace(root), strings.TrimSpace(root))
	return sorted(found), nil
}

func ask(environment []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return string(out), nil
}

// note remembers a package's folder and those around it, up to its module's.
func note(found map[string]*work, name, root, folder string) {
	one := found[name]
	if one == nil {
		one = &work{name: name, root: root}
		found[name] = one
	}
	for at := folder; ; at = filepath.Dir(at) {
		if !slices.Contains(one.folders, at) {
			one.folders = append(one.folders, at)
		}
		if at == root || len(at) <= len(root) {
			return
		}
	}
}

func sorted(found map[string]*work) (works []work) {
	for _, name := range slices.Sorted(maps.Keys(found)) {
		one := *found[name]
		slices.Sort(one.folders)
		works = append(works, one)
	}
	return works
}

// isLicence finds what has to go along with a work, by name. Programs that are called so are none.
var isLicence = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|notice|copying|copyright|patents)([-._].*)?$`)

const preface = "This program is made with the works of others that follow, each under its own licence. Keyturn's own is in LICENSE.\n" +
	"The source of each, unchanged, is what \"go mod download NAME@VERSION\" fetches.\n"

// collect returns all licences, each work's below its name. A work without one is an error, and so are all of them.
func collect(works []work) ([]byte, error) {
	out, missing := bytes.NewBufferString(preface), []error(nil)
	for _, each := range works {
		fmt.Fprintf(out, "\n%s\n%s\n", strings.Repeat("=", 100), each.name)
		count := 0
		for _, folder := range each.folders {
			n, err := addFrom(out, each.root, folder)
			if err != nil {
				return nil, err
			}
			count += n
		}
		if count == 0 {
			missing = append(missing, fmt.Errorf("%s has no licence in %s: it can't be handed on", each.name, each.root))
		}
	}
	return out.Bytes(), errors.Join(missing...)
}

// addFrom adds the licences of one folder and returns how many there are that say something.
func addFrom(out *bytes.Buffer, root, folder string) (count int, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		if !wanted(entry) {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return 0, err
		}
		if text = bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))); len(text) > 0 {
			fmt.Fprintf(out, "%s %s\n\n%s\n", strings.Repeat("-", 20), filepath.ToSlash(name), text)
			count++
		}
	}
	return count, nil
}

func wanted(entry fs.DirEntry) bool {
	return entry.Type().IsRegular() && isLicence.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go"
}
