package bench_test

import (
	"fmt"
	"testing"
	"time"
)

const (
	scaleLimit    = 3.6
	recoveryLimit = 15 * time.Second
	idleCPULimit  = 1.0   // percent of one core
	idleMemory    = 100.0 // MiB
)

// TestBenchScale is how much more four nodes do than one where each request takes 50 ms, so that the work is waiting, each
// with the same few workers, that two cores are enough for all. Graph's limits are left out: they would hold four to 20 a second.
func TestBenchScale(t *testing.T) {
	measure := func(count int) float64 {
		size := 150 * count
		if !strict() {
			size = 4 * count
		}
		cloud, renewable := estate(t, size, latency)
		where, password := database(t)
		var nodes []*node
		for range count {
			d := cloud.desk(t)
			d.edit(t, "store: keyturn.db", "store: "+where)
			nodes = append(nodes, d.serve(t, []string{password}, "--workers", "2", "--graph-limits", "none"))
		}
		all := func() (n int) {
			for _, one := range nodes {
				n += one.renewed()
			}
			return n
		}
		skip := all() + renewable/4 // until every node has its hands full
		nodes[0].until("work in all hands", 10*time.Minute, func() bool { return all() >= skip })
		began, before := time.Now(), all()
		nodes[0].until("the end", time.Hour, func() bool { return all() >= renewable*9/10 })
		rate := float64(all()-before) / time.Since(began).Seconds()
		for _, one := range nodes {
			one.kill()
		}
		cloud.noneFailed(t)
		return rate
	}
	one := measure(1)
	four := measure(4)
	figure{name: "four nodes, 50 ms a request, to one", unit: "x", value: four / one, floor: 1, limit: scaleLimit, atLeast: true}.report(t)
	t.Logf("one node %.2f renewals/s, four %.2f, two workers each", one, four)
}

// TestBenchRecovery is the time from a kill in the middle of renewals until every one that was in hand has gone on: by the
// same machine started again, and by another that shares the store.
func TestBenchRecovery(t *testing.T) {
	t.Run("the same machine, started again", func(t *testing.T) {
		cloud, _ := estate(t, 20, latency)
		d := cloud.desk(t)
		first := d.serve(t, nil, "--workers", "4")
		held := first.killed()
		killed := time.Now()
		second := d.serve(t, nil, "--workers", "4")
		second.goesOn(held, killed)
	})
	t.Run("another machine", func(t *testing.T) {
		cloud, _ := estate(t, 20, latency)
		where, password := database(t)
		var nodes []*node
		for range 2 {
			d := cloud.desk(t)
			d.edit(t, "store: keyturn.db", "store: "+where)
			nodes = append(nodes, d.serve(t, []string{password}, "--workers", "4"))
		}
		held := nodes[0].killed()
		killed := time.Now()
		nodes[1].forget()
		nodes[1].goesOn(held, killed)
	})
}

// killed kills the node while it has runs in its hands, and returns those.
func (n *node) killed() []string {
	n.t.Helper()
	var held []string
	n.until("runs in hand", 2*time.Minute, func() bool {
		held = held[:0]
		n.mu.Lock()
		defer n.mu.Unlock()
		for run, kind := range n.runs {
			if kind != "begun" && kind != "parked" && kind != "done" {
				held = append(held, run)
			}
		}
		return len(held) >= 2
	})
	n.kill()
	return held
}

// forget forgets what was told of runs so far.
func (n *node) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.runs)
}

// goesOn waits for each of the runs to tell something new here.
func (n *node) goesOn(held []string, killed time.Time) {
	n.t.Helper()
	n.until("the runs to go on", time.Minute, func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, run := range held {
			if n.runs[run] == "" {
				return false
			}
		}
		return true
	})
	took := time.Since(killed)
	figure{name: "recovery after a kill", unit: "s", value: took.Seconds(), floor: 10, limit: recoveryLimit.Seconds()}.report(n.t)
}

// TestBenchIdle is what a daemon costs that has ten thousand applications and nothing to renew, once it has looked at all,
// with what the console shows of them in memory.
func TestBenchIdle(t *testing.T) {
	for name, shared := range map[string]bool{"SQLite": false, "PostgreSQL": true} {
		t.Run(name, func(t *testing.T) {
			cloud := startCloud(t, 0, "--seed", fmt.Sprintf("large:%d:fresh", due()))
			d := cloud.desk(t)
			var password []string
			if shared {
				where, env := database(t)
				d.edit(t, "store: keyturn.db", "store: "+where)
				password = []string{env}
			}
			n := d.serve(t, password, "--listen", "127.0.0.1:0")
			began := time.Now()
			n.rest(t, cloud)
			t.Logf("the first look took %.0f s", time.Since(began).Seconds())
			n.idle(t, name)
		})
	}
}

// rest waits until the first look has ended: nothing is asked of the cloud any more.
func (n *node) rest(t *testing.T, cloud *cloud) {
	t.Helper()
	looked, quiet, calm := 0, time.Now(), time.Second
	if strict() {
		calm = 5 * time.Second
	}
	n.until("the first look to end", time.Hour, func() bool {
		if now := cloud.requests(t).all(); now != looked {
			looked, quiet = now, time.Now()
		}
		time.Sleep(200 * time.Millisecond)
		return looked >= due() && time.Since(quiet) > calm
	})
}

// idle measures what the node costs while it does nothing.
func (n *node) idle(t *testing.T, name string) {
	t.Helper()
	length := 2 * time.Minute // what it does for itself comes every minute at most, but for one reading in ten
	if !strict() {
		length = time.Second
	}
	if n.cpu() == 0 {
		t.Skip("this system doesn't tell what a process costs while it runs")
	}
	before, began := n.cpu(), time.Now()
	time.Sleep(length) // what is measured is doing nothing
	share := 100 * float64(n.cpu()-before) / float64(time.Since(began))
	figure{name: "idle, of one core, " + name, unit: "%", value: share, floor: idleCPULimit, limit: idleCPULimit}.report(t)
	figure{name: "idle, memory, " + name, unit: "MiB", value: n.resident("VmRSS"), floor: 14, limit: idleMemory, timeless: true}.report(t)
	t.Logf("at most %.0f MiB so far", n.resident("VmHWM"))
}
