//go:build linux || darwin || windows

package sqlite

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/store"
)

// TestAKilledProcessIsntWaitedFor, though its lease has an hour to go; one that only stands still is.
func TestAKilledProcessIsntWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	process := startSleeper(t, path)
	s := open(t, path)
	for _, name := range []string{"alive", "suspended"} {
		if name == "suspended" {
			suspend(t, process.Process)
		}
		if err := claim(t, s); !errors.Is(err, store.ErrHeld) {
			t.Fatalf("%s: the claim says %v", name, err)
		}
		if due := due(t, s); len(due) != 0 {
			t.Fatalf("%s: the run counts as due", name)
		}
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait() // it was killed
	if err := s.Beat(t.Context(), "me", time.Minute); err != nil {
		t.Fatal(err)
	}
	if due := due(t, s); len(due) != 1 {
		t.Error("the dead process's run isn't due")
	}
	if err := claim(t, s); err != nil {
		t.Errorf("the claim says %v", err)
	}
	if err := s.Leave(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	if left := signFiles(t, path); len(left) != 0 {
		t.Errorf("signs of life are left: %v", left)
	}
}

// claim beats as another node and takes the sleeper's run.
func claim(t *testing.T, s *Store) error {
	t.Helper()
	if err := s.Beat(t.Context(), "me", time.Minute); err != nil {
		t.Fatal(err)
	}
	_, err := s.Claim(t.Context(), "run", "me")
	return err
}

func due(t *testing.T, s *Store) []renewal.Run {
	t.Helper()
	runs, err := s.Runs(t.Context(), store.Filter{Due: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(runs, func(r renewal.Run) bool { return r.Node == "me" })
}

func startSleeper(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(self)
	process.Env = append(os.Environ(), sleeperFile+"="+path)
	output, err := process.StdoutPipe()
	if err == nil {
		_, err = process.StdinPipe()
	}
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	if said, err := bufio.NewReader(output).ReadString('\n'); err != nil || said != "asleep\n" {
		t.Fatalf("the sleeper said %q: %v", said, err)
	}
	return process
}

func signFiles(t *testing.T, path string) []string {
	t.Helper()
	found, err := filepath.Glob(path + signSuffix + "*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestANodeOfAnyNameLeavesItsSign: a host's name may hold what a file's name can't.
func TestANodeOfAnyNameLeavesItsSign(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	s := open(t, path)
	for _, node := range []string{"a/b", "..", "100%", "ü ?"} {
		if err := s.Beat(t.Context(), node, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if left := signFiles(t, path); len(left) != 4 {
		t.Errorf("%d signs of 4 nodes: %v", len(left), left)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	next := open(t, path) // none of them took leave
	if err := next.Beat(t.Context(), "me", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := next.Leave(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	if left := signFiles(t, path); len(left) != 0 {
		t.Errorf("signs of life are left: %v", left)
	}
}

// TestAProcessThatCouldntLeaveIsntWaitedFor: one that ended on a full disk says there for a lease that it lives, and its sign
// tells better.
func TestAProcessThatCouldntLeaveIsntWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	first := open(t, path)
	if err := first.Beat(t.Context(), "first", time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Begin(t.Context(), renewal.Run{ID: "run", App: "app", Node: "first", State: renewal.Issuing}, store.Told{}); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := claim(t, open(t, path)); err != nil {
		t.Errorf("the claim says %v", err)
	}
}
