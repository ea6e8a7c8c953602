// Package alarm is River as an alarm clock (decision 1), the same on every database: it keeps when a run is to be looked
// at, and calls work at that time. The row of the run stays the truth; an alarm that is lost or comes twice does no harm.
package alarm

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"keyturn/renewal"
)

// Queue holds the wakes.
const Queue = "wake"

// tries: a wake that fails is tried again a few times at growing distance. After that the engine's own look at what is
// due makes a new one.
const tries = 5

// Wake is the alarm clock's only kind of job: look at a run, if it is still at that version.
type Wake struct {
	Run     string `json:"run"`
	Version int64  `json:"version"`
}

// Kind implements [river.JobArgs].
func (Wake) Kind() string { return "wake" }

// Of is the wake of run as it is now.
func Of(run renewal.Run) Wake { return Wake{run.ID, run.Version} }

// At is how a wake is kept until an instant of the machine's clock; the zero time is at once.
func At(at time.Time) *river.InsertOpts {
	return &river.InsertOpts{Queue: Queue, MaxAttempts: tries, ScheduledAt: at}
}

// After is when a parked run is to be looked at, by the machine's clock. Policy's clock, which now is an instant of, says
// how long it sleeps. The zero time is at once.
func After(run renewal.Run, now time.Time) time.Time {
	if sleep := run.WakeAt.Sub(now); sleep > 0 {
		return time.Now().Add(sleep)
	}
	return time.Time{}
}

// Opener makes River's client on one database.
type Opener[Tx any] func(config *river.Config) (*river.Client[Tx], error)

// Setter returns a client that only sets alarms; it starts nothing.
func (open Opener[Tx]) Setter() (*river.Client[Tx], error) {
	client, err := open(&river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("make the alarm clock: %w", err)
	}
	return client, nil
}

// Set adds a wake to a transaction; the zero time is at once.
func Set[Tx any](ctx context.Context, client *river.Client[Tx], tx Tx, wake Wake, at time.Time) error {
	if _, err := client.InsertTx(ctx, tx, wake, At(at)); err != nil {
		return fmt.Errorf("set the wake of run %s: %w", wake.Run, err)
	}
	return nil
}
