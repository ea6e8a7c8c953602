package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

// most is the largest number of rows that one call returns.
const most = 1000

const auditColumns = "app, number, at, who, run, action, object, outcome, detail, requests, previous, digest"

// Run implements [store.Reader].
func (r *reading) Run(ctx context.Context, id string) (renewal.Run, error) {
	var run renewal.Run
	err := r.read(ctx, func(conn *pgx.Conn) error {
		found, err := collect(ctx, conn, scanRun, "SELECT "+runColumns+" FROM run WHERE id = $1", id)
		if err == nil && len(found) == 0 {
			return store.ErrNotFound
		}
		if err == nil {
			run = found[0]
		}
		return err
	})
	if err != nil {
		return renewal.Run{}, fmt.Errorf("read run %s: %w", id, err)
	}
	return run, nil
}

// Runs implements [store.Reader].
func (r *reading) Runs(ctx context.Context, filter store.Filter) (runs []renewal.Run, err error) {
	query, args := runsQuery(filter)
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		runs, err = collect(ctx, conn, scanRun, query, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the runs: %w", err)
	}
	return runs, nil
}

func runsQuery(f store.Filter) (query string, args []any) {
	value := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	query = "SELECT " + runColumns + " FROM run WHERE true"
	if f.App != "" {
		query += " AND app = " + value(f.App)
	}
	if f.Open {
		query += " AND open"
	}
	if f.Latest {
		query += " AND number IN (SELECT max(number) FROM run GROUP BY app)"
	}
	if !f.Due.IsZero() {
		query += fmt.Sprintf(` AND open AND (wake_at <= %s OR wake_at IS NULL AND door <> %s)
			AND NOT EXISTS (SELECT 1 FROM node WHERE node.id = run.node AND alive_until > `+clock+")",
			value(instant(f.Due)), value(renewal.Person))
	}
	if f.Waiting {
		query += " AND open AND door = " + value(renewal.Person)
	}
	if f.Before != "" {
		query += " AND number < (SELECT number FROM run WHERE id = " + value(f.Before) + ")"
	}
	order := "number DESC"
	if !f.Due.IsZero() {
		order = `"order" ->> 'retiresEnd' NULLS FIRST, number`
	}
	return query + " ORDER BY " + order + " LIMIT " + value(atMost(f.Limit)), args
}

// History implements [store.Reader]. All parts are of one moment.
func (r *reading) History(ctx context.Context, id string) (h store.History, err error) {
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = r.read(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, moment, func(tx pgx.Tx) (err error) {
			h, err = historyOf(ctx, tx, id)
			return err
		})
	})
	if err != nil {
		return store.History{}, fmt.Errorf("read the history of run %s: %w", id, err)
	}
	return h, nil
}

func historyOf(ctx context.Context, tx pgx.Tx, id string) (h store.History, err error) {
	if h.Attempts, err = collect(ctx, tx, scanAttempt, `SELECT run, n, mark, state, key_id, hint, start, "end", at
		FROM attempt WHERE run = $1 ORDER BY n`, id); err != nil {
		return h, err
	}
	if h.Deliveries, err = collect(ctx, tx, scanDelivery, `SELECT run, n, target, state, receipt, rung, note, written_at, proven_at, provable
		FROM delivery WHERE run = $1 ORDER BY n, target`, id); err != nil {
		return h, err
	}
	h.Audit, err = collect(ctx, tx, scanEntry, "SELECT "+auditColumns+" FROM audit WHERE run = $1 ORDER BY number", id)
	return h, err
}

// Chain implements [store.Ledger].
func (r *reading) Chain(ctx context.Context, app string) (entries []audit.Entry, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		entries, err = collect(ctx, conn, scanEntry, "SELECT "+auditColumns+" FROM audit WHERE app = $1 ORDER BY number", app)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit log of %s: %w", app, err)
	}
	return entries, nil
}

// LastEvent implements [store.Pages].
func (r *reading) LastEvent(ctx context.Context) (last int64, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		last, err = settledUntil(ctx, conn)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("look for the last event: %w", err)
	}
	return last, nil
}

// Entries implements [store.Pages].
func (r *reading) Entries(ctx context.Context, f store.EntryFilter) (entries []audit.Entry, err error) {
	query, args := "SELECT "+auditColumns+" FROM audit WHERE true", []any{atMost(f.Limit)}
	if f.App != "" {
		args = append(args, f.App)
		query += fmt.Sprintf(" AND app = $%d", len(args))
	}
	if f.Before != (store.Entry{}) {
		query += fmt.Sprintf(" AND (at, app, number) < ($%d, $%d, $%d)", len(args)+1, len(args)+2, len(args)+3)
		args = append(args, instant(f.Before.At), f.Before.App, f.Before.Number)
	}
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		entries, err = collect(ctx, conn, scanEntry, query+" ORDER BY at DESC, app DESC, number DESC LIMIT $1", args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return entries, nil
}

func atMost(limit int) int {
	if limit <= 0 {
		return most
	}
	return limit
}

// querier is a connection or one transaction.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

// collect reads all rows of a query; none is nil.
func collect[T any](ctx context.Context, from querier, scan pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	rows, err := from.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]T(nil), rows, scan)
}
