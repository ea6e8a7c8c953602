package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

// most is the largest number of rows that one call returns.
const most = 1000

const auditColumns = "app, number, at, who, run, action, object, outcome, detail, requests, previous, digest"

// querier is the pool or one transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Run implements [store.Reader].
func (s *Store) Run(ctx context.Context, id string) (renewal.Run, error) {
	run, err := scanRun(s.reader.QueryRowContext(ctx, "SELECT "+runColumns+" FROM run WHERE id = ?", id))
	if err != nil {
		return renewal.Run{}, fmt.Errorf("read run %s: %w", id, s.classify(missing(err)))
	}
	return run, nil
}

// Runs implements [store.Reader].
func (s *Store) Runs(ctx context.Context, filter store.Filter) ([]renewal.Run, error) {
	query, args := runsQuery(filter)
	runs, err := collect(ctx, s.reader, scanRun, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the runs: %w", s.classify(err))
	}
	return runs, nil
}

func runsQuery(f store.Filter) (query string, args []any) {
	query = "SELECT " + runColumns + " FROM run WHERE 1"
	if f.App != "" {
		query, args = query+" AND app = ?", append(args, f.App)
	}
	if f.Open {
		query += " AND open = 1"
	}
	if f.Latest {
		query += " AND number IN (SELECT max(number) FROM run GROUP BY app)"
	}
	if !f.Due.IsZero() {
		query += ` AND open = 1 AND wake_at <= ? AND (wake_at > 0 OR door <> ?)
			AND NOT EXISTS (SELECT 1 FROM node WHERE node.id = run.node AND alive_until > ` + clock + ")"
		args = append(args, instant(f.Due), renewal.Person)
	}
	if f.Waiting {
		query, args = query+" AND open = 1 AND door = ?", append(args, renewal.Person)
	}
	if f.Before != "" {
		query, args = query+" AND number < (SELECT number FROM run WHERE id = ?)", append(args, f.Before)
	}
	order := "number DESC"
	if !f.Due.IsZero() {
		order = `"order" ->> 'retiresEnd', number`
	}
	return query + " ORDER BY " + order + " LIMIT ?", append(args, atMost(f.Limit))
}

// History implements [store.Reader]. All parts are of one moment.
func (s *Store) History(ctx context.Context, id string) (store.History, error) {
	var h store.History
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		if h.Attempts, err = collect(ctx, tx, scanAttempt, `SELECT run, n, mark, state, key_id, hint, start, "end", at
			FROM attempt WHERE run = ? ORDER BY n`, id); err != nil {
			return err
		}
		if h.Deliveries, err = collect(ctx, tx, scanDelivery, `SELECT run, n, target, state, receipt, rung, note, written_at, proven_at, provable
			FROM delivery WHERE run = ? ORDER BY n, target`, id); err != nil {
			return err
		}
		h.Audit, err = collect(ctx, tx, scanEntry, "SELECT "+auditColumns+" FROM audit WHERE run = ? ORDER BY number", id)
		return err
	})
	if err != nil {
		return store.History{}, fmt.Errorf("read the history of run %s: %w", id, err)
	}
	return h, nil
}

// Events implements [store.Reader].
func (s *Store) Events(ctx context.Context, run string, after int64) ([]renewal.Event, error) {
	query, args := "SELECT sequence, run, app, kind, text, at, fields FROM event WHERE sequence > ?", []any{after}
	if run != "" {
		query, args = query+" AND run = ?", append(args, run)
	}
	events, err := collect(ctx, s.reader, scanEvent, query+" ORDER BY sequence LIMIT ?", append(args, most)...)
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", s.classify(err))
	}
	return events, nil
}

// Chain implements [store.Ledger].
func (s *Store) Chain(ctx context.Context, app string) ([]audit.Entry, error) {
	entries, err := collect(ctx, s.reader, scanEntry, "SELECT "+auditColumns+" FROM audit WHERE app = ? ORDER BY number", app)
	if err != nil {
		return nil, fmt.Errorf("read the audit log of %s: %w", app, s.classify(err))
	}
	return entries, nil
}

// LastEvent implements [store.Pages].
func (s *Store) LastEvent(ctx context.Context) (last int64, err error) {
	if err := s.reader.QueryRowContext(ctx, "SELECT coalesce(max(sequence), 0) FROM event").Scan(&last); err != nil {
		return 0, fmt.Errorf("look for the last event: %w", s.classify(err))
	}
	return last, nil
}

// Entries implements [store.Pages].
func (s *Store) Entries(ctx context.Context, f store.EntryFilter) ([]audit.Entry, error) {
	query, args := "SELECT "+auditColumns+" FROM audit WHERE 1", []any(nil)
	if f.App != "" {
		query, args = query+" AND app = ?", append(args, f.App)
	}
	if f.Before != (store.Entry{}) {
		query, args = query+" AND (at, app, number) < (?, ?, ?)", append(args, instant(f.Before.At), f.Before.App, f.Before.Number)
	}
	entries, err := collect(ctx, s.reader, scanEntry, query+" ORDER BY at DESC, app DESC, number DESC LIMIT ?", append(args, atMost(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", s.classify(err))
	}
	return entries, nil
}

func atMost(limit int) int {
	if limit <= 0 {
		return most
	}
	return limit
}

// read runs do in one transaction that sees one moment of the store.
func (s *Store) read(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := s.reader.BeginTx(ctx, nil)
	if err != nil {
		return s.classify(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return s.classify(do(tx))
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, from querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var full [][]T // so that a long list isn't copied again and again while it grows
	var last []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		if last = append(last, one); len(last) == chunk {
			full, last = append(full, last), make([]T, 0, chunk)
		}
	}
	if full == nil {
		return last, rows.Err()
	}
	return slices.Concat(append(full, last)...), rows.Err()
}

// chunk is how many rows are gathered at a time.
const chunk = 128

func scanAttempt(row scanner) (renewal.Attempt, error) {
	var a renewal.Attempt
	err := row.Scan(&a.Run, &a.N, &a.Mark, &a.State, &a.KeyID, &a.Hint, (*instant)(&a.Start), (*instant)(&a.End), (*instant)(&a.At))
	return a, err
}

func scanDelivery(row scanner) (renewal.Delivery, error) {
	var d renewal.Delivery
	err := row.Scan(&d.Run, &d.N, &d.Target, &d.State, &d.Receipt, &d.Rung, &d.Note, (*instant)(&d.WrittenAt), (*instant)(&d.ProvenAt), &d.Provable)
	return d, err
}

func scanEvent(row scanner) (renewal.Event, error) {
	var e renewal.Event
	err := row.Scan(&e.Sequence, &e.Run, &e.App, &e.Kind, &e.Text, (*instant)(&e.At), document{&e.Fields})
	return e, err
}

func scanEntry(row scanner) (audit.Entry, error) {
	var e audit.Entry
	err := row.Scan(&e.App, &e.Number, (*instant)(&e.At), &e.Who, &e.Run, &e.Action, &e.Object, &e.Outcome, &e.Detail, &e.Requests, &e.Previous, &e.Digest)
	return e, err
}
