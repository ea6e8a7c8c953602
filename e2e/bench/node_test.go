package bench_test

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keyturn/store/postgrestest"
)

// node is one `keyturn serve` whose log is read as it comes.
type node struct {
	t   *testing.T
	cmd *exec.Cmd

	mu     sync.Mutex
	lines  []string       // that are no event, or tell of trouble
	counts map[string]int // events by kind; a parked one by its door and code, too
	first  map[string]time.Time
	last   map[string]time.Time // of each kind
	runs   map[string]string    // the newest kind of event of each run
	ended  chan struct{}
}

// database is a fresh database, as keyturn.yaml names it and with what the environment adds.
func database(t *testing.T) (where, password string) {
	t.Helper()
	address, err := url.Parse(postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	password, _ = address.User.Password()
	address.User = url.User(address.User.Username())
	return address.String(), "PGPASSWORD=" + password
}

// edit replaces a text of the desk's configuration.
func (d *desk) edit(t *testing.T, old, with string) {
	t.Helper()
	file := filepath.Join(d.dir, "keyturn.yaml")
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("keyturn.yaml has no %q: %v", old, err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, with)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve starts a node at the desk. It is killed when the test ends.
func (d *desk) serve(t *testing.T, more []string, flags ...string) *node {
	t.Helper()
	n := &node{
		t: t, counts: map[string]int{}, first: map[string]time.Time{}, last: map[string]time.Time{}, runs: map[string]string{}, ended: make(chan struct{}),
	}
	n.cmd = d.keyturn(append([]string{"serve", "--listen", "none"}, flags...)...)
	n.cmd.Env = append(n.cmd.Env, more...)
	log, err := n.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(n.ended)
		for scanner := bufio.NewScanner(log); scanner.Scan(); {
			n.read(scanner.Text())
		}
	}()
	t.Cleanup(n.kill)
	return n
}

var (
	eventKind = regexp.MustCompile(` event=("[^"]*"|\S+)`)
	eventCode = regexp.MustCompile(` code=(\S+)`)
	eventRun  = regexp.MustCompile(` run_id=(\S+)`)
)

func (n *node) read(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	kind := eventKind.FindStringSubmatch(line)
	if kind == nil {
		n.lines = append(n.lines, line)
		return
	}
	names := []string{strings.Trim(kind[1], `"`)}
	if code := eventCode.FindStringSubmatch(line); code != nil && names[0] == "parked" {
		names = append(names, "parked "+code[1])
	}
	for _, name := range names {
		n.counts[name]++
		if n.counts[name] == 1 {
			n.first[name] = time.Now()
		}
		n.last[name] = time.Now()
	}
	if run := eventRun.FindStringSubmatch(line); run != nil {
		n.runs[run[1]] = names[0]
	}
}

// count is how many events of a kind were told.
func (n *node) count(kind string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts[kind]
}

// renewed is how many renewals have brought a new secret everywhere.
func (n *node) renewed() int {
	return n.count("parked gate.overlap") + n.count("parked gate.endsfirst")
}

func (n *node) kill() {
	_ = n.cmd.Process.Kill()
	<-n.ended
	_ = n.cmd.Wait()
}

// until waits for something that the node is to reach.
func (n *node) until(what string, limit time.Duration, done func() bool) {
	n.t.Helper()
	for end := time.Now().Add(limit); !done(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-n.ended:
			n.t.Fatalf("the node ended before %s:\n%s", what, n.tail())
		default:
		}
		if time.Now().After(end) {
			n.t.Fatalf("no %s within %s; told: %v\n%s", what, limit, n.counts, n.tail())
		}
	}
}

func (n *node) tail() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines[max(0, len(n.lines)-20):], "\n")
}

// cpu is the processor time that the node has used so far, and resident its memory in MiB; 0 where the system doesn't tell.
func (n *node) cpu() time.Duration { return cpuOf(n.cmd.Process.Pid) }

// cpuOf is the processor time that a process has used so far; 0 where the system doesn't tell.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100 // USER_HZ is 100 on every Linux
}

func (n *node) resident(field string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), field+":")
	kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kib / 1024
}

// stop ends the node as a system does, and returns the most memory that it had.
func (n *node) stop() (peakMemory float64) {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.ended:
	case <-time.After(90 * time.Second):
		n.t.Error("the node didn't stop")
		_ = n.cmd.Process.Kill()
	}
	_ = n.cmd.Wait()
	return peak(n.cmd.ProcessState)
}
