//go:build unix

package story_test

import (
	"bytes"
	bits "encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAStoreThatCantBeUsed is told in one message before anything is made, and every command that reads it says the same.
func TestAStoreThatCantBeUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		place string // in the configuration, else keyturn.db
		spoil func(t *testing.T, file string)
		says  []string
		// an older store is put there first
		made bool
	}{
		"its folder doesn't exist": {place: "nosuch/keyturn.db", says: []string{"nosuch", "the store's folder doesn't exist", "make the folder"}},
		"it is a folder": {
			place: "folder", says: []string{"folder", "can't be opened", "check that it is a file"},
			spoil: func(t *testing.T, file string) { must(t, os.Mkdir(file, 0o700)) },
		},
		"it is another file": {
			says: []string{"keyturn.db", "isn't a store of Keyturn"},
			spoil: func(t *testing.T, file string) {
				must(t, os.WriteFile(file, bytes.Repeat([]byte("no database "), 1000), 0o600))
			},
		},
		"half of it is lost": {
			made: true, says: []string{"keyturn.db"},
			spoil: func(t *testing.T, file string) {
				size := must1(os.Stat(file))(t).Size()
				must(t, os.Truncate(file, size/2))
			},
		},
		"its middle is overwritten": {
			made: true, says: []string{"keyturn.db"},
			spoil: func(t *testing.T, file string) {
				text := must1(os.ReadFile(file))(t)
				for i := 4096; i < len(text); i++ {
					text[i] = 0xA5
				}
				must(t, os.WriteFile(file, text, 0o600))
			},
		},
		"a newer release wrote it": {
			made: true, says: []string{"keyturn.db", "a newer Keyturn wrote this store", "use that release"},
			spoil: func(t *testing.T, file string) {
				text := must1(os.ReadFile(file))(t)
				bits.BigEndian.PutUint32(text[60:], 9999) // user_version, https://www.sqlite.org/fileformat.html section 1.3
				must(t, os.WriteFile(file, text, 0o600))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			place := "keyturn.db"
			edits := atOnce
			if c.place != "" {
				place, edits = c.place, append([]string{"store: keyturn.db", "store: " + c.place}, edits...)
			}
			m := newMachine(t, cloud, edits...)
			file := filepath.Join(m.dir, place)
			if c.made {
				m.want(2, "renew", app, "--yes")
				m.want(0, "abort", app, "--yes")
			}
			if c.spoil != nil {
				c.spoil(t, file)
			}
			before := cloud.state()
			r := m.want(1, "renew", app, "--yes")
			assertOneMessage(t, r, c.says)
			assertNothingMade(t, before, cloud.state())
			if c.place != "nosuch/keyturn.db" { // a store that isn't there yet has no runs, which is no trouble
				for _, line := range []string{"runs", "status --offline", "show " + app} {
					assertOneMessage(t, m.want(1, strings.Fields(line)...), c.says)
				}
			}
		})
	}
}

// TestTheDiskIsFull at some moment of a renewal: it stops with one message, and when there is room again the next
// command goes on from there.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	for _, kilobytes := range []int{0, 48, 96, 144, 208} {
		t.Run(fmt.Sprint("with room for ", kilobytes, " KiB"), func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, atOnce...)
			m.want(1, "renew", app, "--yes", "--replace", nobody) // makes the store, and nothing else
			before := cloud.state()
			full := m.command("renew", app, "--yes")
			m.fillDisk(full, kilobytes)
			out, err := full.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || (exit.ExitCode() != 1 && exit.ExitCode() != 2) {
				t.Fatalf("%v\n%s", err, tail(string(out)))
			}
			m.keep(full.Args, string(out))
			for _, part := range []string{"the disk that holds the store failed", "check the disk and its free space"} {
				if !strings.Contains(string(out), part) {
					t.Errorf("it doesn't say %q:\n%s", part, tail(string(out)))
				}
			}
			if strings.Contains(string(out), "goroutine ") {
				t.Errorf("it panicked:\n%s", out)
			}
			if r := m.run("renew", app, "--yes"); r.code != 2 {
				t.Fatalf("exit %d\n%s", r.code, tail(r.stderr))
			}
			finish(t, m)
			assertRenewed(t, before, cloud.state(), expectation{})
			assertNoSecretLeft(t, m)
		})
	}
}

// fillDisk lets the store grow by so many KiB only while cmd runs, as on a disk that is nearly full.
func (m *machine) fillDisk(cmd *exec.Cmd, kilobytes int) {
	m.t.Helper()
	var size int64
	if store, err := os.Stat(filepath.Join(m.dir, "keyturn.db")); err == nil {
		size = store.Size()
	}
	shell, err := exec.LookPath("bash")
	must(m.t, err)
	cmd.Args = append([]string{"bash", "-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, size/1024+int64(kilobytes)), cmd.Path}, cmd.Args[1:]...)
	cmd.Path = shell
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must1 is [must] for what comes with a value.
func must1[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}
