package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/store"
)

var (
	_ store.Nodes   = (*Store)(nil)
	_ store.Servers = (*Store)(nil)
)

// clock is the database's own time at this instant; now() would be that of the transaction's beginning, which may have
// waited for a row since.
const clock = "clock_timestamp()"

// Beat implements [store.Nodes].
func (s *Store) Beat(ctx context.Context, node string, ttl time.Duration) error {
	return s.live(ctx, node, ttl, false)
}

// Serve implements [store.Servers].
func (s *Store) Serve(ctx context.Context, node string, ttl time.Duration) error {
	return s.live(ctx, node, ttl, true)
}

func (s *Store) live(ctx context.Context, node string, ttl time.Duration, serves bool) error {
	_, err := s.change(ctx, "WITH cut AS (UPDATE node SET alive_until = "+clock+" + $4 * interval '1 microsecond' WHERE id <> $1 AND alive_until > "+
		clock+" + $4 * interval '1 microsecond') INSERT INTO node (id, alive_until, serves) VALUES ($1, "+clock+` + $2 * interval '1 microsecond', $3)
		ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until, serves = node.serves OR excluded.serves`,
		node, ttl.Microseconds(), serves, store.LongestLease.Microseconds())
	if err != nil {
		return fmt.Errorf("say that node %s is alive: %w", node, err)
	}
	return nil
}

// Leave implements [store.Nodes]. It also forgets the nodes that died more than a day ago without leaving.
func (s *Store) Leave(ctx context.Context, node string) error {
	if _, err := s.change(ctx, "DELETE FROM node WHERE id = $1 OR alive_until < "+clock+" - interval '1 day'", node); err != nil {
		return fmt.Errorf("take leave of node %s: %w", node, err)
	}
	return nil
}

// Served implements [store.Servers].
func (r *reading) Served(ctx context.Context) (served bool, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM node WHERE serves AND alive_until > "+clock+")").Scan(&served)
	})
	if err != nil {
		return false, fmt.Errorf("ask whether a node serves: %w", err)
	}
	return served, nil
}

// change runs one statement in a transaction of its own and returns how many rows it changed.
func (s *Store) change(ctx context.Context, statement string, args ...any) (changed int64, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, statement, args...)
		changed = tag.RowsAffected()
		return err
	})
	return changed, err
}
