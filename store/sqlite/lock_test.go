package sqlite

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"keyturn/store"
)

// Whoever reads the store's files within this process, such as a search for secrets, takes SQLite's lock on them away.
// Another process must still not take itself for the last one, and throw our log away when it leaves.
func TestReadingTheFilesLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	s := open(t, path)
	beginOne(t, s)
	for _, file := range []string{path, path + "-wal"} {
		if _, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command(self)
	other.Env = append(os.Environ(), victimFile+"="+path) // it opens the store and closes it
	if output, err := other.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Fatalf("another process threw our log away: %v", err)
	}
	if _, err := s.Claim(t.Context(), soleRun(t, s).ID, "n"); err != nil {
		t.Fatal(err)
	}
	if run := soleRun(t, open(t, path)); run.Version != 2 {
		t.Errorf("others see version %d, want 2", run.Version)
	}
	if runs, err := s.Runs(t.Context(), store.Filter{Open: true}); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, error %v", len(runs), err)
	}
}
