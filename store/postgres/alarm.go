package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

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
func (s *Store) newAlarm() (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("make the alarm clock: %w", err)
	}
	return client, nil
}

// setAlarm adds the wake of a parked run to the transaction that parks it. Policy's clock says how long it sleeps; the
// machine's clock says when that is over.
func (s *Store) setAlarm(ctx context.Context, tx pgx.Tx, run renewal.Run) error {
	var at time.Time
	if sleep := run.WakeAt.Sub(run.UpdatedAt); sleep > 0 {
		at = time.Now().Add(sleep)
	}
	return s.insertWake(ctx, tx, wake{run.ID, run.Version}, at)
}

// insertWake adds a wake; the zero time is at once.
func (s *Store) insertWake(ctx context.Context, tx pgx.Tx, args wake, at time.Time) error {
	client, err := s.alarm()
	if err != nil {
		return err
	}
	if _, err := client.InsertTx(ctx, tx, args, &river.InsertOpts{Queue: queue, MaxAttempts: wakeTries, ScheduledAt: at}); err != nil {
		return fmt.Errorf("set the wake of run %s: %w", args.Run, err)
	}
	return nil
}

// wakeOf is the wake of a parked run that another store remembered, seen from policy's now.
func wakeOf(run renewal.Run, now time.Time) river.InsertManyParams {
	return river.InsertManyParams{
		Args:       wake{run.ID, run.Version},
		InsertOpts: &river.InsertOpts{Queue: queue, MaxAttempts: wakeTries, ScheduledAt: time.Now().Add(max(0, run.WakeAt.Sub(now)))},
	}
}

// setAlarms adds many wakes.
func (s *Store) setAlarms(ctx context.Context, tx pgx.Tx, wakes []river.InsertManyParams) error {
	if len(wakes) == 0 {
		return nil
	}
	client, err := s.alarm()
	if err != nil {
		return err
	}
	if _, err := client.InsertManyFastTx(ctx, tx, wakes); err != nil {
		return fmt.Errorf("set the wakes: %w", err)
	}
	return nil
}

// waiting reports whether the same wake already stands in the queue, ready to be taken, and keeps other processes from
// adding it until this transaction ends. One that is being worked doesn't count: its process may be dead.
func waiting(ctx context.Context, tx pgx.Tx, args wake) (found bool, err error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, hashtext($2))", lockWake, args.Run); err != nil {
		return false, fmt.Errorf("wait for others who wake run %s: %w", args.Run, err)
	}
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM river_job WHERE kind = $1 AND queue = $2 AND state = 'available'
		AND args ->> 'run' = $3 AND (args ->> 'version')::bigint = $4)`, args.Kind(), queue, args.Run, args.Version).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for a waiting wake of run %s: %w", args.Run, err)
	}
	return found, nil
}
