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
	schemaVersion = 8
	// firstSchema is what the first release made: a file below it is a new one whose making was broken off.
	firstSchema = 2
	// riverVersion is how far migration 2 takes River's own tables. A later one of River's needs a new migration.
	riverVersion = 8
	// applicationID marks the file as ours ("KEYT"), https://www.sqlite.org/pragma.html#pragma_application_id,
	// read 2026-11-22.
	applicationID = 0x4b455954
	// makingID ("KEYM") stands there until a new file has all its tables, so that nobody takes it for an older release's.
	makingID = 0x4b45594d
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
	case st == (stamp{}) || st.application == makingID:
		return noStore(s.path, fs.ErrNotExist)
	case st.application != applicationID:
		return s.refuse(codeForeign, "the file isn't a store of Keyturn", "choose another file for `store` in keyturn.yaml")
	case st.version > schemaVersion:
		return s.refuse(codeNewer, "a newer Keyturn wrote this store", "use that release, or a later one")
	case st.version < schemaVersion:
		return s.refuse(codeBehind, "an older Keyturn wrote this store", "stop every Keyturn that uses it, keep a copy, and run `keyturn migrate`")
	}
	return nil
}

// wanting reports whether the file is to be migrated to the schema numbered target: a new file always, also one whose
// making was broken off; one that a release made only when that is allowed.
func (st stamp) wanting(target int, allow bool) bool {
	if st == (stamp{}) || st.application == makingID {
		return true
	}
	if st.application != applicationID || st.version >= target {
		return false
	}
	return allow || st.version < firstSchema
}

// prepare brings a new file, and an older one when that is allowed, to this release's schema. One that another process is
// just migrating looks like an older one: only who is alone with it can tell.
func (s *Store) prepare(ctx context.Context, options Options) error {
	st, err := s.readStamp(ctx)
	if err != nil {
		return err
	}
	if st.wanting(schemaVersion, true) {
		if err := s.migrateAlone(ctx, options); err != nil {
			return err
		}
	}
	return s.current(ctx)
}

// migrateAlone migrates unless another process does, for which it waits. The lock is SQLite's own, on an empty file
// beside the store, so it ends with the process that holds it. Whoever is done removes that file; those who still wait
// for it find the work done, whatever became of their lock.
func (s *Store) migrateAlone(ctx context.Context, options Options) error {
	beside := s.path + "-migrate"
	if err := create(beside); err != nil {
		return err
	}
	lock := handle(beside, "_txlock=exclusive", 1)
	tx, failed := lock.BeginTx(ctx, nil)
	err := s.migrateIfWanting(ctx, options, failed)
	if failed == nil {
		_ = tx.Rollback() // nothing was written
	}
	_ = lock.Close()
	if err == nil {
		_ = os.Remove(beside) // an empty file that stays does no harm
	}
	return err
}

// migrateIfWanting looks again and migrates, unless locked says that this process isn't alone.
func (s *Store) migrateIfWanting(ctx context.Context, options Options, locked error) error {
	st, err := s.readStamp(ctx)
	if err != nil || !st.wanting(schemaVersion, true) {
		return err // somebody else was faster
	}
	if locked != nil {
		return fmt.Errorf("wait for another process to migrate %s: %w", s.path, s.classify(locked))
	}
	if !st.wanting(schemaVersion, options.AllowMigrate) {
		return nil
	}
	if err := s.migrate(ctx, st); err != nil {
		return fmt.Errorf("migrate %s: %w", s.path, s.classify(err))
	}
	return nil
}

// migrate uses a pool of its own: goose keeps one connection to itself while River asks for another.
func (s *Store) migrate(ctx context.Context, st stamp) (err error) {
	db := handle(s.path, "_txlock=immediate", 2)
	defer func() { err = errors.Join(err, db.Close()) }()
	if st.application != applicationID {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", makingID)); err != nil {
			return err
		}
	}
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
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
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
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
