package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"keyturn/problem"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// schemaVersion is the number of the last migration; the table migrationTable says which ones a database has.
	schemaVersion = 7
	// firstSchema is what the first release made: a database below it is a new one whose making was broken off.
	firstSchema = 2
	// riverVersion is how far migration 2 takes River's own tables. A later one of River's needs a new migration.
	riverVersion = 8
	// migrationTable has a name of our own, because other programs that use goose may live in the same database.
	migrationTable = "keyturn_migration"
	// makingTable is there until a new database has all other tables, so that nobody takes it for an older release's.
	makingTable = "keyturn_making"
)

// The first half of our advisory locks, "KEY" and a number. They hold within one database.
const (
	lockMigrate = 0x4b455900 + iota
	lockEvents
	lockChain
	lockWake
)

// stamp is what the database says about itself.
type stamp struct {
	made             bool // it has our table of migrations
	making           bool // not all tables are there yet
	version          int
	pooler           bool // the process that answers isn't the one that greeted
	encoding, commit string
}

func (r *reading) readStamp(ctx context.Context) (st stamp, err error) {
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return st, fmt.Errorf("reach the store: %w", r.classify(err))
	}
	defer conn.Release()
	var answers uint32
	err = conn.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL, current_setting('server_encoding'),
		current_setting('synchronous_commit'), pg_backend_pid()`, pgx.QueryExecModeExec, migrationTable, makingTable).
		Scan(&st.made, &st.making, &st.encoding, &st.commit, &answers)
	st.pooler = answers != conn.Conn().PgConn().PID()
	if err == nil && st.made {
		err = conn.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+migrationTable+" WHERE is_applied", pgx.QueryExecModeExec).Scan(&st.version)
	}
	if err != nil {
		return st, fmt.Errorf("read the store's version: %w", r.classify(err))
	}
	return st, nil
}

// migrates reports whether a process holds the lock of those that migrate.
const migrates = `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid = $1 AND objid = 0
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`

// settled is what the database says, as just read, to who only looks: a store that another process is just bringing to its
// release isn't an older one that somebody has to see to.
func (r *reading) settled(ctx context.Context, st stamp) (stamp, error) {
	if !st.made || st.making || st.version >= schemaVersion {
		return st, nil
	}
	var held bool
	if err := r.pool.QueryRow(ctx, migrates, lockMigrate).Scan(&held); err != nil {
		return st, fmt.Errorf("look for who migrates the store: %w", r.classify(err))
	}
	if held {
		return st, problem.Later(codeBusy, r.place, 0, errors.New("another Keyturn is just bringing the store to its release"))
	}
	return r.readStamp(ctx) // it may have been done meanwhile
}

// current refuses a database that isn't at this release's schema.
func (r *reading) current(st stamp) error {
	switch {
	case st.encoding != "UTF8":
		return problem.NeedsPerson(codeEncoding, r.place, "the database's encoding is "+st.encoding+", which can't keep every name",
			"make the database anew with ENCODING 'UTF8' TEMPLATE template0")
	case !st.made || st.making:
		return &problem.Error{
			Class: problem.Person, Code: codeMissing, Subject: r.place, Message: "there is no store in this database",
			Fix: "check `store` in keyturn.yaml; the first `keyturn renew` makes the store", Err: fs.ErrNotExist,
		}
	case st.version > schemaVersion:
		return problem.NeedsPerson(codeNewer, r.place, "a newer Keyturn made this store", "use that release, or a later one")
	case st.version < schemaVersion:
		return problem.NeedsPerson(codeBehind, r.place, "an older Keyturn made this store",
			"stop every Keyturn that uses it, keep a copy, and run `keyturn migrate`")
	}
	return nil
}

// wanting reports whether the database is to be migrated to the schema numbered target: an empty one always, also one
// whose making was broken off; one that a release made only when that is allowed.
func (st stamp) wanting(target int, allow bool) bool {
	return st.making || st.version < target && (allow || st.version < firstSchema)
}

// migrateWait is how long Open waits for another process that migrates, unless its options say otherwise: less than a
// manager of services gives to a start.
const migrateWait = time.Minute

// prepare brings an empty database, and an older one when that is allowed, to this release's schema. One that another
// process is just migrating looks like an older one: only who is alone with it can tell.
func (s *Store) prepare(ctx context.Context, st stamp, options Options) (err error) {
	if st.encoding == "UTF8" && st.wanting(schemaVersion, true) {
		if err := s.migrateAlone(ctx, options); err != nil {
			return fmt.Errorf("migrate the store: %w", s.classify(err))
		}
		if st, err = s.readStamp(ctx); err != nil {
			return err
		}
	}
	s.begin = beginning(st)
	return s.current(st)
}

// begins is how a transaction that writes begins. One whose process hangs must not keep a run's row for long.
const begins = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '10s'"

// lazily is how one begins that a power cut may take.
var lazily = pgx.TxOptions{BeginQuery: begins + "; SET LOCAL synchronous_commit = off"}

// beginning is how all others begin: what was saved must survive a power cut even where the server's own setting says
// that it need not.
func beginning(st stamp) pgx.TxOptions {
	query := begins
	if st.commit == "off" {
		query += "; SET LOCAL synchronous_commit = on"
	}
	return pgx.TxOptions{BeginQuery: query}
}

// migrateAlone migrates unless another process does, for which it waits. The lock ends with the transaction that holds
// it. It uses a pool of its own, because goose, River and the lock each keep a connection at the same time.
func (s *Store) migrateAlone(ctx context.Context, options Options) error {
	config := s.pool.Config()
	config.MaxConns = 4
	if !s.pooler { // whose connections others get after us
		config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SET statement_timeout = 0") // a limit that fits daily work may be too short for this
			return err
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	lock, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Rollback(context.WithoutCancel(ctx)) }() // ends the lock
	if err := lockForMigration(ctx, lock, cmp.Or(options.wait, migrateWait)); err != nil {
		return fmt.Errorf("wait for another process: %w", err)
	}
	st, err := s.readStamp(ctx)
	if err != nil || !st.wanting(schemaVersion, options.AllowMigrate) {
		return err // somebody else was faster
	}
	if !st.made {
		if _, err := pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+makingTable+" ()"); err != nil {
			return err
		}
	}
	return migrate(ctx, pool)
}

// lockForMigration waits to be the one that may migrate, for so long.
func lockForMigration(ctx context.Context, tx pgx.Tx, wait time.Duration) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL lock_timeout = %d; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
		SELECT pg_advisory_xact_lock(%d, 0)`, wait.Milliseconds(), lockMigrate))
	return err
}

func migrate(ctx context.Context, pool *pgxpool.Pool) (err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, folder,
		goose.WithTableName(migrationTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
		goose.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{
			RunDB: func(ctx context.Context, _ *sql.DB) error { return migrateRiver(ctx, pool) },
		}, nil)))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return err
	}
	_, err = pool.Exec(ctx, "DROP TABLE IF EXISTS "+makingTable)
	return err
}

// migrateRiver is migration 2: the alarm clock's tables, made by River itself in its own transactions. When it is
// broken off, the next Open goes on from the last of them.
func migrateRiver(ctx context.Context, pool *pgxpool.Pool) error {
	river, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = river.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: riverVersion})
	return err
}
