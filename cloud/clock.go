package cloud

import (
	"net/http"
	"sync/atomic"
	"time"
)

// tolerated is how far the local clock may be off before the cloud's is used instead. Dates on the wire have whole
// seconds and arrive late by the time of the answer, so a smaller difference means nothing.
const tolerated = 2 * time.Minute

// clock is the local clock and what is known of its difference to the cloud's.
type clock struct {
	local func() time.Time
	ahead atomic.Int64 // nanoseconds that the cloud's clock is ahead
}

func (c *clock) skew() time.Duration { return time.Duration(c.ahead.Load()) }

func (c *clock) now() time.Time {
	now := c.local()
	if skew := c.skew(); skew > tolerated || skew < -tolerated {
		now = now.Add(skew)
	}
	return now
}

// observe learns from an answer's Date. A missing or malformed one teaches nothing.
func (c *clock) observe(header http.Header) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		c.ahead.Store(int64(date.Sub(c.local())))
	}
}
