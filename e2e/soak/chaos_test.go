//go:build unix

package soak_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// chaos makes things go wrong.
type chaos struct {
	t      *testing.T
	cloud  *cloud
	nodes  []*node
	judge  *judge
	random *rand.Rand

	coming  sync.WaitGroup // what will be mended
	mu      sync.Mutex
	busy    map[*node]bool
	counted map[string]int
	moved   time.Duration // of the cloud's clock
}

// String says what was done.
func (c *chaos) String() string {
	return fmt.Sprintf("%v, the clock moved by %.0f days", c.counted, c.moved.Hours()/24)
}

// rage does something bad every while, judges the truth, and moves the clock as far as renewals have come.
func (c *chaos) rage(length time.Duration) {
	c.busy, c.counted = map[*node]bool{}, map[string]int{}
	bad := []func(){c.fail, c.fail, c.fail, c.crash, c.suspend, c.partition}
	for end := time.Now().Add(length); time.Now().Before(end) && !c.t.Failed(); {
		bad[c.random.IntN(len(bad))]()
		c.pass(c.aDayOrSo())
		time.Sleep(c.between(300*time.Millisecond, 1200*time.Millisecond))
	}
}

// creep is how far the clock moves at least, so that what is tried again in some minutes is.
const creep = 30 * time.Second

// pass judges, and lets some time pass: as much as told, or less when a secret in use is near its end.
func (c *chaos) pass(most time.Duration) {
	c.t.Helper()
	step := max(min(c.judge.look(), most), creep)
	for _, n := range c.nodes {
		c.supervise(n)
	}
	c.cloud.advance(step)
	c.moved += step
}

// aDayOrSo is for how long an organisation is left alone.
func (c *chaos) aDayOrSo() time.Duration { return c.between(6*time.Hour, 36*time.Hour) }

// supervise starts a node again that ended by itself, as a machine's supervisor does. Only one that can't reach its
// database when it starts may end: because its cable is cut, or because this machine is busy.
func (c *chaos) supervise(n *node) {
	c.t.Helper()
	if !n.gone() {
		return
	}
	if told := n.tail(); !strings.Contains(told, "keyturn: reach the store: ") {
		c.t.Errorf("%s ended by itself\n%s", n.name, told)
	}
	c.count("started again")
	n.kill()
	n.start()
}

// calm mends everything and waits for every run to end.
func (c *chaos) calm() {
	c.t.Helper()
	c.coming.Wait()
	c.cloud.ask(http.MethodDelete, "/_sim/faults", nil, nil)
	for _, n := range c.nodes {
		n.database.heal(false)
		n.start()
	}
	tell := []func() string{c.judge.stands, c.String}
	for _, n := range c.nodes {
		tell = append(tell, n.tail)
	}
	await(c.t, "every application to be renewed", func() bool {
		c.pass(c.aDayOrSo())
		time.Sleep(200 * time.Millisecond) // so that the nodes come along
		return c.t.Failed() || len(c.judge.texts("SELECT DISTINCT app FROM run WHERE state = 'done'")) >= len(c.judge.tended)
	}, tell...)
	await(c.t, "every run to end or to wait out its overlap", func() bool {
		c.pass(creep)
		return c.t.Failed() || len(c.judge.texts("SELECT id FROM run WHERE open AND (node <> '' OR state <> 'overlapping')")) == 0
	}, tell...)
	for _, n := range c.nodes {
		n.kill()
	}
	c.cloud.advance(2 * 24 * time.Hour) // whoever misses what was removed last would say so
	c.judge.look()
}

func (c *chaos) between(low, high time.Duration) time.Duration {
	return low + time.Duration(c.random.Int64N(int64(high-low)))
}

func (c *chaos) count(what string) { c.counted[what]++ }

// fail lets some of the next requests go wrong.
func (c *chaos) fail() {
	kinds := []string{"latency", "error-before", "error-after", "reply-lost", "throttle"}
	paths := []struct{ method, path string }{
		{"POST", "addPassword"},
		{"POST", "removePassword"},
		{"PUT", "/secrets/"},
		{"PUT", "/connections/"},
		{"", "/variables/"},
		{"POST", "/token"},
		{"GET", "/applications"},
		{"GET", "/secrets/"},
		{"", ""},
	}
	at, kind := paths[c.random.IntN(len(paths))], kinds[c.random.IntN(len(kinds))]
	rule := map[string]any{"method": at.method, "path": at.path, "kind": kind, "count": 1 + c.random.IntN(4)}
	switch kind {
	case "latency":
		rule["delay"] = c.between(100*time.Millisecond, 2*time.Second).String()
	case "throttle":
		rule["delay"] = "2s"
	}
	c.count(kind)
	c.cloud.ask(http.MethodPost, "/_sim/faults", []any{rule}, nil)
}

// victim is a node that nothing is wrong with, unless there are hardly any left.
func (c *chaos) victim() *node {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.nodes[c.random.IntN(len(c.nodes))]
	if c.busy[n] || len(c.busy) >= len(c.nodes)-1 {
		return nil
	}
	c.busy[n] = true
	return n
}

// later mends what was done to a node.
func (c *chaos) later(n *node, after time.Duration, mend func()) {
	c.coming.Go(func() {
		time.Sleep(after)
		mend()
		c.mu.Lock()
		delete(c.busy, n)
		c.mu.Unlock()
	})
}

func (c *chaos) crash() {
	if n := c.victim(); n != nil {
		c.count("killed")
		n.kill()
		c.later(n, c.between(0, 5*time.Second), n.start)
	}
}

// suspend stops a node in the middle of whatever it does; it comes back within its lease or long after.
func (c *chaos) suspend() {
	if n := c.victim(); n != nil {
		c.count("suspended")
		n.signal(syscall.SIGSTOP)
		c.later(n, c.between(time.Second, 20*time.Second), func() { n.signal(syscall.SIGCONT) })
	}
}

// partition cuts a node off from the database; what it had sent arrives late, or is lost.
func (c *chaos) partition() {
	if n := c.victim(); n != nil {
		c.count("cut off")
		late := c.random.IntN(2) == 0
		n.database.sever()
		c.later(n, c.between(time.Second, 20*time.Second), func() { n.database.heal(late) })
	}
}
