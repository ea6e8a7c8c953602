package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"keyturn/problem"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// schemaVersion is the number of the last migration; PRAGMA user_version says which one a file has reached.
	schemaVersion = 2
	// firstSchema is what the first release made: a file below it is a new one whose making was broken off.
	firstSchema = 2
	// riverVersion is how far migration 2 takes River's own tables. A later one of River's needs a new migration.
	riverVersion = 8
	// applicationID marks the file as ours ("KEYT"), https://www.sqlite.org/pragma.html#pragma_application_id,
	// read 2026-11-22.
	applicationID = 0x4b455954
)

// stamp is what the head of the file says about it.
type stamp struct{ application, version, tables int }

func (s *Store) readStamp(ctx context.Context) (stamp, error) {
	var st stamp
	row := s.reader.QueryRowContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`)
	if err := row.Scan(&st.application, &st.version, &st.tables); err != nil {
		return st, fmt.Errorf("read the head of %s: %w", s.path, s.classify(err))
	}
	return st, nil
}

// current refuses a file that isn't at this release's schema.
func (s *Store) current(ctx context.Context) error {
	st, err := s.readStamp(ctx)
	if err != nil {
		return err
	}
	switch {
	case st.application != applicationID:
		return s.refuse(codeForeign, "the file isn't a store of Keyturn", "choose another file for `store` in keyturn.yaml")
	case st.version > schemaVersion:
		return s.refuse(codeNewer, "a newer Keyturn wrote this store", "use that release, or a later one")
	case st.version < schemaVersion:
		return s.refuse(codeBehind, "an older Keyturn wrote this store", "stop every Keyturn that uses it, keep a copy, and run `keyturn migrate`")
	}
	return nil
}

// prepare brings a new file, and an older one when that is allowed, to this release's schema.
func (s *Store) prepare(ctx context.Context, options Options) error {
	st, err := s.readStamp(ctx)
	if err != nil {
		return err
	}
	begun := st.application == applicationID && st.version < firstSchema
	fresh := st == stamp{} || begun
	behind := st.application == applicationID && st.version < schemaVersion
	if fresh || (behind && options.AllowMigrate) {
		return s.migrateAlone(ctx)
	}
	return s.current(ctx)
}

// migrateAlone migrates while no other process does. The lock is SQLite's own, on an empty file beside the store, so
// it ends with the process that holds it.
func (s *Store) migrateAlone(ctx context.Context) (err error) {
	beside := s.path + "-migrate"
	if err := create(beside); err != nil {
		return err
	}
	lock := handle(beside, "_txlock=exclusive", 1)
	defer func() { err = errors.Join(err, lock.Close()) }()
	tx, err := lock.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("wait for another process to migrate %s: %w", s.path, s.classify(err))
	}
	defer func() { _ = tx.Rollback() }()
	st, err := s.readStamp(ctx)
	if err != nil {
		return err
	}
	if st.version >= schemaVersion {
		return s.current(ctx) // somebody else was faster
	}
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", s.path, s.classify(err))
	}
	_ = os.Remove(beside) // whoever waits for it, or makes it anew, finds the work done; an empty file does no harm
	return s.current(ctx)
}

// migrate uses a pool of its own: goose keeps one connection to itself while River asks for another.
func (s *Store) migrate(ctx context.Context) (err error) {
	db := handle(s.path, "_txlock=immediate", 2)
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, pragma := range []string{fmt.Sprintf("PRAGMA application_id = %d", applicationID), "PRAGMA journal_mode = WAL"} {
		if _, err := db.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
		goose.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{RunDB: migrateRiver}, nil)))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// migrateRiver is migration 2: the alarm clock's tables, made by River itself in its own transactions. When it is
// broken off, the next Open goes on from the last of them.
func migrateRiver(ctx context.Context, db *sql.DB) error {
	river, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: riverVersion}); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA user_version = 2")
	return err
}

func (s *Store) refuse(code, message, fix string) error {
	return problem.NeedsPerson(code, s.path, message, fix)
}
