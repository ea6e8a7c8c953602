package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/renewal"
	"keyturn/store"
)

var _ store.Census = (*Store)(nil)

// Census implements [store.Census].
func (r *reading) Census(ctx context.Context, now time.Time) (groups []store.Group, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		groups, err = collect(ctx, conn, func(row pgx.CollectableRow) (store.Group, error) {
			var g store.Group
			var since time.Time
			err := row.Scan(&g.State, &g.Door, &g.Runs, &g.Tries, (*instant)(&since))
			g.Late = max(0, now.Sub(since))
			return g, err
		}, `SELECT state, door, count(*), max(tries), min(CASE WHEN door IN ($1, $2) THEN greatest(wake_at, updated_at) ELSE updated_at END)
			FROM run WHERE open GROUP BY state, door`, renewal.Wait, renewal.Retry)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count the open runs: %w", err)
	}
	return groups, nil
}
