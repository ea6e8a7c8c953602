package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"keyturn/problem"
)

// pauses are how long a call that the database broke off waits before it is made again: they outlast a deadlock, a
// switch to another primary that is ready, and a restart of the server (two to five seconds).
var pauses = []time.Duration{
	20 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second,
}

// errSaved ends a transaction whose work was found done: an earlier try had been saved, and only its answer was lost.
var errSaved = errors.New("saved before")

// write runs do in one transaction, and again when the database breaks it off for a reason that passes. do may thus
// find its own work done by an earlier try whose answer was lost, and must know it again. When time runs out before
// that could be seen, the error is a problem with Doubtful set: the work may be saved, and whoever tries it again is
// fenced if it was.
func (s *Store) write(ctx context.Context, do func(tx pgx.Tx) error) error {
	return s.writeAs(ctx, s.begin, do)
}

// writeLazily is [Store.write] of what a power cut of the server may take: it doesn't wait for the server's disk.
func (s *Store) writeLazily(ctx context.Context, do func(tx pgx.Tx) error) error {
	return s.writeAs(ctx, lazily, do)
}

func (s *Store) writeAs(ctx context.Context, begin pgx.TxOptions, do func(tx pgx.Tx) error) error {
	inDoubt := false
	err := s.patiently(ctx, func(conn *pgx.Conn) error {
		doubtful, err := once(ctx, conn, begin, do)
		inDoubt = doubtful || inDoubt && unanswered(ctx, conn, err)
		return err
	})
	if err != nil && inDoubt {
		return &problem.Error{
			Class: problem.Retry, Code: codeDoubtful, Subject: s.place, Doubtful: true, Err: err,
			Message: "the PostgreSQL server didn't answer whether the step was saved",
		}
	}
	return s.classify(err)
}

// once makes one try at a transaction, and reports whether it is in doubt if that was saved.
func once(ctx context.Context, conn *pgx.Conn, begin pgx.TxOptions, do func(tx pgx.Tx) error) (doubtful bool, err error) {
	tx, err := conn.BeginTx(ctx, begin)
	if err != nil {
		return false, err
	}
	if err := do(tx); err != nil {
		if tx.Rollback(ctx) != nil {
			_ = conn.Close(ctx) // a connection that can't go back isn't used again
		}
		if errors.Is(err, errSaved) {
			err = nil
		}
		return false, err
	}
	err = tx.Commit(ctx)
	return err != nil && conn.IsClosed(), err
}

// unanswered reports whether a try learned nothing of what became of an earlier one.
func unanswered(ctx context.Context, conn *pgx.Conn, err error) bool {
	return err != nil && (conn.IsClosed() || ctx.Err() != nil || passing(err))
}

// read runs do on a connection, and again when the database breaks it off for a reason that passes.
func (r *reading) read(ctx context.Context, do func(conn *pgx.Conn) error) error {
	return r.classify(r.patiently(ctx, do))
}

// patiently makes tries until one isn't broken off.
func (r *reading) patiently(ctx context.Context, do func(conn *pgx.Conn) error) error {
	for _, pause := range pauses {
		err := r.try(ctx, do)
		if err == nil || !passing(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
	return r.try(ctx, do)
}

// try lends a connection to do. An error that ended the connection is marked as such, unless the caller's own time
// was over.
func (r *reading) try(ctx context.Context, do func(conn *pgx.Conn) error) error {
	lent, err := r.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer lent.Release()
	err = do(lent.Conn())
	var answer *pgconn.PgError
	if errors.As(err, &answer) && answer.Code == unprepared {
		r.pool.Reset() // no connection is better; each is made anew
	}
	if err != nil && lent.Conn().IsClosed() && ctx.Err() == nil {
		return severed{err}
	}
	return err
}
