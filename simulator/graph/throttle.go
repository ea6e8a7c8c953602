package graph

import (
	"net/http"
	"strings"
	"time"
)

// bucket counts what was let through in a window that starts with its first item.
type bucket struct {
	from  time.Time
	count int
}

// take reports whether one more fits; else it answers how long to wait.
func (b *bucket) take(now time.Time, limit int, window time.Duration) (wait time.Duration, ok bool) {
	if now.Sub(b.from) >= window || now.Before(b.from) {
		b.from, b.count = now, 0
	}
	if b.count >= limit {
		return b.from.Add(window).Sub(now), false
	}
	b.count++
	return 0, true
}

// throttle refuses one call in three hundred, few enough for clients that do not try again, and what is beyond Graph's
// limits; a gentle world lets all through, unless the switch graph-limits says otherwise.
// Source: https://learn.microsoft.com/graph/throttling-limits, read 2026-11-22.
func (c *call) throttle() *reply {
	if c.s.w.Chance(1.0 / 300) {
		r := tooMany(c.s.w.Draw(time.Second, 3*time.Second))
		return &r
	}
	limits := c.s.limits()
	if limits.off {
		return nil
	}
	wait, within := c.reportsWithin()
	if within && c.method == http.MethodGet {
		wait, within = c.readsWithin()
	} else if within {
		wait, within = c.writesWithin(limits)
	}
	if within {
		return nil
	}
	r := tooMany(wait)
	return &r
}

// reportsWithin takes one of the five requests to reports and audit logs that pass in ten seconds.
func (c *call) reportsWithin() (time.Duration, bool) {
	if len(c.segments) == 0 || (!strings.EqualFold(c.segments[0], "reports") && !strings.EqualFold(c.segments[0], "auditLogs")) {
		return 0, true
	}
	return c.s.reports.take(c.s.w.Now(), 5, 10*time.Second)
}
