package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"keyturn/renewal"
	"keyturn/store/alarm"
)

// setAlarm adds the wake of a parked run to the transaction that parks it.
func (s *Store) setAlarm(ctx context.Context, tx *sql.Tx, run renewal.Run) error {
	return s.insertWake(ctx, tx, alarm.Of(run), alarm.After(run, run.UpdatedAt))
}

// insertWake adds a wake; the zero time is at once.
func (s *Store) insertWake(ctx context.Context, tx *sql.Tx, wake alarm.Wake, at time.Time) error {
	client, err := s.alarm()
	if err != nil {
		return err
	}
	return alarm.Set(ctx, client, tx, wake, at)
}

// waiting reports whether the same wake already stands in the queue, ready to be taken. One that is being worked
// doesn't count: its process may be dead. Neither does one that was set before the clock was set back: River doesn't take it
// before that time has come again.
func (s *Store) waiting(ctx context.Context, tx *sql.Tx, wake alarm.Wake) (bool, error) {
	client, err := s.alarm()
	if err != nil {
		return false, err
	}
	found, err := client.JobListTx(ctx, tx, river.NewJobListParams().First(1).Queues(alarm.Queue).States(rivertype.JobStateAvailable).
		Where("args ->> '$.run' = @run AND args ->> '$.version' = @version AND scheduled_at <= datetime('now', 'subsec')", river.NamedArgs{"run": wake.Run, "version": wake.Version}))
	if err != nil {
		return false, fmt.Errorf("look for a waiting wake of run %s: %w", wake.Run, err)
	}
	return len(found.Jobs) > 0, nil
}
