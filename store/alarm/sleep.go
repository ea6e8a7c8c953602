package alarm

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// wakeAgain is after what time River is woken again when the database refused it.
const wakeAgain = time.Second

// hands are the runs that one process has in hand, and when it last had any.
type hands struct {
	knocks chan struct{} // somebody wants River awake

	mu   sync.Mutex
	full int
	last time.Time // that something was done or wanted
}

// take is called when work begins, and what it returns when that ends.
func (h *hands) take() (give func()) {
	h.move(1)
	return func() { h.move(-1) }
}

// move is something that was done; by is how many runs more are in hand.
func (h *hands) move(by int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.full, h.last = h.full+by, time.Now()
}

func (h *hands) knock() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = time.Now()
	select {
	case h.knocks <- struct{}{}:
	default:
	}
}

// idle is how long there was nothing to do. When that is as long as a lull, whoever knocked has been heard.
func (h *hands) idle(lull time.Duration) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.full > 0 {
		return 0
	}
	idle := time.Since(h.last)
	if idle >= lull {
		select {
		case <-h.knocks:
		default:
		}
	}
	return idle
}

// Rouse wakes River when it sleeps, so that it takes whatever is ready. Safe to repeat, from many goroutines; without
// Start it does nothing.
func (c *Clock[Tx]) Rouse() { c.hands.knock() }

// keep lets River sleep whenever there was nothing to do for a lull, and wakes it when somebody knocks, until the clock
// is stopped or ctx ends.
func (c *Clock[Tx]) keep(ctx context.Context, work Work) {
	for c.untilIdle(ctx) {
		c.sleep()
		select {
		case <-c.hands.knocks:
		case <-c.quit.Done():
			return
		case <-ctx.Done():
			return
		}
		if !c.wakeAtLast(ctx, work) {
			return
		}
	}
}

// untilIdle waits for a lull; false = the clock was stopped before.
func (c *Clock[Tx]) untilIdle(ctx context.Context) bool {
	for {
		idle := c.hands.idle(c.options.Lull)
		if idle >= c.options.Lull {
			return true
		}
		if !c.pause(ctx, c.options.Lull-idle) {
			return false
		}
	}
}

func (c *Clock[Tx]) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.quit.Done():
	case <-ctx.Done():
	}
	return false
}

// sleep tells the client that is awake to stop, and doesn't wait: should it have taken work just now, that goes on, and
// another client may begin beside it.
func (c *Clock[Tx]) sleep() {
	told, cancel := context.WithCancel(context.Background())
	cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, shift := range c.shifts {
		_ = shift.client.Stop(told) // that it doesn't stop within no time
	}
}

// shift is one client, from its waking to its end.
type shift[Tx any] struct {
	client *river.Client[Tx]
	end    context.CancelFunc // lets go of its context, when it has ended
}

// wake starts a client, unless the clock is stopped before the database answers. It is called with the lock held.
func (c *Clock[Tx]) wake(ctx context.Context, work Work) error {
	client, err := c.open(c.config(work))
	if err != nil {
		return fmt.Errorf("make the alarm clock: %w", err)
	}
	ctx, end := context.WithCancel(ctx)
	unhook := context.AfterFunc(c.quit, end)
	defer unhook() // the work in hand isn't ended by Stop
	if err := client.Start(ctx); err != nil {
		end()
		return fmt.Errorf("start the alarm clock: %w", err)
	}
	c.shifts = append(slices.DeleteFunc(c.shifts, hasEnded[Tx]), shift[Tx]{client, end})
	c.hands.move(0) // it has a whole lull to find what it was woken for
	return nil
}

func hasEnded[Tx any](s shift[Tx]) bool {
	select {
	case <-s.client.Stopped():
		s.end()
		return true
	default:
		return false
	}
}

// wakeAtLast starts a client as soon as the database lets it; false = the clock was stopped before.
func (c *Clock[Tx]) wakeAtLast(ctx context.Context, work Work) bool {
	for {
		err := c.wakeAlone(ctx, work)
		if c.quit.Err() != nil || err == nil {
			return err == nil
		}
		if c.options.Log != nil && ctx.Err() == nil {
			c.options.Log.Warn("could not wake the alarm clock; it is tried again", "error", err)
		}
		if !c.pause(ctx, wakeAgain) {
			return false
		}
	}
}

func (c *Clock[Tx]) wakeAlone(ctx context.Context, work Work) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.quit.Err(); err != nil {
		return err
	}
	return c.wake(ctx, work)
}
