package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connect makes the pool of connections to the database at address, and finds out what stands before it.
func connect(ctx context.Context, address string) (*reading, error) {
	config, place, err := settings(address)
	if err != nil {
		return nil, err
	}
	r := &reading{place: place}
	if err := r.use(ctx, config); err != nil {
		return nil, err
	}
	if r.pooler, err = r.seesPooler(ctx); err == nil && r.pooler {
		config = r.pool.Config()
		if !strings.Contains(address, "default_query_exec_mode=") {
			config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
		}
		r.pool.Close()
		err = r.use(ctx, config)
	}
	if err != nil {
		r.pool.Close()
		return nil, err
	}
	return r, nil
}

func (r *reading) use(ctx context.Context, config *pgxpool.Config) error {
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	r.pool = pool
	return nil
}

// seesPooler reports whether a pooler such as PgBouncer stands before the server: the process that answers isn't the one
// that greeted. Such a one may lend us another process for each transaction, so that nothing may be prepared on a
// connection, set for it, or locked by it for longer.
// Source: PgBouncer 1.18 (tried 2026-11-26); what such a mode lacks is listed in https://www.pgbouncer.org/features.html.
func (r *reading) seesPooler(ctx context.Context) (bool, error) {
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("reach the store: %w", r.classify(err))
	}
	defer conn.Release()
	var answers uint32
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeExec).Scan(&answers); err != nil {
		return false, fmt.Errorf("reach the store: %w", r.classify(err))
	}
	return answers != conn.Conn().PgConn().PID(), nil
}
