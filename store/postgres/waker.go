package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"keyturn/store/alarm"
)

// Waker is the alarm clock of the processes on one database. It is told by the server when there is work; where such
// notifications may not come through, as behind PgBouncer in transaction mode, it asks.
type Waker struct {
	*alarm.Clock[pgx.Tx]
	store *Store
}

// NewWaker makes the alarm clock of s, which must stay open until Stop has returned.
func NewWaker(s *Store, options alarm.Options) *Waker {
	return &Waker{alarm.NewClock(s.openAlarm, options), s}
}

// openAlarm is an [alarm.Opener].
func (s *Store) openAlarm(config *river.Config) (*river.Client[pgx.Tx], error) {
	config.PollOnly = s.pooler // nobody is told through one
	return river.NewClient(riverpgxv5.New(s.pool), config)
}

// Start is [alarm.Clock.Start]; what the server has against it, and its silence, is a problem.
func (w *Waker) Start(ctx context.Context, work alarm.Work) error {
	return w.store.unanswered(ctx, w.Clock.Start(ctx, work))
}

// Wake asks for a look at the run as soon as somebody who serves this store has a hand free, in this process or
// another. While the same look already waits to be taken it changes nothing, so it is safe to repeat. It doesn't need
// Start. A run that doesn't exist gives store.ErrNotFound.
func (w *Waker) Wake(ctx context.Context, run string) error {
	err := w.store.write(ctx, func(tx pgx.Tx) error {
		wake := alarm.Wake{Run: run}
		if err := tx.QueryRow(ctx, "SELECT version FROM run WHERE id = $1", run).Scan(&wake.Version); err != nil {
			return missing(err)
		}
		waits, err := waiting(ctx, tx, wake)
		if err != nil || waits {
			return err
		}
		return w.store.insertWake(ctx, tx, wake, time.Time{})
	})
	if err != nil {
		return fmt.Errorf("wake run %s: %w", run, err)
	}
	w.Rouse()
	return nil
}
