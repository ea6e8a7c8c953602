package bench_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"keyturn/store/sqlite"
)

const (
	cpuLimit  = 30 * time.Millisecond
	peakLimit = 80.0 // MiB
)

// TestBenchCost is what a renewal costs the machine, on a store that is there and in a cloud that answers at once.
// Keyturn's own processor time is that of the process less that of a bare program which trusts the same authorities,
// opens as many connections and sends as many requests, without tokens, so that it gets short refusals, and does
// nothing else. All the parts are printed.
func TestBenchCost(t *testing.T) {
	c := startCloud(t, 0)
	first, script := c.desk(t).firstRenewal(t)
	var wholes, floors, starts []time.Duration
	peak := first.peak
	for range times(25) {
		c.reset(t)
		d := c.desk(t)
		d.makeStore(t)
		whole := d.renew(t)
		peak = max(peak, whole.peak)
		wholes = append(wholes, whole.cpu)
		floors = append(floors, spend(t, d.bare(script), 0).cpu)
		starts = append(starts, spend(t, d.keyturn("version"), 0).cpu)
	}
	nothing := spend(t, exec.Command(bare.Path()), 0)
	whole, floor := median(wholes), median(floors)
	t.Logf("processor time: %.1f ms the process, of which %.1f ms a program that starts and ends; %.1f ms the bare program; %.1f ms the first renewal, which makes the store",
		millis(whole), millis(median(starts)), millis(floor), millis(first.cpu))
	figure{name: "Keyturn's own processor time of a renewal", unit: "ms", value: millis(whole - floor), floor: millis(floor), limit: millis(cpuLimit)}.report(t)
	figure{name: "peak memory of renew", unit: "MiB", value: peak, floor: nothing.peak, limit: peakLimit, timeless: true}.report(t)
}

// makeStore makes a store without any run, as `renew` would.
func (d *desk) makeStore(t *testing.T) {
	t.Helper()
	made, err := sqlite.Open(t.Context(), filepath.Join(d.dir, "keyturn.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
}

// firstRenewal renews once, and writes down what was sent for the bare program to repeat.
func (d *desk) firstRenewal(t *testing.T) (first spent, script string) {
	t.Helper()
	before := len(d.cloud.log(t))
	first = d.renew(t)
	text, err := json.Marshal(d.cloud.log(t)[before:])
	if err != nil {
		t.Fatal(err)
	}
	script = filepath.Join(t.TempDir(), "script.json")
	if err := os.WriteFile(script, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return first, script
}

// bare is the program that only sends.
func (d *desk) bare(script string) *exec.Cmd {
	cmd := exec.Command(bare.Path(), script, d.cloud.URL, d.cloud.Variable("SSL_CERT_FILE"), d.cloud.Variable("AZURE_CLIENT_ID"))
	cmd.Env = alone(d.dir, d.cloud.Env...)
	return cmd
}
