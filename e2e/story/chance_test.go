//go:build unix

package story_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

// chances is how many renewals meet a trouble drawn by chance; the n-th is the same in every run of the tests.
var chances = flag.Int("chances", 6, "how many renewals meet a trouble drawn by chance")

// TestWhateverGoesWrongOnce draws a host, a method, a kind of failure and the moment from which it happens. However it
// goes, one more `renew` and coming back end with one new secret in every place, and nobody ever failed.
func TestWhateverGoesWrongOnce(t *testing.T) {
	t.Parallel()
	for n := range *chances {
		draw := rand.New(rand.NewPCG(uint64(n), 2026))
		moment, rule := draw.IntN(18), drawFault(draw)
		t.Run(fmt.Sprintf("%d: %v from event %d on", n, rule, moment), func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, atOnce...)
			before := cloud.state()
			first := m.troubled(moment, rule)
			cloud.faults()
			if again := m.run("renew", app, "--yes"); again.code != 0 && again.code != 2 {
				t.Fatalf("exit %d, then %d\n%s\n%s", first.code, again.code, tail(first.stderr), tail(again.stderr))
			}
			finish(t, m)
			cloud.advance(14 * day)
			assertRenewed(t, before, cloud.state(), expectation{})
			assertNoSecretLeft(t, m)
		})
	}
}

// drawFault draws a rule for one to three requests of some host.
func drawFault(draw *rand.Rand) map[string]any {
	pick := func(options ...string) string { return options[draw.IntN(len(options))] }
	host := pick("graph.microsoft.com", "graph.microsoft.com", "management.azure.com", "management.azure.com", "kv-provassist.vault.azure.net", "login.microsoftonline.com")
	rule := map[string]any{"host": host, "count": 1 + draw.IntN(3), "kind": pick("reply-lost", "reply-lost", "error-before", "error-after", "throttle", "latency")}
	switch host {
	case "graph.microsoft.com":
		rule["method"] = pick("GET", "POST", "POST")
	case "login.microsoftonline.com":
		rule["method"] = "POST"
	default:
		rule["method"] = pick("GET", "PUT", "PUT")
	}
	switch rule["kind"] {
	case "throttle", "latency":
		rule["delay"] = "1s"
	case "error-before", "error-after":
		rule["status"] = []int{400, 401, 403, 404, 409, 412, 500, 502, 503, 504}[draw.IntN(10)]
	}
	return rule
}

// troubled runs a renewal to its end, or to where it stops, with a fault from its n-th event on.
func (m *machine) troubled(n int, rule map[string]any) result {
	m.t.Helper()
	cmd := m.command("renew", app, "--yes", "-o", "json")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if n == 0 {
		m.cloud.faults(rule)
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	printed := ""
	lines := bufio.NewScanner(out)
	for told := 1; lines.Scan(); told++ {
		printed += lines.Text() + "\n"
		if told == n {
			m.cloud.faults(rule)
		}
	}
	_ = cmd.Wait() // its exit code is kept
	m.keep([]string{"renew"}, printed, stderr.String())
	return result{code: cmd.ProcessState.ExitCode(), stdout: printed, stderr: stderr.String()}
}
