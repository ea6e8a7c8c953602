package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
)

// write runs do in one transaction, which begins as a writer, so that it waits at the start or not at all: ctx ends
// that wait. The context that do is given doesn't end, because each statement is short, and the driver starts a
// goroutine for each one that could be stopped. What is written is on the disk when write returns.
func (s *Store) write(ctx context.Context, do func(ctx context.Context, tx *sql.Tx) error) error {
	return s.writeAs(ctx, onDisk, do)
}

// writeLazily is [Store.write] of what a power cut may take: it reaches the disk with the next write that waits for it.
// Other processes see it at once, and a kill of this one takes nothing.
func (s *Store) writeLazily(ctx context.Context, do func(ctx context.Context, tx *sql.Tx) error) error {
	return s.writeAs(ctx, soon, do)
}

// What a transaction of the writer waits for, as SQLite names it. A connection begins with onDisk.
const (
	onDisk = "FULL"
	soon   = "NORMAL"
)

func (s *Store) writeAs(ctx context.Context, waits string, do func(ctx context.Context, tx *sql.Tx) error) error {
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
	if err := do(context.WithoutCancel(ctx), tx); err != nil {
		return s.classify(err)
	}
	if err := s.inPlace(); err != nil {
		return err
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

// inPlace refuses to go on with a file that was removed or replaced while it was open: what is saved in it would end with this
// process, and nobody would know of what was done after.
func (s *Store) inPlace() error {
	if s.file == nil {
		return nil
	}
	now, err := os.Stat(s.path)
	if err == nil && os.SameFile(s.file, now) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // what else is wrong with it, SQLite tells
	}
	return s.refuse(codeMoved, "the store's file was removed or replaced while Keyturn used it",
		"put it back, or run `keyturn adopt` for each application with the one that is there now: no credential is lost")
}
