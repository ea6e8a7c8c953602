package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

// victimFile names the environment variable that turns this test binary into the process that gets killed.
const victimFile = "KEYTURN_STORE_VICTIM"

// victimApp names the one with the application whose run it drives; without one it only opens the store and closes it.
const victimApp = "KEYTURN_STORE_VICTIM_APP"

// sleeperFile names the one that turns it into a process that holds a run and does nothing; see sign_test.go.
const sleeperFile = "KEYTURN_STORE_SLEEPER"

// sleep takes a run for an hour, says so, and does nothing until it is killed.
func sleep(path string) {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err == nil {
		err = s.Beat(ctx, "sleeper", time.Hour)
	}
	if err == nil {
		_, err = s.Begin(ctx, renewal.Run{ID: "run", App: "app", Node: "sleeper", State: renewal.Issuing}, store.Told{})
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("asleep")
	_, _ = io.Copy(io.Discard, os.Stdin) // the test never says anything
}

// victim saves one step after another, and says of each that it is saved, until it is killed.
func victim(path string) {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if os.Getenv(victimApp) == "" {
		if err := s.Close(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	run, err := s.Begin(ctx, renewal.Run{ID: renewal.NewID(), App: os.Getenv(victimApp), Node: "victim", State: renewal.Issuing}, store.Told{})
	if errors.Is(err, store.ErrOpen) {
		run, err = s.Claim(ctx, run.ID, "victim")
	}
	for ; err == nil; run, err = s.Advance(ctx, step(run)) {
		fmt.Println(run.Version)
	}
	fmt.Println(err)
	os.Exit(1)
}

// step is one attempt, one delivery, one event and one audit entry more.
func step(run renewal.Run) store.Change {
	run.Attempt++
	return store.Change{
		Run:        run,
		Attempts:   []renewal.Attempt{{N: run.Attempt, Mark: renewal.Mark("", run.ID, run.Attempt), State: renewal.AttemptIntended}},
		Deliveries: []renewal.Delivery{{N: run.Attempt, Target: "vault", State: renewal.DeliveryIntended}},
		Told: store.Told{
			Events: []renewal.Event{{Kind: "intended"}},
			Audit:  []audit.Entry{{Who: "victim", Action: "issue", Outcome: audit.Intended}},
		},
	}
}

func TestWhatWasSavedSurvivesKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	for round := range 4 {
		saved := killAfter(t, path, "app", 20+13*round)
		s := open(t, path)
		run := soleRun(t, s)
		if run.Version < saved {
			t.Fatalf("version %d was said to be saved, the store has %d", saved, run.Version)
		}
		wantWhole(t, s, run)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter lets a process save so many steps of app's run, kills it, and returns the last version that it said was
// saved.
func killAfter(t *testing.T, path, app string, steps int) (saved int64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Error(err)
		return 0
	}
	process := exec.Command(self)
	process.Env = append(os.Environ(), victimFile+"="+path, victimApp+"="+app)
	output, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Error(err)
		return 0
	}
	for lines := bufio.NewScanner(output); lines.Scan(); steps-- { // what it says until it is dead counts too
		if saved, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
			t.Errorf("the process said %q", lines.Text())
		}
		if steps != 1 {
			continue
		}
		if err := process.Process.Kill(); err != nil {
			t.Error(err)
		}
	}
	if err := process.Wait(); err == nil || steps > 0 {
		t.Errorf("the process ended by itself, %d steps early", steps)
	}
	return saved
}

func TestProcessesWriteSideBySideAndDieAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	var wait sync.WaitGroup
	for i := range 3 {
		wait.Go(func() { killAfter(t, path, fmt.Sprint("app ", i), 50*(i+1)) }) // none of them may say an error
	}
	wait.Wait()
	s := open(t, path)
	runs, err := s.Runs(t.Context(), store.Filter{Open: true})
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, error %v", len(runs), err)
	}
	for _, run := range runs {
		wantWhole(t, s, run)
	}
}

func soleRun(t *testing.T, s *Store) renewal.Run {
	t.Helper()
	runs, err := s.Runs(t.Context(), store.Filter{})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, error %v", len(runs), err)
	}
	return runs[0]
}

// wantWhole checks that each step of run is there with all its parts or not at all.
func wantWhole(t *testing.T, s *Store, run renewal.Run) {
	t.Helper()
	h, err := s.History(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	events := count(t, s, "event WHERE run = '"+run.ID+"'")
	if n := run.Attempt; len(h.Attempts) != n || len(h.Deliveries) != n || len(h.Audit) != n || events != n {
		t.Fatalf("%d steps have %d attempts, %d deliveries, %d audit entries, %d events", n, len(h.Attempts), len(h.Deliveries), len(h.Audit), events)
	}
	if at := audit.Verify(h.Audit); at != 0 {
		t.Fatalf("the audit log breaks at entry %d", at)
	}
	var verdict string
	if err := s.reader.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("integrity check: %s, %v", verdict, err)
	}
}

// A power cut may leave the write-ahead log cut or spoilt anywhere after what was synchronised. The store must come
// up with whole steps only.
func TestTornLogGivesWholeSteps(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	killAfter(t, path, "app", 40) // so that nobody tidies the log up
	log, err := os.ReadFile(path + "-wal")
	if err != nil || len(log) == 0 {
		t.Fatalf("a log of %d bytes, error %v", len(log), err)
	}
	last := -1
	for tenth := range 11 {
		cut := len(log) * tenth / 10
		if tenth > 0 {
			cut -= 7 // inside a frame
		}
		torn := copyTorn(t, path, log, cut)
		s, err := Open(t.Context(), torn, Options{})
		if err != nil {
			t.Fatalf("a log cut at %d of %d bytes: %v", cut, len(log), err)
		}
		if runs, err := s.Runs(t.Context(), store.Filter{}); err != nil {
			t.Fatal(err)
		} else if len(runs) == 1 {
			wantWhole(t, s, runs[0])
			if runs[0].Attempt < last {
				t.Fatalf("a longer log gave %d steps after %d", runs[0].Attempt, last)
			}
			last = runs[0].Attempt
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if last < 10 {
		t.Fatalf("only %d steps ever came back: the test cuts at the wrong places", last)
	}
}

// copyTorn copies the database with only the first bytes of its log, the rest spoilt.
func copyTorn(t *testing.T, path string, log []byte, cut int) string {
	t.Helper()
	torn := filepath.Join(t.TempDir(), "torn.db")
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(torn)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	spoilt := append([]byte{}, log...)
	for i := cut; i < len(spoilt); i++ {
		spoilt[i] ^= 0x5a
	}
	if err := os.WriteFile(torn+"-wal", spoilt, 0o600); err != nil {
		t.Fatal(err)
	}
	return torn
}

// A process that stands still in the middle of a transaction must not make others fail at once.
func TestWriterWaitsForAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	s, other := open(t, path), open(t, path)
	tx, err := other.writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	beaten := make(chan error, 1)
	go func() { beaten <- s.Beat(context.Background(), "patient", time.Minute) }()
	if _, err := s.Runs(t.Context(), store.Filter{}); err != nil {
		t.Errorf("a read beside the writer: %v", err)
	}
	select {
	case err := <-beaten:
		t.Fatalf("the second writer didn't wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-beaten; err != nil {
		t.Fatal(err)
	}
}
