package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// library is what is read from. A query that was asked twice is prepared and kept, since parsing it takes as long as
// answering it; a command that asks each once prepares nothing.
type library struct {
	*sql.DB
	mu     sync.Mutex
	asked  map[string]int
	kept   map[string]*sql.Stmt // by text; they end with the pool
	wanted []string
}

// asksUntilKept is how often a query must be asked to be prepared, and mostKept how many are; there are fewer than that.
const (
	asksUntilKept = 2
	mostKept      = 128
)

func newLibrary(db *sql.DB) *library {
	return &library{DB: db, asked: map[string]int{}, kept: map[string]*sql.Stmt{}}
}

// QueryContext is [sql.DB.QueryContext].
func (l *library) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	l.prepare(ctx)
	if kept := l.find(query); kept != nil {
		return kept.QueryContext(ctx, args...)
	}
	return l.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext is [sql.DB.QueryRowContext].
func (l *library) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	l.prepare(ctx)
	if kept := l.find(query); kept != nil {
		return kept.QueryRowContext(ctx, args...)
	}
	return l.DB.QueryRowContext(ctx, query, args...)
}

// moment begins a transaction that sees one moment of the store.
func (l *library) moment(ctx context.Context) (view, error) {
	l.prepare(ctx)
	tx, err := l.BeginTx(ctx, nil)
	return view{tx, l}, err
}

// view is one moment of the store.
type view struct {
	*sql.Tx
	library *library
}

// QueryContext is [sql.Tx.QueryContext].
func (v view) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if kept := v.library.find(query); kept != nil {
		return v.StmtContext(ctx, kept).QueryContext(ctx, args...)
	}
	return v.Tx.QueryContext(ctx, query, args...)
}

// find returns the statement of a query, and nil for one that isn't prepared yet.
func (l *library) find(query string) *sql.Stmt {
	l.mu.Lock()
	defer l.mu.Unlock()
	if kept := l.kept[query]; kept != nil {
		return kept
	}
	if len(l.asked) < mostKept || l.asked[query] > 0 {
		if l.asked[query]++; l.asked[query] == asksUntilKept {
			l.wanted = append(l.wanted, query)
		}
	}
	return nil
}

// prepare prepares what is wanted. It takes a connection, so whoever holds one of the few must not call it.
func (l *library) prepare(ctx context.Context) {
	l.mu.Lock()
	wanted := l.wanted
	l.wanted = nil
	l.mu.Unlock()
	for _, query := range wanted {
		statement, err := l.PrepareContext(ctx, query)
		if err != nil {
			continue // the query itself says what is wrong, as often as it is asked
		}
		l.mu.Lock()
		l.kept[query] = statement
		l.mu.Unlock()
	}
}
