package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"keyturn/store"
)

var _ store.Pruner = (*Store)(nil)

// outlived are the runs whose history may go: those that still have some.
const outlived = `SELECT id FROM run AS old WHERE open = 0 AND ended_at < ? AND EXISTS (SELECT 1 FROM event WHERE event.run = old.id)
	AND (SELECT count(*) FROM run AS newer WHERE newer.app = old.app AND newer.number > old.number) >= ? LIMIT ?`

// Prune implements [store.Pruner].
func (s *Store) Prune(ctx context.Context, before time.Time) (more bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		runs, err := collect(ctx, tx, func(row scanner) (id string, err error) { return id, row.Scan(&id) },
			outlived, instant(before), store.KeepRuns, store.PruneAtOnce)
		if err != nil {
			return err
		}
		for _, id := range runs {
			for _, statement := range []string{"DELETE FROM event WHERE run = ?", "DELETE FROM delivery WHERE run = ?"} {
				if _, err := tx.ExecContext(ctx, statement, id); err != nil {
					return err
				}
			}
		}
		more = len(runs) == store.PruneAtOnce
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("forget old events: %w", err)
	}
	return more, nil
}
