package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/postgrestest"
)

// victimStore names the environment variable that turns this test binary into the process that gets killed; victimApp
// the one with the application whose run it drives.
const (
	victimStore = "KEYTURN_STORE_VICTIM"
	victimApp   = "KEYTURN_STORE_VICTIM_APP"
)

// TestMain lets this binary also be a process that gets killed.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(victimStore) != "":
		victim(os.Getenv(victimStore))
	default:
		goleak.VerifyTestMain(postgrestest.Suite(m))
	}
}

// victim saves one step after another, and says of each that it is saved, until it is killed.
func victim(address string) {
	ctx := context.Background()
	s, err := Open(ctx, address, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
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
	address := postgrestest.Database(t)
	s := open(t, address)
	var wait sync.WaitGroup
	for i := range 3 {
		wait.Go(func() {
			app := fmt.Sprint("app ", i)
			for round := range 3 {
				saved := killAfter(t, address, app, 10+7*round+5*i)
				runs, err := s.Runs(t.Context(), store.Filter{App: app})
				if err != nil || len(runs) != 1 || runs[0].Version < saved {
					t.Errorf("version %d was said to be saved, the store has %+v, %v", saved, runs, err)
					return
				}
			}
		})
	}
	wait.Wait()
	runs, err := s.Runs(t.Context(), store.Filter{Open: true})
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, error %v", len(runs), err)
	}
	for _, run := range runs {
		wantWhole(t, s, run)
	}
}

// killAfter lets a process save so many steps of app's run, kills it, and returns the last version that it said was
// saved.
func killAfter(t *testing.T, address, app string, steps int) (saved int64) {
	t.Helper()
	process := self(t, victimStore+"="+address, victimApp+"="+app)
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

// self is this test binary as another process.
func self(t *testing.T, settings ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(path)
	process.Env = append(os.Environ(), settings...)
	process.Stderr = os.Stderr
	return process
}

// wantWhole checks that each step of run is there with all its parts or not at all.
func wantWhole(t *testing.T, s *Store, run renewal.Run) {
	t.Helper()
	h, err := s.History(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	events := count(t, s, "event WHERE run = '"+run.ID+"'")
	if len(h.Attempts) != run.Attempt || len(h.Deliveries) != run.Attempt || len(h.Audit) != run.Attempt || events != run.Attempt {
		t.Fatalf("%d steps with %d attempts, %d deliveries, %d entries, %d events",
			run.Attempt, len(h.Attempts), len(h.Deliveries), len(h.Audit), events)
	}
	if at := audit.Verify(h.Audit); at != 0 {
		t.Fatalf("the audit log breaks at entry %d", at)
	}
}
