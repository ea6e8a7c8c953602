package graph

import (
	"math"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// SwitchLimits sets the limits of identity and access requests: "on" enforces Microsoft's in a gentle world too, "none" lets
// an unkind world go without, and as 300/15s it is how many writes one app may make in a tenant in any such time.
const SwitchLimits = "graph-limits"

// limit is so many requests in any such time.
type limit struct {
	count  int
	window time.Duration
}

// The limits of one app in one tenant, where nothing else is said.
// Source: https://learn.microsoft.com/graph/throttling-limits, read 2026-11-25. That of keyCredentials stands at
// https://learn.microsoft.com/graph/api/application-list, read 2026-11-25.
var (
	appWrites       = limit{3000, 150 * time.Second}
	tenantWrites    = limit{18_000, 5 * time.Minute} // of all apps in a tenant
	ownWrites       = limit{70_000, 5 * time.Minute} // to registrations for organisations
	personalWrites  = limit{60, time.Minute}         // to registrations that take personal accounts, too
	readsOfKeys     = limit{150, time.Minute}        // of a tenant that select keyCredentials
	readsOfReports  = limit{5, 10 * time.Second}
	readsOfPolicies = limit{1, time.Second} // Conditional Access, of a tenant
)

// readWindow is the time in which a caller's units of reads come again.
const readWindow = 10 * time.Second

// readUnits is how many units one app may read in a tenant of so many users in that time.
func readUnits(users int) float64 {
	switch {
	case users < 50:
		return 3500
	case users <= 500:
		return 5000
	}
	return 8000
}

// limits are those in force.
type limits struct {
	off    bool
	writes limit // of one app in one tenant
}

// limits reads the switch. An unkind world has Microsoft's; what can't be read counts as "on".
func (s *Service) limits() limits {
	value := s.w.Switch(SwitchLimits)
	found := limits{off: s.w.Gentle() && value == "", writes: appWrites}
	if value == "none" {
		found.off = true
	}
	count, window, _ := strings.Cut(value, "/")
	n, err := strconv.Atoi(count)
	if d, bad := time.ParseDuration(window); err == nil && bad == nil && n > 0 && d > 0 {
		found.writes = limit{n, d}
	}
	return found
}

// recent remembers when the last so many requests were made, in a ring.
type recent struct {
	times []time.Time
	next  int
}

// used is how many were made in the window that ends now, and wait how long it takes until one more fits.
func (r *recent) used(now time.Time, l limit) (used int, wait time.Duration) {
	if len(r.times) > l.count {
		r.times, r.next = nil, 0 // the limit was changed: counted anew
	}
	n := len(r.times)
	at := func(i int) time.Time { return r.times[(r.next+i)%n] } // from the oldest on
	if n < l.count {
		at = func(i int) time.Time { return r.times[i] }
	}
	old := sort.Search(n, func(i int) bool { return now.Sub(at(i)) < l.window })
	if n < l.count || old > 0 {
		return n - old, 0
	}
	return n, l.window - now.Sub(at(0))
}

// add notes a request that fits.
func (r *recent) add(now time.Time, l limit) {
	if len(r.times) < l.count {
		r.times = append(r.times, now)
		return
	}
	r.times[r.next] = now
	r.next = (r.next + 1) % l.count
}

// gauge is one limit that a request is counted by.
type gauge struct {
	limit
	taken *recent
	scope string // as Graph tells it, without its ids
	mute  bool   // Graph doesn't say how long to wait
}

// gauges are the limits that count for a request beside its units. The world's lock is held.
func (c *call) gauges(l limits) []gauge {
	first := strings.ToLower(c.first())
	switch {
	case first == "reports" || first == "auditlogs":
		return []gauge{c.gauge(readsOfReports, "Tenant_Application/ReadReports", c.caller())}
	case first == "identity":
		g := c.gauge(readsOfPolicies, "Tenant/ReadAccess", "")
		g.mute = true
		return []gauge{g}
	case c.method == http.MethodGet && strings.Contains(strings.ToLower(c.query.Get("$select")), "keycredentials"):
		return []gauge{c.gauge(readsOfKeys, "Tenant/ReadKeyCredentials", "")}
	case c.method == http.MethodGet:
		return nil
	}
	all := []gauge{c.gauge(l.writes, "Tenant_Application/Write", c.caller()), c.gauge(tenantWrites, "Tenant/Write", "")}
	if first != "applications" {
		return all
	}
	if c.takesPersons() {
		return append(all, c.gauge(personalWrites, "Tenant_Application/WritePersonal", c.caller()))
	}
	return append(all, c.gauge(ownWrites, "Tenant_Application/WriteOrganization", c.caller()))
}

// first is the collection that a path begins with.
func (c *call) first() string {
	if len(c.segments) == 0 {
		return ""
	}
	name, _ := splitKey(c.segments[0])
	return name
}

func (c *call) gauge(l limit, scope, who string) gauge {
	name := scope + " " + c.id.Tenant + " " + who
	if c.s.taken[name] == nil {
		c.s.taken[name] = &recent{}
	}
	return gauge{limit: l, taken: c.s.taken[name], scope: scope}
}

// takesPersons reports whether a write is to a registration for personal accounts, too, or makes one.
func (c *call) takesPersons() bool {
	_, key := splitKey(c.segments[0])
	id := ""
	if len(c.segments) > 1 {
		id = c.segments[1]
	}
	if key == nil && id == "" {
		return strings.Contains(string(c.body), personalAudience)
	}
	o := c.find(applicationKind, key, id)
	return o != nil && o.app != nil && strings.Contains(o.app.Audience, personalAudience)
}

// personalAudience is in the audiences that take personal accounts.
const personalAudience = "PersonalMicrosoftAccount"

// units is a caller's bucket of reads: it refills all the time.
type units struct {
	left float64
	at   time.Time
}

// unitsWithin takes what a read costs out of the caller's bucket, and tells how much of it was used.
func (c *call) unitsWithin() (used float64, wait time.Duration, ok bool) {
	most := readUnits(len(c.tenant.Users))
	gain := most / readWindow.Seconds()
	now, name := c.s.w.Now(), c.id.Tenant+" "+c.caller()
	b := c.s.reads[name]
	if b == nil {
		b = &units{left: most, at: now}
		c.s.reads[name] = b
	}
	b.left = math.Min(most, b.left+gain*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	cost := c.cost()
	if b.left < cost+most*c.reserve() {
		return 1, time.Duration((cost + most*c.reserve() - b.left) / gain * float64(time.Second)), false
	}
	b.left -= cost
	return 1 - b.left/most, 0, true
}

// reserve is the part of a bucket that is kept from requests of low priority, which are refused before all others. How Graph
// tells when isn't published; the limits themselves stay as they are. Source:
// https://learn.microsoft.com/graph/throttling-limits, "Other headers", read 2026-11-26.
func (c *call) reserve() float64 {
	if strings.EqualFold(c.header.Get("X-Ms-Throttle-Priority"), "low") {
		return 0.1
	}
	return 0
}

// cost of a read: two for applications and the like; a selection or a small page is one less, an expansion one more, and
// nothing is below one.
func (c *call) cost() float64 {
	cost := 1.0
	if strings.EqualFold(c.first(), "applications") {
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
