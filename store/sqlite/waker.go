package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
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
	// pollEvery is how late a wake that is ready may be taken when nobody has work in hand; while there is work River asks
	// for more at once. Each time costs a statement, day and night. River moves timed wakes to ready every 5 s.
	pollEvery = time.Second
	// cancelGrace is how long Stop waits for work that it has cancelled.
	cancelGrace = 10 * time.Second
	// defaultWorkers is how many runs one process drives side by side.
	defaultWorkers = 16
)

// WakerOptions of a [Waker].
type WakerOptions struct {
	Workers int          // runs driven side by side; 0 = 16
	Log     *slog.Logger // gets River's warnings and errors; nil = nowhere
}

// Waker is the alarm clock: it calls work for each run whose time has come. Wakes are kept in the store and survive
// the process. One may come twice or too late, never too early by the machine's clock, so work must look at the run first; one of
// an older version than the run's means nothing any more.
type Waker struct {
	store   *Store
	options WakerOptions

	mu     sync.Mutex
	client *river.Client[*sql.Tx] // nil until Start
}

// NewWaker makes the alarm clock of s, which must stay open until Stop has returned.
func NewWaker(s *Store, options WakerOptions) *Waker {
	if options.Workers == 0 {
		options.Workers = defaultWorkers
	}
	return &Waker{store: s, options: options}
}

// Wake asks for a look at the run as soon as somebody who serves this store has a hand free, in this process or
// another. While the same look already waits to be taken it changes nothing, so it is safe to repeat. It doesn't need
// Start. A run that doesn't exist gives store.ErrNotFound.
func (w *Waker) Wake(ctx context.Context, run string) error {
	err := w.store.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		args := wake{Run: run}
		if err := tx.QueryRowContext(ctx, "SELECT version FROM run WHERE id = ?", run).Scan(&args.Version); err != nil {
			return missing(err)
		}
		waits, err := w.store.waiting(ctx, tx, args)
		if err != nil || waits {
			return err
		}
		return w.store.insertWake(ctx, tx, args, time.Time{})
	})
	if err != nil {
		return fmt.Errorf("wake run %s: %w", run, err)
	}
	return nil
}

// Start begins to call work, in up to Workers goroutines. An error of work is tried again later, a few times. When ctx
// ends, so do the contexts of the work in hand. A Waker starts once.
func (w *Waker) Start(ctx context.Context, work func(ctx context.Context, run string, version int64) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.client != nil {
		return errors.New("start the alarm clock: it was started before")
	}
	client, err := w.newClient(work)
	if err != nil {
		return fmt.Errorf("make the alarm clock: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("start the alarm clock: %w", w.store.classify(err))
	}
	w.client = client
	return nil
}

func (w *Waker) newClient(work func(ctx context.Context, run string, version int64) error) (*river.Client[*sql.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[wake]) error {
		return work(ctx, job.Args.Run, job.Args.Version)
	}))
	return river.NewClient(riversqlite.New(w.store.writer), &river.Config{
		Queues:                      map[string]river.QueueConfig{queue: {MaxWorkers: w.options.Workers}},
		Workers:                     workers,
		PollOnly:                    true, // River's notifications on SQLite are a poll too, twenty times a second
		FetchPollInterval:           pollEvery,
		JobTimeout:                  workTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		CompletedJobRetentionPeriod: keepWakes,
		DiscardedJobRetentionPeriod: keepWakes,
		ReindexerIndexNames:         []string{}, // SQLite's indexes don't bloat
		Logger:                      slog.New(quiet(w.options.Log)),
	})
}

// Stop takes no new work and waits for the work in hand. When ctx ends before, it ends the contexts of that work and
// waits another 10 s at most. Safe to repeat, and without Start.
func (w *Waker) Stop(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.client == nil {
		return nil
	}
	if w.client.Stop(ctx) == nil {
		return nil
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelGrace)
	defer cancel()
	if err := w.client.StopAndCancel(grace); err != nil {
		return fmt.Errorf("stop the alarm clock: %w", err)
	}
	return nil
}

// quiet passes on what River says of warnings and errors, under keys of its own; its life is of no interest otherwise.
func quiet(log *slog.Logger) slog.Handler {
	if log == nil {
		return slog.DiscardHandler
	}
	return warnings{log.Handler().WithGroup("river")}
}

// warnings is a handler for records from Warn upwards.
type warnings struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }
