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
// goroutine for each one that could be stopped.
func (s *Store) write(ctx context.Context, do func(ctx context.Context, tx script) error) error {
	prepared, err := s.often.ready(ctx, s.writer)
	if err != nil {
		return s.classify(err)
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return s.classify(err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := do(context.WithoutCancel(ctx), script{tx, prepared}); err != nil {
		return s.classify(err)
	}
	return s.classify(tx.Commit())
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
