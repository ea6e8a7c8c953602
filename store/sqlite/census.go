package sqlite

import (
	"context"
	"fmt"
	"time"

	"keyturn/renewal"
	"keyturn/store"
)

var _ store.Census = (*Store)(nil)

// Census implements [store.Census].
func (s *Store) Census(ctx context.Context, now time.Time) ([]store.Group, error) {
	groups, err := collect(ctx, s.reader, func(row scanner) (store.Group, error) {
		var g store.Group
		var since time.Time
		err := row.Scan(&g.State, &g.Door, &g.Runs, &g.Tries, (*instant)(&since))
		g.Late = max(0, now.Sub(since))
		return g, err
	}, `SELECT state, door, count(*), max(tries), min(iif(door IN (?, ?), max(wake_at, updated_at), updated_at))
		FROM run WHERE open = 1 GROUP BY state, door`, renewal.Wait, renewal.Retry)
	if err != nil {
		return nil, fmt.Errorf("count the open runs: %w", s.classify(err))
	}
	return groups, nil
}
