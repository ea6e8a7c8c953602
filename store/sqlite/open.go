package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	_ "modernc.org/sqlite" // the driver

	"keyturn/store"
	"keyturn/store/alarm"
)

const (
	// busyTimeout is how long a write waits for the writes of other processes.
	busyTimeout = 15 * time.Second
	// readers is how many reads of one process go on side by side.
	readers = 4
	// readOnly are what is special about those: they keep half a MiB of pages each, since the system keeps the file's anyway.
	readOnly = "_query_only=1&_pragma=cache_size(-512)"
)

// Options of a store. The zero value is right for a command that doesn't migrate.
type Options struct {
	// AllowMigrate lets Open bring the file of an older release to this one's tables. Without it such a file is
	// refused with the command that does it. A new file gets its tables either way.
	AllowMigrate bool
}

// Store is one process's view of the file. It is safe for use by many goroutines.
type Store struct {
	path   string
	file   os.FileInfo // as it was opened; nil in a store for reading
	writer *sql.DB     // one connection; nil in a store for reading
	reader *sql.DB
	waits  string // what the writer's commits wait for; whoever has its connection may ask
	signs  signs
	alarm  func() (*river.Client[*sql.Tx], error) // made at the first wake, because most commands set none
}

var (
	_ store.Reader = (*Store)(nil)
	_ store.Writer = (*Store)(nil)
	_ store.Nodes  = (*Store)(nil)
	_ store.Ledger = (*Store)(nil)
	_ store.Pages  = (*Store)(nil)
)

// Open opens the store at path for reading and writing, and makes it when there is none. It fails with a problem of
// class Person when the place is unfit (a network file system, no folder, no rights), when the file is no store, or
// when another release's tables are in it. Several processes may have the same store open. Close it.
func Open(ctx context.Context, path string, options Options) (*Store, error) {
	path, err := locate(path)
	if err != nil {
		return nil, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, waits: onDisk, writer: pool(path, "_txlock=immediate", 1), reader: pool(path, readOnly, readers)}
	s.alarm = sync.OnceValues(alarm.Opener[*sql.Tx](s.openAlarm).Setter)
	if err := s.prepare(ctx, options); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.file, err = os.Stat(path); err != nil {
		return nil, errors.Join(fmt.Errorf("look at the store's file: %w", err), s.Close())
	}
	return s, nil
}

// OpenReader opens the store at path for reading only: it never makes a file, and nothing in it can be changed by
// what it returns. It fails with code store.missing, and fs.ErrNotExist within, when there is no store. Close it.
func OpenReader(ctx context.Context, path string) (store.ReadCloser, error) {
	path, err := locate(path)
	if err != nil {
		return nil, err
	}
	if err := exists(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, reader: pool(path, readOnly, readers)}
	if err := s.current(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close lets go of the file. The last process to close leaves one file; safe to repeat.
func (s *Store) Close() error {
	s.unsignAll()
	errs := []error{s.reader.Close()}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(errs...)
}

// handle is [pool] for what is done to the file once: nothing is kept of it.
func handle(path, extra string, size int) *sql.DB {
	db, err := sql.Open("sqlite", address(path, extra))
	if err != nil {
		panic(fmt.Sprintf("sqlite: the driver isn't linked in: %v", err))
	}
	return sized(db, size)
}

func sized(db *sql.DB, size int) *sql.DB {
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db
}

// address renders path as the driver wants it. fullfsync makes macOS really write; elsewhere it does nothing.
func address(path, extra string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // file:///C:/folder/keyturn.db
	}
	file := url.URL{Scheme: "file", Path: slashed}
	options := []string{
		"mode=rw", extra, "_dqs=0", "_foreign_keys=1", "_synchronous=FULL",
		fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds()),
		"_pragma=fullfsync(1)", "_pragma=checkpoint_fullfsync(1)",
	}
	file.RawQuery = strings.Join(options, "&")
	return file.String()
}
