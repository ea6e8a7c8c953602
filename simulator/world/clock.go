package world

import (
	"container/heap"
	"sync/atomic"
	"time"
)

// clock is the machine's clock plus every advance so far; while an event runs it stands still at the event's instant.
type clock struct {
	wall   time.Time // without a monotonic reading, so that instants compare by what they show
	start  time.Time
	offset atomic.Int64
	frozen atomic.Int64 // Unix nanoseconds, 0 while the clock runs
}

func (c *clock) begin(t time.Time) { c.start, c.wall = t, t.Round(0).UTC() }

func (c *clock) now() time.Time {
	if at := c.frozen.Load(); at != 0 {
		return time.Unix(0, at).UTC()
	}
	return c.wall.Add(time.Since(c.start) + time.Duration(c.offset.Load()))
}

// jump makes the running clock show t.
func (c *clock) jump(t time.Time) { c.offset.Store(int64(t.Sub(c.wall) - time.Since(c.start))) }

// Now is the simulated time in UTC: the machine's elapsed time plus all advances. While an event runs it is the event's
// instant, for everyone. Safe with and without the lock.
func (w *World) Now() time.Time { return w.clock.now() }

// At runs f at simulated time t, with the lock held and [World.Now] equal to t, in order of time; things scheduled for
// the same instant run in the order in which they were scheduled. A t in the past is due at once, that is when the lock
// is next taken. f may schedule more. Hold the lock.
func (w *World) At(t time.Time, f func(now time.Time)) {
	w.sequence++
	heap.Push(&w.events, &event{at: t.Round(0).UTC(), order: w.sequence, run: f})
	if w.events[0].order == w.sequence {
		w.nudge()
	}
}

// Advance moves the clock by d, running every event on the way at its own instant, in order. A d of 0 or less only runs
// what is due.
func (w *World) Advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock.now()
	target := now.Add(max(d, 0))
	w.clock.frozen.Store(now.UnixNano())
	w.runUntil(target)
	w.clock.frozen.Store(target.UnixNano())
	w.clock.jump(target)
	w.clock.frozen.Store(0)
	w.nudge()
}

// runDue runs what has become due as time went by. The lock is held.
func (w *World) runDue() {
	if now := w.clock.now(); len(w.events) > 0 && !w.events[0].at.After(now) {
		w.runUntil(now)
		w.clock.frozen.Store(0)
	}
}

// runUntil runs all events due at or before limit and leaves the clock standing at the last one. The lock is held.
func (w *World) runUntil(limit time.Time) {
	for len(w.events) > 0 && !w.events[0].at.After(limit) {
		next := heap.Pop(&w.events).(*event)
		w.clock.frozen.Store(next.at.UnixNano())
		next.run(next.at)
	}
}

// tick runs events as real time passes.
func (w *World) tick() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(w.untilNext())
		select {
		case <-w.done:
			return
		case <-w.wake:
		case <-timer.C:
		}
	}
}

// untilNext runs what is due and says how long nothing more will be.
func (w *World) untilNext() time.Duration {
	w.Lock()
	defer w.Unlock()
	if len(w.events) == 0 {
		return time.Hour
	}
	return max(w.events[0].at.Sub(w.clock.now()), 0)
}

func (w *World) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// event is one thing to come.
type event struct {
	at    time.Time
	order uint64
	run   func(now time.Time)
}

// schedule is a heap of events, earliest first.
type schedule []*event

func (s schedule) Len() int      { return len(s) }
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s schedule) Less(i, j int) bool {
	if !s[i].at.Equal(s[j].at) {
		return s[i].at.Before(s[j].at)
	}
	return s[i].order < s[j].order
}

// Push adds an event; for container/heap only.
func (s *schedule) Push(x any) { *s = append(*s, x.(*event)) }

// Pop takes the last event; for container/heap only.
func (s *schedule) Pop() any {
	old := *s
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	return last
}
