package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/store"
)

var _ store.Budgets = (*Store)(nil)

// Draw implements [store.Budgets]. Shares of a draw whose answer was lost are nobody's.
func (s *Store) Draw(ctx context.Context, budget string, rate store.Rate, want int) (got int, wait time.Duration, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		var now, spent, held time.Time
		// the row is there afterwards, and locked
		err := tx.QueryRow(ctx, `INSERT INTO budget (name, spent_at, held_until) VALUES ($1, 'epoch', 'epoch')
			ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING spent_at, held_until, `+clock, budget).Scan(&spent, &held, &now)
		if err != nil {
			return err
		}
		var after time.Time
		if got, after, wait = rate.Grant(now, spent, held, want); got == 0 {
			return nil
		}
		_, err = tx.Exec(ctx, "UPDATE budget SET spent_at = $2 WHERE name = $1", budget, after)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("draw from the budget of %s: %w", budget, err)
	}
	return got, wait, nil
}

// Hold implements [store.Budgets].
func (s *Store) Hold(ctx context.Context, budget string, d time.Duration) error {
	_, err := s.change(ctx, "INSERT INTO budget (name, spent_at, held_until) VALUES ($1, 'epoch', "+clock+` + $2 * interval '1 microsecond')
		ON CONFLICT (name) DO UPDATE SET held_until = CASE WHEN budget.held_until > `+clock+` + $3 * interval '1 microsecond' THEN excluded.held_until
		ELSE greatest(budget.held_until, excluded.held_until) END`, budget, min(d, store.LongestHold).Microseconds(), store.LongestHold.Microseconds())
	if err != nil {
		return fmt.Errorf("hold the budget of %s: %w", budget, err)
	}
	return nil
}

// Held implements [store.Budgets].
func (r *reading) Held(ctx context.Context, budget string) (wait time.Duration, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT greatest(0, extract(epoch FROM held_until - "+clock+") * 1000000)::bigint FROM budget WHERE name = $1", budget)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if len(found) == 1 && found[0] <= store.LongestHold.Microseconds() {
			wait = time.Duration(found[0]) * time.Microsecond
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("ask whether the budget of %s is held: %w", budget, err)
	}
	return wait, nil
}
