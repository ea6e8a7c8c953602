package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/store"
)

var _ store.Pruner = (*Store)(nil)

// outlived are the runs whose history may go: those that still have some.
const outlived = `SELECT id FROM run AS old WHERE NOT open AND ended_at < $1 AND EXISTS (SELECT 1 FROM event WHERE event.run = old.id)
	AND (SELECT count(*) FROM run AS newer WHERE newer.app = old.app AND newer.number > old.number) >= $2 LIMIT $3`

// Prune implements [store.Pruner].
func (s *Store) Prune(ctx context.Context, before time.Time) (more bool, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, outlived, instant(before), store.KeepRuns, store.PruneAtOnce)
		if err != nil {
			return err
		}
		runs, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM event WHERE run = ANY ($1)", runs); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM delivery WHERE run = ANY ($1)", runs)
		more = len(runs) == store.PruneAtOnce
		return err
	})
	if err != nil {
		return false, fmt.Errorf("forget old events: %w", err)
	}
	return more, nil
}
