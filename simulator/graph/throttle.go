package graph

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// tellFrom is the part of a limit from which on Graph tells how much of it is used, mostTold the most that it tells.
// Source: https://learn.microsoft.com/graph/throttling, read 2026-11-25, for all headers here.
const (
	tellFrom = 0.8
	mostTold = 1.8
)

// throttle refuses one call in three hundred, few enough for clients that do not try again, and what is beyond Graph's
// limits; a gentle world lets all through, unless the switch graph-limits says otherwise. What is to be told of the limits
// with any answer is returned, too.
func (c *call) throttle() (told http.Header, refused *reply) {
	if c.s.w.Chance(1.0 / 300) {
		r := tooMany(c.s.w.Draw(time.Second, 3*time.Second))
		return nil, &r
	}
	l := c.s.limits()
	if l.off {
		return nil, nil
	}
	told = http.Header{"X-Ms-Resource-Unit": {strconv.Itoa(int(c.cost()))}}
	used, gauges, now := 0.0, c.gauges(l), c.s.w.Now()
	for _, g := range gauges {
		taken, wait := g.taken.used(now, g.limit)
		if wait > 0 {
			return nil, c.beyond(g.scope, wait, g.mute)
		}
		used = max(used, float64(taken+1)/float64(g.count))
	}
	if c.method == http.MethodGet {
		part, wait, ok := c.unitsWithin()
		if !ok {
			return nil, c.beyond("Tenant_Application/ResourceUnit", wait, false)
		}
		used = max(used, part)
	}
	for _, g := range gauges {
		g.taken.add(now, g.limit)
	}
	if used >= tellFrom {
		told.Set("X-Ms-Throttle-Limit-Percentage", fmt.Sprintf("%.2f", min(used, mostTold)))
	}
	return told, nil
}

// beyond refuses what a limit doesn't let through; a refused request counts nowhere.
func (c *call) beyond(scope string, wait time.Duration, mute bool) *reply {
	r := tooMany(wait)
	if mute {
		r.header.Del("Retry-After")
	}
	why := "WriteLimitExceeded"
	if c.method == http.MethodGet {
		why = "ResourceUnitLimitExceeded"
	}
	r.header.Set("X-Ms-Throttle-Scope", scope+"/"+c.caller()+"/"+c.id.Tenant)
	r.header.Set("X-Ms-Throttle-Information", why)
	r.header.Set("X-Ms-Throttle-Limit-Percentage", "1.00")
	return &r
}
