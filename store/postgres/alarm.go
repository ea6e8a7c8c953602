package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"keyturn/renewal"
	"keyturn/store/alarm"
)

// setAlarm adds the wake of a parked run to the transaction that parks it.
func (s *Store) setAlarm(ctx context.Context, tx pgx.Tx, run renewal.Run) error {
	return s.insertWake(ctx, tx, alarm.Of(run), alarm.After(run, run.UpdatedAt))
}

// insertWake adds a wake; the zero time is at once.
func (s *Store) insertWake(ctx context.Context, tx pgx.Tx, wake alarm.Wake, at time.Time) error {
	client, err := s.alarm()
	if err != nil {
		return err
	}
	return alarm.Set(ctx, client, tx, wake, at)
}

// wakeOf is the wake of a parked run that another store remembered, seen from policy's now.
func wakeOf(run renewal.Run, now time.Time) river.InsertManyParams {
	return river.InsertManyParams{Args: alarm.Of(run), InsertOpts: alarm.At(alarm.After(run, now))}
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
// adding it until this transaction ends. One that is being worked doesn't count: its process may be dead. Neither does one
// that was set before the clock was set back: River doesn't take it before that time has come again.
func waiting(ctx context.Context, tx pgx.Tx, wake alarm.Wake) (found bool, err error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, hashtext($2))", lockWake, wake.Run); err != nil {
		return false, fmt.Errorf("wait for others who wake run %s: %w", wake.Run, err)
	}
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM river_job WHERE kind = $1 AND queue = $2 AND state = 'available'
		AND scheduled_at <= clock_timestamp() AND args ->> 'run' = $3 AND (args ->> 'version')::bigint = $4)`, wake.Kind(), alarm.Queue, wake.Run, wake.Version).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for a waiting wake of run %s: %w", wake.Run, err)
	}
	return found, nil
}
