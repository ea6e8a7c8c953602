package bench_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

const (
	sqliteLimit    = 25.0 // renewals a second
	postgresLimit  = 30.0
	loadMemory     = 200.0 // MiB
	graphRate      = 20.0  // writes a second: 3,000 in 150 s
	graphShare     = 95.0  // percent of it
	throttledLimit = 1.0   // percent of all requests
)

// due is how many renewals are due at once: ten thousand where limits count, a few where the benchmark is only kept from
// rotting. KEYTURN_BENCH_DUE says another number.
func due() int {
	if n, err := strconv.Atoi(os.Getenv("KEYTURN_BENCH_DUE")); err == nil {
		return n
	}
	if strict() {
		return 10_000
	}
	return 12
}

// estate is an organisation of that many applications that are all due, and how many of them Keyturn may renew by itself.
func estate(t *testing.T, size int, latency time.Duration) (c *cloud, renewable int) {
	t.Helper()
	return startCloud(t, latency, "--seed", fmt.Sprintf("large:%d:due", size)), size - (size+59)/200 // one in 200 is left to a person
}

// TestBenchLoad renews ten thousand applications that are due at once, on one node, in a cloud that answers at once and has
// no limits, which Keyturn is told. The cloud takes its part of the same machine: what both need for one renewal is
// printed. A floor doesn't exist: nothing less does the same.
func TestBenchLoad(t *testing.T) {
	for name, c := range map[string]struct {
		limit  float64
		shared bool
	}{"SQLite": {sqliteLimit, false}, "PostgreSQL": {postgresLimit, true}} {
		t.Run(name, func(t *testing.T) {
			cloud, renewable := estate(t, due(), 0)
			d := cloud.desk(t)
			var password []string
			if c.shared {
				where, env := database(t)
				d.edit(t, "store: keyturn.db", "store: "+where)
				password = []string{env}
			}
			n := d.serve(t, password, "--graph-limits", "none") // Graph would allow 20 a second
			rate := n.work(renewable)
			t.Logf("processor time of one renewal: %.1f ms of Keyturn's, %.1f ms of the cloud's; %s", millis(n.cpu())/float64(renewable),
				millis(cpuOf(cloud.PID))/float64(renewable), cloud.requests(t).per(renewable))
			figure{name: "renewals of many due, " + name, unit: "/s", value: rate, floor: rate, limit: c.limit, atLeast: true}.report(t)
			figure{name: "peak memory of serve, " + name, unit: "MiB", value: n.stop(), floor: 14, limit: loadMemory, timeless: true}.report(t)
			cloud.noneFailed(t)
		})
	}
}

// work waits until all are renewed, and returns how many a second were, from the first to the last.
func (n *node) work(renewable int) float64 {
	n.t.Helper()
	n.until("the first renewal", 5*time.Minute, func() bool { return n.renewed() > 0 })
	began, before := time.Now(), n.renewed()
	n.until(fmt.Sprint(renewable, " renewals"), time.Hour, func() bool { return n.renewed() >= renewable })
	return float64(n.renewed()-before) / time.Since(began).Seconds()
}

// TestBenchLimited is the same with Graph's limits of writes in force. Of the rate that they allow most is to be used,
// hardly a request refused, and no renewal may fail.
func TestBenchLimited(t *testing.T) {
	size := due()
	if strict() && os.Getenv("KEYTURN_BENCH_DUE") == "" {
		size = 5000 // more than twice what a window of the limit takes
	}
	cloud, renewable := estate(t, size, 0)
	cloud.turn(t, "graph-limits", "on")
	n := cloud.desk(t).serve(t, nil)
	rate := n.work(renewable)
	sent := cloud.requests(t)
	figure{name: "writes, of the rate that Graph allows", unit: "%", value: 100 * rate / graphRate, floor: 100, limit: graphShare, atLeast: true}.report(t)
	figure{name: "requests answered 429", unit: "%", value: sent.share(429), floor: 100, limit: throttledLimit, timeless: true}.report(t)
	if persons := n.count("parked") - n.count("parked throttled"); persons != n.renewed() { // what a limit holds up comes back by itself
		t.Errorf("%d renewals stood still, %d of them in their overlap: %v", persons, n.renewed(), n.counts)
	}
	cloud.noneFailed(t)
}

// tally is how many requests got which status, by host and method.
type tally map[string]map[string]int

func (c *cloud) requests(t *testing.T) tally {
	t.Helper()
	sent := tally{}
	c.get(t, "/_sim/log?tally=1", &sent)
	return sent
}

func (s tally) all() (n int) {
	for _, counts := range s {
		for _, count := range counts {
			n += count
		}
	}
	return n
}

// share is how many percent of all requests got a status.
func (s tally) share(status int) float64 {
	n := 0
	for _, counts := range s {
		n += counts[strconv.Itoa(status)]
	}
	return 100 * float64(n) / float64(s.all())
}

func (s tally) per(renewals int) string {
	return fmt.Sprintf("%.1f requests a renewal", float64(s.all())/float64(renewals))
}

// noneFailed: whatever was measured, no consumer may have noticed.
func (c *cloud) noneFailed(t *testing.T) {
	t.Helper()
	var truth struct {
		Consumers []struct {
			Name, LastError string
			Failures        int
		}
	}
	c.get(t, "/_sim/state?part=consumers", &truth)
	if len(truth.Consumers) == 0 {
		t.Error("there is no consumer")
	}
	for _, one := range truth.Consumers {
		if one.Failures > 0 {
			t.Errorf("%s failed %d times: %s", one.Name, one.Failures, one.LastError)
		}
	}
}
