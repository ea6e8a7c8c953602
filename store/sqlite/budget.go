package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"keyturn/store"
)

var _ store.Budgets = (*Store)(nil)

// Draw implements [store.Budgets].
func (s *Store) Draw(ctx context.Context, budget string, rate store.Rate, want int) (got int, wait time.Duration, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var now, spent, held int64
		err := tx.QueryRowContext(ctx, "SELECT now, coalesce(spent_at, 0), coalesce(held_until, 0) FROM (SELECT "+clock+
			" AS now) LEFT JOIN budget ON name = ?", budget).Scan(&now, &spent, &held)
		if err != nil {
			return err
		}
		var after time.Time
		if got, after, wait = rate.Grant(time.UnixMicro(now), time.UnixMicro(spent), time.UnixMicro(held), want); got == 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO budget (name, spent_at, held_until) VALUES (?, ?, 0)
			ON CONFLICT (name) DO UPDATE SET spent_at = excluded.spent_at`, budget, after.UnixMicro())
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("draw from the budget of %s: %w", budget, err)
	}
	return got, wait, nil
}

// Hold implements [store.Budgets].
func (s *Store) Hold(ctx context.Context, budget string, d time.Duration) error {
	_, err := s.change(ctx, "INSERT INTO budget (name, spent_at, held_until) VALUES (?1, 0, "+clock+` + ?2)
		ON CONFLICT (name) DO UPDATE SET held_until = iif(budget.held_until > `+clock+` + ?3, excluded.held_until,
		max(budget.held_until, excluded.held_until))`, budget, min(d, store.LongestHold).Microseconds(), store.LongestHold.Microseconds())
	if err != nil {
		return fmt.Errorf("hold the budget of %s: %w", budget, err)
	}
	return nil
}

// Held implements [store.Budgets].
func (s *Store) Held(ctx context.Context, budget string) (time.Duration, error) {
	var micros int64
	err := s.reader.QueryRowContext(ctx, "SELECT max(0, held_until - "+clock+") FROM budget WHERE name = ?", budget).Scan(&micros)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("ask whether the budget of %s is held: %w", budget, s.classify(err))
	}
	if wait := time.Duration(micros) * time.Microsecond; wait <= store.LongestHold {
		return wait, nil
	}
	return 0, nil
}
