package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// often are the statements of every save. They are prepared once a process, since parsing them takes as long as
// carrying them out.
var often = []string{updateRun, upsertAttempt, upsertDelivery, insertEvent, insertEntry, lastEntry}

// script is one transaction.
type script struct {
	*sql.Tx
	prepared map[string]*sql.Stmt // by text
}

// ExecContext is [sql.Tx.ExecContext].
func (tx script) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if kept := tx.prepared[query]; kept != nil {
		return tx.StmtContext(ctx, kept).ExecContext(ctx, args...)
	}
	return tx.Tx.ExecContext(ctx, query, args...)
}

// QueryRowContext is [sql.Tx.QueryRowContext].
func (tx script) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if kept := tx.prepared[query]; kept != nil {
		return tx.StmtContext(ctx, kept).QueryRowContext(ctx, args...)
	}
	return tx.Tx.QueryRowContext(ctx, query, args...)
}

// write runs do in one transaction, which begins as a writer, so that it waits at the start or not at all: ctx ends
// that wait. The context that do is given doesn't end, because each statement is short, and the driver starts a
// goroutine for each one that could be stopped. What is written is on the disk when write returns.
func (s *Store) write(ctx context.Context, do func(ctx context.Context, tx script) error) error {
	return s.writeAs(ctx, onDisk, do)
}

// writeLazily is [Store.write] of what a power cut may take: it reaches the disk with the next write that waits for it.
// Other processes see it at once, and a kill of this one takes nothing.
func (s *Store) writeLazily(ctx context.Context, do func(ctx context.Context, tx script) error) error {
	return s.writeAs(ctx, soon, do)
}

// What a transaction of the writer waits for, as SQLite names it. A connection begins with onDisk.
const (
	onDisk = "FULL"
	soon   = "NORMAL"
)

func (s *Store) writeAs(ctx context.Context, waits string, do func(ctx context.Context, tx script) error) error {
	prepared, err := s.often.ready(ctx, s.writer)
	if err != nil {
		return s.classify(err)
	}
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return s.classify(err)
	}
	defer conn.Close() // gives it back
	if err := s.waitFor(ctx, conn, waits); err != nil {
		return s.classify(err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return s.classify(err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := do(context.WithoutCancel(ctx), script{tx, prepared}); err != nil {
		return s.classify(err)
	}
	return s.classify(tx.Commit())
}

// waitFor says what the commits of the writer's one connection wait for from now on. Who has that connection may call
// it, and nobody else.
func (s *Store) waitFor(ctx context.Context, writer *sql.Conn, waits string) error {
	if s.waits == waits {
		return nil
	}
	s.waits = "" // not known, should it be stopped in the middle
	if _, err := writer.ExecContext(ctx, "PRAGMA synchronous = "+waits); err != nil {
		return err
	}
	s.waits = waits
	return nil
}

// statements are those of [often], as far as they are prepared. They end with the writer.
type statements struct {
	mu   sync.Mutex
	kept map[string]*sql.Stmt
}

// ready prepares what isn't yet. All of it must be there before a transaction takes the writer's one connection.
func (s *statements) ready(ctx context.Context, writer *sql.DB) (map[string]*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[string]*sql.Stmt{}
	}
	for _, query := range often {
		if s.kept[query] != nil {
			continue
		}
		statement, err := writer.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		s.kept[query] = statement
	}
	return s.kept, nil
}
