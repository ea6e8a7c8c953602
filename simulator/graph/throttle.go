package graph

import (
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

// throttle refuses one call in three hundred, few enough for clients that do not try again, and reports beyond five in
// ten seconds; a gentle world lets all through.
// Source: https://learn.microsoft.com/graph/throttling-limits, read 2026-11-22.
func (c *call) throttle() *reply {
	if c.s.w.Gentle() {
		return nil
	}
	if c.s.w.Chance(1.0 / 300) {
		r := tooMany(c.s.w.Draw(time.Second, 3*time.Second))
		return &r
	}
	if len(c.segments) > 0 && (c.segments[0] == "reports" || c.segments[0] == "auditLogs") {
		if wait, ok := c.s.reports.take(c.s.w.Now(), 5, 10*time.Second); !ok {
			r := tooMany(wait)
			return &r
		}
	}
	return nil
}
