//go:build unix

package story_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// looksOften lets a server ask the simulated tenant as often as it may, so that it notices soon that the clock was moved.
var looksOften = append([]string{"store: keyturn.db", "store: keyturn.db\nserve: { every: 10s }"}, atOnce...)

// daemon is `keyturn serve` at work on a machine.
type daemon struct {
	m    *machine
	cmd  *exec.Cmd
	url  string
	said *bytes.Buffer
	done chan error
}

// serve starts a daemon; the test's end stops it.
func (m *machine) serve(env ...string) *daemon {
	m.t.Helper()
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		m.t.Fatal(err)
	}
	address := reserved.Addr().String()
	_ = reserved.Close()
	d := &daemon{m: m, cmd: m.command("serve", "--listen", address), url: "http://" + address, said: &bytes.Buffer{}, done: make(chan error, 1)}
	d.cmd.Stderr = d.said
	d.cmd.Env = append(d.cmd.Env, env...)
	if err := d.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() { d.done <- d.cmd.Wait() }()
	m.t.Cleanup(func() { d.end(os.Kill) })
	return d
}

// end sends a signal and waits for the end. Safe to repeat.
func (d *daemon) end(signal os.Signal) error {
	if d.done == nil {
		return nil
	}
	_ = d.cmd.Process.Signal(signal)
	err := <-d.done
	d.done = nil
	d.m.keep(d.cmd.Args, d.said.String())
	return err
}

// asks one of the health pages.
func (d *daemon) ask(page string) (status int, code string) {
	answer, err := http.Get(d.url + page)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	var said struct{ Code string }
	text, _ := io.ReadAll(answer.Body)
	if err := json.Unmarshal(text, &said); err != nil {
		d.m.t.Fatalf("%s says %q", page, text)
	}
	return answer.StatusCode, said.Code
}

// wantMetrics checks that Prometheus is told of each of these, and keeps what it is told for the search for secrets.
func (d *daemon) wantMetrics(parts ...string) {
	d.m.t.Helper()
	answer, err := http.Get(d.url + "/metrics")
	if err != nil {
		d.m.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		d.m.t.Fatalf("/metrics says %s: %v", answer.Status, err)
	}
	d.m.keep([]string{"/metrics"}, string(text))
	for _, part := range parts {
		if !strings.Contains(string(text), part) {
			d.m.t.Errorf("/metrics doesn't tell %q:\n%s", part, text)
		}
	}
}

// until asks again and again, moving the simulated clock by step in between, until it is true.
func (d *daemon) until(what string, step time.Duration, is func() bool) {
	d.m.t.Helper()
	for end := time.Now().Add(3 * time.Minute); !is(); {
		if time.Now().After(end) {
			d.m.t.Fatalf("%s did not come; the run is %+v", what, d.m.runs())
		}
		if step > 0 {
			d.m.cloud.advance(step)
		}
		select {
		case err := <-d.done:
			d.done <- err
			d.m.t.Fatalf("the daemon ended: %v", err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// runs lists the runs that the store knows, newest first.
func (m *machine) runs() []run {
	m.t.Helper()
	r := m.run("runs", "-o", "json")
	var runs []run
	if err := json.Unmarshal([]byte(r.stdout), &runs); err != nil && r.code == 0 {
		m.t.Fatalf("runs -o json: %v\n%s", err, r.stdout)
	}
	return runs
}

func (m *machine) stateIs(states ...string) func() bool {
	return func() bool {
		runs := m.runs()
		for _, state := range states {
			if len(runs) > 0 && runs[0].State == state {
				return true
			}
		}
		return false
	}
}

// TestServeNeedsNobody: a daemon finds what is due, renews it, waits the overlap out and retires the old secret, while
// consumers never fail; then it does nothing more.
func TestServeNeedsNobody(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, looksOften...)
	before := cloud.state()
	d := m.serve()
	d.until("an answer", 0, func() bool { status, _ := d.ask("/healthz"); return status == 200 })
	d.until("readiness", 0, func() bool { status, _ := d.ask("/readyz"); return status == 200 })
	d.until("the overlap", 0, m.stateIs("overlapping"))
	m.want(2, "renew", app, "--yes") // 2: the certificate; the renewal itself is left to the daemon
	if text := m.run("renew", app, "--yes").stderr; !strings.Contains(text, "the Keyturn that serves this store goes on") {
		t.Errorf("renew beside a daemon says:\n%s", tail(text))
	}
	d.wantMetrics(`keyturn_runs{door="wait",state="overlapping"} 1`, `keyturn_look_success 1`, `keyturn_store_up 1`, `keyturn_applications{state="fine"} 1`,
		`,in_use="true",key_id="`, `keyturn_requests_total{service="vault",status="2xx"} `, `keyturn_run_stuck_seconds{door="person"} 0`)
	d.until("the end", 12*time.Hour, m.stateIs("done"))
	d.wantMetrics(`keyturn_renewals_total{outcome="renewed"} 1`)
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Errorf("the daemon ended with %v:\n%s", err, tail(d.said.String()))
	}
	cloud.advance(14 * day)
	if runs := m.runs(); len(runs) != 1 || runs[0].Outcome != "renewed" {
		t.Errorf("runs %+v", runs)
	}
	assertRenewed(t, before, cloud.state(), expectation{})
	assertNoSecretLeft(t, m)
}

// TestServeSurvivesItsPlug: killed in the middle of the work, started again, the outcome is the same.
func TestServeSurvivesItsPlug(t *testing.T) {
	t.Parallel()
	for name, state := range map[string][]string{
		"while the secret settles":  {"settling", "delivering"},
		"while both secrets live":   {"overlapping"},
		"as soon as it has a store": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			m := newMachine(t, cloud, append([]string{soon, "settle: { successes: 5, over: 3s }"}, looksOften[:2]...)...)
			before := cloud.state()
			d := m.serve()
			if state != nil {
				d.until("the state to be killed in", 0, m.stateIs(append(state, "overlapping")...))
			}
			_ = d.end(os.Kill)
			again := m.serve()
			again.until("the overlap", 0, m.stateIs("overlapping"))
			again.until("the end", 12*time.Hour, m.stateIs("done"))
			_ = again.end(os.Kill)
			cloud.advance(14 * day)
			assertRenewed(t, before, cloud.state(), expectation{})
			assertNoSecretLeft(t, m)
		})
	}
}

// TestServeOnceUnderCron renews by nothing but repeated calls of serve --once.
func TestServeOnceUnderCron(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, atOnce...)
	before := cloud.state()
	for range 40 {
		r := m.run("serve", "--once", "--log-level", "warn")
		if r.code != 0 || r.stdout != "" || r.stderr != "" {
			t.Fatalf("exit %d, printed %q %q: cron would mail it", r.code, r.stdout, tail(r.stderr))
		}
		if runs := m.runs(); runs[0].State == "done" {
			break
		}
		cloud.advance(day)
	}
	m.want(0, "serve", "--once") // nothing is due any more
	cloud.advance(14 * day)
	if runs := m.runs(); len(runs) != 1 || runs[0].State != "done" {
		t.Fatalf("runs %+v", runs)
	}
	assertRenewed(t, before, cloud.state(), expectation{})
	assertNoSecretLeft(t, m)
}

// TestServeOnceSaysWhatAPersonMustDo: a lock stands in the way; it is told each time, no run is begun, and it is over
// when the lock is gone.
func TestServeOnceSaysWhatAPersonMustDo(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, atOnce...)
	cloud.turn("readonly-lock", true)
	for range 2 {
		r := m.want(2, "serve", "--once")
		if !strings.Contains(r.stderr, "next: ") {
			t.Errorf("it doesn't say what to do:\n%s", tail(r.stderr))
		}
	}
	if runs := m.runs(); len(runs) != 0 {
		t.Errorf("runs %+v", runs)
	}
	if r := m.run("status", "--offline"); r.code != 2 || !strings.Contains(r.stdout, "lock") {
		t.Errorf("status: exit %d\n%s", r.code, r.stdout)
	}
	cloud.turn("readonly-lock", false)
	m.want(0, "serve", "--once")
	if runs := m.runs(); len(runs) != 1 {
		t.Errorf("runs %+v", runs)
	}
}

// TestServeTellsWhoWatches: what systemd is told, and what /readyz says without a network.
func TestServeTellsWhoWatches(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, looksOften...)
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	cloud.faults(map[string]any{"host": "login.microsoftonline.com", "kind": "error-before", "status": 503, "count": 1000})
	d := m.serve("NOTIFY_SOCKET=" + path)
	d.until("an answer", 0, func() bool { status, _ := d.ask("/healthz"); return status == 200 })
	if status, code := d.ask("/readyz"); status != 503 || code != "look.none" {
		t.Errorf("readyz says %d %s", status, code)
	}
	cloud.faults()
	d.until("readiness", 0, func() bool { status, _ := d.ask("/readyz"); return status == 200 })
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Errorf("ended with %v", err)
	}
	told := map[string]bool{}
	_ = socket.SetReadDeadline(time.Now().Add(time.Second))
	for text := make([]byte, 100); ; {
		n, err := socket.Read(text)
		if err != nil {
			break
		}
		told[string(text[:n])] = true
	}
	if !told["READY=1"] || !told["WATCHDOG=1"] || !told["STOPPING=1"] {
		t.Errorf("the supervisor was told %v", told)
	}
}

// TestServeRefusesToStart on what can't go well unattended.
func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	for name, c := range map[string]struct {
		edits []string
		args  []string
		says  string
	}{
		"a configuration with a mistake": {[]string{"lifetime: 180d", "lifetime: 18 d"}, nil, "isn't a duration"},
		"an identity that asks a person": {[]string{"identity: default", "identity: browser"}, nil, "nobody is there"},
		"an address that is taken":       {nil, []string{"--listen", strings.TrimPrefix(cloud.URL, "http://")}, "can't be listened at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, cloud, c.edits...)
			if r := m.want(1, append([]string{"serve"}, c.args...)...); !strings.Contains(r.stderr, c.says) {
				t.Errorf("it says:\n%s", tail(r.stderr))
			}
		})
	}
}
