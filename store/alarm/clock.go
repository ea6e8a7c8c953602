package alarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"
)

const (
	// workTimeout ends the context of one look at a run. It is far beyond what a run ever does in one go (half an hour
	// of retries and a settling time), because ending it in between helps nobody.
	workTimeout = 2 * time.Hour
	// rescueAfter is when River takes a wake for lost with its process. It must be longer than workTimeout. Nothing
	// hangs on it: the engine finds runs of dead nodes by itself within seconds.
	rescueAfter = 3 * time.Hour
	// keepWakes is how long a wake that was worked stays to be seen. A run's own history is in our tables.
	keepWakes = time.Hour
	// pollEvery is how late a wake that is ready may be taken when nobody has work in hand and the database tells nothing
	// by itself; while there is work River asks for more at once. River moves timed wakes to ready every 5 s.
	pollEvery = time.Second
	// lull is how long there was nothing to do when River is let to sleep: longer than any of its own ways to notice work.
	lull = 20 * time.Second
	// cancelGrace is how long Stop waits for work that it has cancelled.
	cancelGrace = 10 * time.Second
	// defaultWorkers is how many runs one process drives side by side.
	defaultWorkers = 16
)

// Options of a [Clock].
type Options struct {
	Workers int           // runs driven side by side; 0 = 16
	Lull    time.Duration // without work, after which River sleeps; 0 = 20 s
	Log     *slog.Logger  // gets River's warnings and errors; nil = nowhere
}

// Work looks at a run. A wake may come twice or too late, never too early by the machine's clock, so work must look at the
// run first; one of an older version than the run's means nothing any more.
type Work = func(ctx context.Context, run string, version int64) error

// Clock calls work for each run whose time has come, in one of the processes that have started one on the same store.
// Wakes are kept in the store and survive the process.
//
// River sleeps while there is nothing to do, because its pulse alone would be most of what an idle process costs. It then
// notices no wake by itself: whoever finds a run that is due must [Clock.Rouse] it.
type Clock[Tx any] struct {
	open    Opener[Tx]
	options Options
	hands   hands
	quit    context.Context // ended by Stop
	stop    context.CancelFunc

	mu      sync.Mutex
	started bool
	shifts  []shift[Tx] // the last is awake, unless it was told to stop; those before end their work in hand
}

// NewClock makes the alarm clock of a store, which must stay open until Stop has returned.
func NewClock[Tx any](open Opener[Tx], options Options) *Clock[Tx] {
	options.Workers, options.Lull = cmp.Or(options.Workers, defaultWorkers), cmp.Or(options.Lull, lull)
	quit, stop := context.WithCancel(context.Background())
	return &Clock[Tx]{open: open, options: options, hands: hands{knocks: make(chan struct{}, 1)}, quit: quit, stop: stop}
}

// Start begins to call work, in up to Workers goroutines. An error of work is tried again later, a few times. When ctx
// ends, so do the contexts of the work in hand. A Clock starts once, and not after Stop. The database's own errors are
// returned as they are.
func (c *Clock[Tx]) Start(ctx context.Context, work Work) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started || c.quit.Err() != nil {
		return errors.New("start the alarm clock: it was started or stopped before")
	}
	if err := c.wake(ctx, work); err != nil {
		return err
	}
	c.started = true
	c.hands.knock()
	go c.keep(ctx, work)
	return nil
}

func (c *Clock[Tx]) config(work Work) *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[Wake]) error {
		defer c.hands.take()()
		return work(ctx, job.Args.Run, job.Args.Version)
	}))
	return &river.Config{
		Queues:                      map[string]river.QueueConfig{Queue: {MaxWorkers: c.options.Workers}},
		Workers:                     workers,
		FetchPollInterval:           pollEvery,
		JobTimeout:                  workTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		CompletedJobRetentionPeriod: keepWakes,
		DiscardedJobRetentionPeriod: keepWakes,
		Logger:                      slog.New(quiet(c.options.Log)),
	}
}

// Stop takes no new work and waits for the work in hand. When ctx ends before, it ends the contexts of that work and
// waits another 10 s at most. Safe to repeat, and without Start.
func (c *Clock[Tx]) Stop(ctx context.Context) error {
	c.stop() // before the lock: whoever wakes River holds it, for as long as the database takes to answer
	c.mu.Lock()
	defer c.mu.Unlock()
	var group errgroup.Group
	for _, shift := range c.shifts {
		group.Go(func() error { defer shift.end(); return end(ctx, shift.client) })
	}
	return group.Wait()
}

// end stops a client as [Clock.Stop] says. One that has stopped by itself is no failure.
func end[Tx any](ctx context.Context, client *river.Client[Tx]) error {
	if client.Stop(ctx) == nil {
		return nil
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelGrace)
	defer cancel()
	if err := client.StopAndCancel(grace); err != nil {
		return fmt.Errorf("stop the alarm clock: %w", err)
	}
	return nil
}
