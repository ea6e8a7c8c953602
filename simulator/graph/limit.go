package graph

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// SwitchLimits sets the limits of identity and access requests: "on" enforces Microsoft's in a gentle world too, "none" lets
// an unkind world go without, and as 300/15s it is how many writes one app may make in a tenant in any such time.
const SwitchLimits = "graph-limits"

// The limits of one app in one tenant, and of a whole tenant; a tenant with fewer than 50 users has the smallest share of
// reads. Source: https://learn.microsoft.com/graph/throttling-limits, read 2026-11-22.
const (
	appWrites, appWindow       = 3000, 150 * time.Second
	tenantWrites, tenantWindow = 18_000, 5 * time.Minute
	readUnits, readWindow      = 3500, 10 * time.Second
)

// limits are those in force.
type limits struct {
	off    bool
	writes int // of one app in one tenant
	window time.Duration
}

// limits reads the switch. An unkind world has Microsoft's; what can't be read counts as "on".
func (s *Service) limits() limits {
	value := s.w.Switch(SwitchLimits)
	found := limits{off: s.w.Gentle() && value == "", writes: appWrites, window: appWindow}
	if value == "none" {
		found.off = true
	}
	count, window, _ := strings.Cut(value, "/")
	n, err := strconv.Atoi(count)
	if d, bad := time.ParseDuration(window); err == nil && bad == nil && n > 0 && d > 0 {
		found.writes, found.window = n, d
	}
	return found
}

// recent remembers when the last so many requests were made, in a ring.
type recent struct {
	times []time.Time
	next  int
}

// fits reports whether fewer than limit were made in the window that ends now; else it answers how long to wait.
func (r *recent) fits(now time.Time, limit int, window time.Duration) (wait time.Duration, ok bool) {
	if len(r.times) > limit {
		r.times, r.next = nil, 0 // the limit was changed: counted anew
	}
	if len(r.times) < limit {
		return 0, true
	}
	oldest := r.times[r.next]
	if age := now.Sub(oldest); age >= 0 && age < window {
		return window - age, false
	}
	return 0, true
}

// add notes a request that fits.
func (r *recent) add(now time.Time, limit int) {
	if len(r.times) < limit {
		r.times = append(r.times, now)
		return
	}
	r.times[r.next] = now
	r.next = (r.next + 1) % limit
}

// writesWithin takes one write of the caller, and of its tenant; one that is refused counts for neither.
func (c *call) writesWithin(l limits) (time.Duration, bool) {
	now := c.s.w.Now()
	own, all := recentOf(c.s.writes, c.id.Tenant+" "+c.caller()), recentOf(c.s.writes, c.id.Tenant)
	if wait, ok := own.fits(now, l.writes, l.window); !ok {
		return wait, false
	}
	if wait, ok := all.fits(now, tenantWrites, tenantWindow); !ok {
		return wait, false
	}
	own.add(now, l.writes)
	all.add(now, tenantWrites)
	return 0, true
}

func recentOf(kept map[string]*recent, name string) *recent {
	if kept[name] == nil {
		kept[name] = &recent{}
	}
	return kept[name]
}

// units is a caller's bucket of reads: it refills all the time.
type units struct {
	left float64
	at   time.Time
}

// readsWithin takes what a read costs out of the caller's bucket.
func (c *call) readsWithin() (time.Duration, bool) {
	const gain = readUnits / float64(readWindow/time.Second)
	now, name := c.s.w.Now(), c.id.Tenant+" "+c.caller()
	b := c.s.reads[name]
	if b == nil {
		b = &units{left: readUnits, at: now}
		c.s.reads[name] = b
	}
	b.left = math.Min(readUnits, b.left+gain*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	cost := c.cost()
	if b.left < cost {
		return time.Duration((cost - b.left) / gain * float64(time.Second)), false
	}
	b.left -= cost
	return 0, true
}

// cost of a read: two for applications and the like; a selection or a small page is one less, an expansion one more, and
// nothing is below one.
func (c *call) cost() float64 {
	cost := 1.0
	if len(c.segments) > 0 && strings.HasPrefix(strings.ToLower(c.segments[0]), "applications") {
		cost = 2
	}
	if c.query.Get("$select") != "" {
		cost--
	}
	if c.query.Get("$expand") != "" {
		cost++
	}
	if top, err := strconv.Atoi(c.query.Get("$top")); err == nil && top < 20 {
		cost--
	}
	return max(cost, 1)
}
