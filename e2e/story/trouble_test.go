//go:build unix

package story_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAPlaceFailsAfterOthersWereWritten: the run says which and why, the old secret still works, and after the trouble
// has ended `resume` finishes with the same credential.
func TestAPlaceFailsAfterOthersWereWritten(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]map[string]any{
		"throttled for ever":        {"kind": "throttle", "count": 1000},
		"an error for ever":         {"kind": "error-before", "status": 503, "count": 1000},
		"an error after the effect": {"kind": "error-after", "status": 500, "count": 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, atOnce...)
			before := cloud.state()
			fault["host"], fault["method"], fault["path"] = "management.azure.com", "PUT", "provisionassist-automation"
			cloud.faults(fault)
			r := m.run("renew", app, "--yes")
			if r.code == 0 {
				t.Fatalf("exit 0 although a place failed\n%s", tail(r.stderr))
			}
			if !strings.Contains(r.stdout+r.stderr, "provisionassist-automation") {
				t.Errorf("nothing names the place that failed:\n%s\n%s", r.stdout, tail(r.stderr))
			}
			failed := m.lastRun()
			if failed.State != "delivering" || failed.Reason.Text == "" || failed.Reason.Fix == "" {
				t.Errorf("the run is %+v", failed)
			}
			cloud.advance(2 * day)
			if f := cloud.state().failures(); len(f) > 0 {
				t.Errorf("consumers failed: %v", f)
			}
			cloud.faults()
			finish(t, m)
			if got := m.lastRun(); got.Attempt != failed.Attempt {
				t.Errorf("attempt %d after %d: the same credential was to be used", got.Attempt, failed.Attempt)
			}
			assertRenewed(t, before, cloud.state(), expectation{})
			assertNoSecretLeft(t, m)
		})
	}
}

func TestRepliesLostAfterTheSecretWasMade(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"the connection is cut": "reply-lost", "an error comes after the effect": "error-after"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, atOnce...)
			before := cloud.state()
			cloud.faults(map[string]any{"host": "graph.microsoft.com", "method": "POST", "path": "addPassword", "kind": kind, "status": 503, "count": 2})
			if r := m.run("renew", app, "--yes"); r.code != 0 && r.code != 2 {
				t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			finish(t, m)
			assertRenewed(t, before, cloud.state(), expectation{})
			if got := m.lastRun().Attempt; got != 3 {
				t.Errorf("attempt %d, want the third: two replies were lost", got)
			}
			assertNoSecretLeft(t, m)
		})
	}
}

// kills is how many of a renewal's events the program is killed after; -kills 16 is after each.
var kills = flag.Int("kills", 6, "after how many of a renewal's 16 events the program is killed")

// TestKilledAtAnyEvent kills the real program right after its events, spread over the whole renewal, and lets `renew`
// go on.
func TestKilledAtAnyEvent(t *testing.T) {
	t.Parallel()
	for i := range *kills {
		n := 1 + i*16 / *kills
		t.Run(fmt.Sprint("after event ", n), func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, atOnce...)
			before := cloud.state()
			m.killAfter(n, "renew", app, "--yes", "-o", "json")
			if r := m.run("renew", app, "--yes"); r.code != 0 && r.code != 2 {
				t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			finish(t, m)
			assertRenewed(t, before, cloud.state(), expectation{})
			assertNoSecretLeft(t, m)
		})
	}
}

// killAfter runs a command and kills it with SIGKILL as soon as it has printed n lines.
func (m *machine) killAfter(n int, args ...string) {
	m.t.Helper()
	cmd := m.command(args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	printed := ""
	for range n {
		if !lines.Scan() {
			break
		}
		printed += lines.Text() + "\n"
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	m.keep(args, printed)
}

// TestPropagationOfAnyLength: no consumer fails, however long a new secret takes to be known in each region.
func TestPropagationOfAnyLength(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"none":                {"--propagation", "0s"},
		"twenty seconds":      {"--propagation", "20s"},
		"ten minutes":         {"--propagation", "10m"},
		"drawn, region apart": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, flags...)
			m := newMachine(t, cloud, quick...)
			before := cloud.state()
			done := make(chan result, 1)
			go func() { done <- m.run("renew", app, "--yes") }()
			for running := true; running; {
				select {
				case r := <-done:
					if r.code != 0 && r.code != 2 {
						t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
					}
					running = false
				case <-time.After(time.Second):
					cloud.advance(15 * time.Second) // minutes pass faster than in the world
				}
			}
			finish(t, m)
			cloud.advance(14 * day)
			assertRenewed(t, before, cloud.state(), expectation{})
		})
	}
}

// TestWhatKeyturnCantKnow: somebody holds the value whom no resource names, or reads it only when it starts, or puts the
// old value back. The run ends with a person or lets the old secret expire; nobody fails.
func TestWhatKeyturnCantKnow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seed   string
		before func(*cloud)
		during func(*cloud, string)
	}{
		"an undiscovered consumer":  {seed: "provision-assist-stranger"},
		"a reads-at-start consumer": {seed: "provision-assist", before: func(c *cloud) { c.turn("reads-at-start", "on") }},
		"a redeployment in between": {seed: "provision-assist", during: func(c *cloud, old string) {
			c.turn("portal-edit", "provisionassist-kv="+old)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle", "--seed", c.seed)
			m := newMachine(t, cloud, atOnce...)
			if c.before != nil {
				c.before(cloud)
			}
			cloud.advance(day)
			before := cloud.state()
			m.want(2, "renew", app, "--yes")
			if c.during != nil {
				c.during(cloud, before.places(t)["vault"])
			}
			for range 5 {
				cloud.advance(4 * day)
				m.run("resume", app)
			}
			run := m.lastRun()
			if run.Outcome == "renewed" {
				t.Fatalf("the old secret was removed: %+v", run)
			}
			if run.Door != "person" && run.Door != "wait" {
				t.Errorf("the run is %+v", run)
			}
			after := cloud.state()
			if f := after.failures(); len(f) > 0 {
				t.Errorf("consumers failed: %v", f)
			}
			for keyID := range byKey(before.provisionAssist(t).Passwords) {
				if _, there := byKey(after.provisionAssist(t).Passwords)[keyID]; !there {
					t.Errorf("secret %s was removed", keyID)
				}
			}
		})
	}
}

// TestTwoLaptops renew the same app at once, each with a store of its own: neither removes what the other lives on.
func TestTwoLaptops(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	one, two := newMachine(t, cloud, atOnce...), newMachine(t, cloud, atOnce...)
	var wait sync.WaitGroup
	for _, m := range []*machine{one, two} {
		wait.Go(func() { m.run("renew", app, "--yes") })
	}
	wait.Wait()
	for range 6 {
		cloud.advance(4 * day)
		one.run("resume", app)
		two.run("resume", app)
	}
	state := cloud.state()
	if f := state.failures(); len(f) > 0 {
		t.Errorf("consumers failed: %v", f)
	}
	live := map[string]bool{}
	for _, p := range state.provisionAssist(t).Passwords {
		live[p.Value] = true
	}
	for place, value := range state.places(t) {
		if !live[value] {
			t.Errorf("%s holds a secret that is no longer live", place)
		}
	}
}

// TestTheStoreIsLost at some event of a renewal: another store finds what is there, and `adopt` or `renew` goes on.
func TestTheStoreIsLost(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 5, 8, 12, 15} {
		t.Run(fmt.Sprint("after event ", n), func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, atOnce...)
			m.killAfter(n, "renew", app, "--yes", "-o", "json")
			m.loseStore()
			r := m.run("adopt", app, "--yes")
			if r.code != 0 && r.code != 2 {
				t.Fatalf("adopt: exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			finish(t, m)
			cloud.advance(14 * day)
			state := cloud.state()
			if f := state.failures(); len(f) > 0 {
				t.Errorf("consumers failed: %v", f)
			}
			held := map[string]bool{}
			for _, value := range state.places(t) {
				held[value] = true
			}
			if len(held) != 1 {
				t.Errorf("the places hold %d different secrets", len(held))
			}
		})
	}
}

func (m *machine) loseStore() {
	m.t.Helper()
	files, err := filepath.Glob(filepath.Join(m.dir, "keyturn.db*"))
	if err != nil {
		m.t.Fatal(err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			m.t.Fatal(err)
		}
	}
}

// TestTwoRenewsOnOneStore: one run; the second command follows it.
func TestTwoRenewsOnOneStore(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle", "--latency", "30ms")
	m := newMachine(t, cloud, atOnce...)
	before := cloud.state()
	var wait sync.WaitGroup
	results := make([]result, 3)
	for i := range results {
		wait.Go(func() { results[i] = m.run("renew", app, "--yes") })
	}
	wait.Wait()
	for _, r := range results {
		if r.code != 0 && r.code != 2 {
			t.Errorf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
		}
	}
	var runs []run
	if err := json.Unmarshal([]byte(m.want(0, "runs", "-o", "json").stdout), &runs); err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	finish(t, m)
	assertRenewed(t, before, cloud.state(), expectation{})
}

// TestAdoptGoesOnWithTheRenewal: the store is lost during the overlap; the vault's tags say what the value replaced, so
// the adopted run retires the old secret as the lost one would have.
func TestAdoptGoesOnWithTheRenewal(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, atOnce...)
	before := cloud.state()
	m.want(2, "renew", app, "--yes")
	cloud.advance(2 * day)
	m.loseStore()
	if r := m.run("adopt", app, "--yes"); r.code != 0 && r.code != 2 {
		t.Fatalf("adopt: exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
	}
	finish(t, m)
	assertRenewed(t, before, cloud.state(), expectation{})
	assertNoSecretLeft(t, m)
}
