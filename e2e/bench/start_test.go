package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/sqlite"
)

const (
	helpLimit   = 40 * time.Millisecond
	statusLimit = 80 * time.Millisecond
	manyApps    = 1000
)

// TestBenchHelp is what every command costs before it does anything. The floor is a Go program that does nothing.
func TestBenchHelp(t *testing.T) {
	value, floor := wallBeside(t, func() *exec.Cmd { return exec.Command(binary.Path(), "--help") }, 0)
	figure{name: "keyturn --help", unit: "ms", value: millis(value), floor: millis(floor), limit: millis(helpLimit)}.report(t)
}

// TestBenchStatus shows where 1,000 applications stand, each with a run in the store.
func TestBenchStatus(t *testing.T) {
	apps, dir := manyApps, t.TempDir()
	if !strict() {
		apps = 50 // still too many for status to ask the cloud about
	}
	fillStore(t, filepath.Join(dir, "keyturn.db"), apps)
	writeApps(t, filepath.Join(dir, "keyturn.yaml"), apps)
	status := func() *exec.Cmd {
		cmd := exec.Command(binary.Path(), "status")
		cmd.Dir, cmd.Env = dir, alone(dir)
		return cmd
	}
	shown := string(spend(t, status(), 0, 2).out)
	if rows := strings.Count(shown, "app-0"); rows < apps {
		t.Fatalf("status shows %d of %d applications", rows, apps)
	}
	value, floor := wallBeside(t, status, 0, 2)
	figure{name: "keyturn status of 1,000 applications", unit: "ms", value: millis(value), floor: millis(floor), limit: millis(statusLimit)}.report(t)
}

// wallBeside measures a command and a program that does nothing in turns, so that both meet the same machine.
func wallBeside(t *testing.T, command func() *exec.Cmd, codes ...int) (value, floor time.Duration) {
	t.Helper()
	var values, floors []time.Duration
	for range times(51) {
		value, _ := sample(t, 1, command, codes...)
		floor, _ := sample(t, 1, func() *exec.Cmd { return exec.Command(bare.Path()) }, 0)
		values, floors = append(values, value...), append(floors, floor...)
	}
	return median(values), median(floors)
}

// fillStore saves one renewal of each of n applications, parked in its overlap, through the store's own door.
func fillStore(t *testing.T, path string, n int) {
	t.Helper()
	kept, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	now := time.Now()
	for i := range n {
		run, err := kept.Begin(t.Context(), renewal.Run{
			ID: fmt.Sprintf("run%04d", i), App: appName(i), ClientID: clientID(i), State: renewal.Planned, Node: "bench",
			CreatedAt: now, UpdatedAt: now,
			Order: renewal.Order{End: now.AddDate(0, 6, 0), Targets: []string{"keyVaultSecret:kv/appSecret", "apiConnection:rg/connection"}},
		}, store.Told{})
		if err != nil {
			t.Fatal(err)
		}
		run.State, run.DeliveredAt, run.VerifiedAt = renewal.Overlapping, now, now
		run.Door, run.WakeAt = renewal.Wait, now.AddDate(0, 0, 14)
		if _, err := kept.Advance(t.Context(), store.Change{Run: run, Release: true}); err != nil {
			t.Fatal(err)
		}
	}
}

func writeApps(t *testing.T, path string, n int) {
	t.Helper()
	var text strings.Builder
	text.WriteString("tenant: contoso.onmicrosoft.com\nstore: keyturn.db\napplications:\n")
	for i := range n {
		fmt.Fprintf(&text, "  %s:\n    clientId: %s\n    targets:\n      - keyVaultSecret: { vault: kv-%d, secret: appSecret }\n", appName(i), clientID(i), i)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func appName(i int) string  { return fmt.Sprintf("app-0%04d", i) }
func clientID(i int) string { return fmt.Sprintf("10b19cfe-25ec-4f5b-814c-%012d", i) }
