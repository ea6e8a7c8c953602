package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"keyturn/store/alarm"
)

// Waker is the alarm clock of the processes on one file.
type Waker struct {
	*alarm.Clock[*sql.Tx]
	store *Store
}

// NewWaker makes the alarm clock of s, which must stay open until Stop has returned.
func NewWaker(s *Store, options alarm.Options) *Waker {
	return &Waker{alarm.NewClock(s.openAlarm, options), s}
}

// openAlarm is an [alarm.Opener].
func (s *Store) openAlarm(config *river.Config) (*river.Client[*sql.Tx], error) {
	config.PollOnly = true                  // River's notifications on SQLite are a poll too, twenty times a second
	config.ReindexerIndexNames = []string{} // SQLite's indexes don't bloat
	return river.NewClient(riversqlite.New(s.writer), config)
}

// Start is [alarm.Clock.Start]; what the file has against it is a problem.
func (w *Waker) Start(ctx context.Context, work alarm.Work) error {
	return w.store.classify(w.Clock.Start(ctx, work))
}

// Wake asks for a look at the run as soon as somebody who serves this store has a hand free, in this process or
// another. While the same look already waits to be taken it changes nothing, so it is safe to repeat. It doesn't need
// Start. A run that doesn't exist gives store.ErrNotFound.
func (w *Waker) Wake(ctx context.Context, run string) error {
	err := w.store.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		wake := alarm.Wake{Run: run}
		if err := tx.QueryRowContext(ctx, "SELECT version FROM run WHERE id = ?", run).Scan(&wake.Version); err != nil {
			return missing(err)
		}
		waits, err := w.store.waiting(ctx, tx, wake)
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
