package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// keptStatements is how many statements a connection keeps parsed: more than Keyturn and River have, so that none of
// them goes again and again for another.
const keptStatements = 256

// prepared makes connections that parse a statement once and keep it, since parsing takes as long as carrying it out.
// It stands below database/sql, so that River's statements are kept like ours.
type prepared struct{ driver.Connector }

// Connect implements [driver.Connector].
func (p prepared) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	able, ok := made.(connection)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of type %T doesn't prepare statements", made), made.Close())
	}
	return &keeper{connection: able, kept: map[string]statement{}}, nil
}

// connection is what database/sql asks of the driver's connections.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keeper is one connection with its statements. database/sql lets one goroutine at a time use it.
type keeper struct {
	connection
	kept map[string]statement // by text; one that is in use isn't there
}

// take returns the statement of a text, for one use.
func (k *keeper) take(ctx context.Context, query string) (statement, error) {
	if found := k.kept[query]; found != nil {
		delete(k.kept, query)
		return found, nil
	}
	made, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return made.(statement), nil
}

// give takes it back, unless it failed.
func (k *keeper) give(query string, s statement, failed error) error {
	if failed != nil || k.kept[query] != nil || !recurs(query) {
		return errors.Join(failed, s.Close())
	}
	if len(k.kept) >= keptStatements {
		for text, old := range k.kept { // any of them
			delete(k.kept, text)
			_ = old.Close() // it tells how its last use ended, which was told then
			break
		}
	}
	k.kept[query] = s
	return nil
}

// recurs reports whether a statement is of those that are carried out again and again. Of others some work when they
// are parsed, such as PRAGMA: https://www.sqlite.org/pragma.html, read 2026-11-25.
func recurs(query string) bool {
	for line := range strings.Lines(query) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(word) {
		case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
			return true
		case "", "--": // River's begin with their names
		default:
			return false
		}
	}
	return false
}

// ExecContext implements [driver.ExecerContext].
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	return result, k.give(query, s, err)
}

// QueryContext implements [driver.QueryerContext].
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, k.give(query, s, err)
	}
	return &lent{Rows: rows, back: func(failed error) error { return k.give(query, s, failed) }}, nil
}

// Close implements [driver.Conn].
func (k *keeper) Close() error {
	for _, s := range k.kept {
		_ = s.Close() // likewise
	}
	k.kept = nil
	return k.connection.Close()
}

// lent are the rows of a kept statement.
type lent struct {
	driver.Rows
	back func(failed error) error // nil = it was given back
}

// Close implements [driver.Rows].
func (l *lent) Close() error {
	if l.back == nil {
		return nil
	}
	back := l.back
	l.back = nil
	return back(l.Rows.Close())
}

// pool makes a pool of at most size connections to the file at path, which must be there. Nothing is opened yet.
func pool(path, extra string, size int) *sql.DB {
	connector, err := sqlite.NewConnector(address(path, extra))
	if err != nil {
		panic(fmt.Sprintf("sqlite: an address of our own can't be read: %v", err))
	}
	return sized(sql.OpenDB(prepared{connector}), size)
}
