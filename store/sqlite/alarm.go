package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"keyturn/renewal"
)

// wake is the alarm clock's only kind of job: look at a run, if it is still at that version.
type wake struct {
	Run     string `json:"run"`
	Version int64  `json:"version"`
}

// Kind implements [river.JobArgs].
func (wake) Kind() string { return "wake" }

const (
	queue = "wake"
	// wakeTries: a wake that fails is tried again a few times at growing distance. After that the engine's own look
	// at what is due makes a new one.
	wakeTries = 5
)

// newAlarm makes the client that only sets alarms; it starts nothing.
func (s *Store) newAlarm() (*river.Client[*sql.Tx], error) {
	client, err := river.NewClient(riversqlite.New(s.writer), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("make the alarm clock: %w", err)
	}
	return client, nil
}

// setAlarm adds the wake of a parked run to the transaction that parks it. Policy's clock says how long it sleeps; the
// machine's clock says when that is over.
func (s *Store) setAlarm(ctx context.Context, tx *sql.Tx, run renewal.Run) error {
	var at time.Time
	if sleep := run.WakeAt.Sub(run.UpdatedAt); sleep > 0 {
		at = time.Now().Add(sleep)
	}
	return s.insertWake(ctx, tx, wake{run.ID, run.Version}, at)
}

// insertWake adds a wake; the zero time is at once.
func (s *Store) insertWake(ctx context.Context, tx *sql.Tx, args wake, at time.Time) error {
	client, err := s.alarm()
	if err != nil {
		return err
	}
	if _, err := client.InsertTx(ctx, tx, args, &river.InsertOpts{Queue: queue, MaxAttempts: wakeTries, ScheduledAt: at}); err != nil {
		return fmt.Errorf("set the wake of run %s: %w", args.Run, err)
	}
	return nil
}

// waiting reports whether the same wake already stands in the queue, ready to be taken. One that is being worked
// doesn't count: its process may be dead.
func (s *Store) waiting(ctx context.Context, tx *sql.Tx, args wake) (bool, error) {
	client, err := s.alarm()
	if err != nil {
		return false, err
	}
	found, err := client.JobListTx(ctx, tx, river.NewJobListParams().First(1).Queues(queue).States(rivertype.JobStateAvailable).
		Where("args ->> '$.run' = @run AND args ->> '$.version' = @version", river.NamedArgs{"run": args.Run, "version": args.Version}))
	if err != nil {
		return false, fmt.Errorf("look for a waiting wake of run %s: %w", args.Run, err)
	}
	return len(found.Jobs) > 0, nil
}
