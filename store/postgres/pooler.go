package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connect makes the pool of connections to the database at address, and reads what that says about itself.
func connect(ctx context.Context, address string) (r *reading, st stamp, err error) {
	config, place, err := settings(address)
	if err != nil {
		return nil, st, err
	}
	r = &reading{place: place}
	if err := r.use(ctx, config); err != nil {
		return nil, st, err
	}
	if st, err = r.readStamp(ctx); err == nil && st.pooler {
		err = r.heedPooler(ctx, address)
	}
	if err != nil {
		r.pool.Close()
		return nil, st, err
	}
	return r, st, nil
}

func (r *reading) use(ctx context.Context, config *pgxpool.Config) error {
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	r.pool = pool
	return nil
}

// heedPooler makes the pool anew for a server with a pooler such as PgBouncer before it. That may lend us another process for
// each transaction, so that nothing may be prepared on a connection, set for it, or locked by it for longer.
// Source: PgBouncer 1.18 (tried 2026-11-26); what such a mode lacks is listed in https://www.pgbouncer.org/features.html.
func (r *reading) heedPooler(ctx context.Context, address string) error {
	config := r.pool.Config()
	if !strings.Contains(address, "default_query_exec_mode=") {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	r.pool.Close()
	r.pooler = true
	return r.use(ctx, config)
}
