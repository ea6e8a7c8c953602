package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"keyturn/problem"
	"keyturn/store"
	"keyturn/store/alarm"
)

const (
	// connections is how many one process uses at most, unless pool_max_conns in the address says otherwise. Each is
	// lent for one transaction of a few milliseconds; one more listens for wakes.
	connections = 12
	// connectTimeout is how long one server may take to accept us, unless connect_timeout in the address says
	// otherwise. It leaves room for a second try within a lease.
	connectTimeout = 4 * time.Second
	// pingTimeout is how long a connection that lay idle may take to show that it is still good.
	pingTimeout = 2 * time.Second
)

// Options of a store. The zero value is right for a command that doesn't migrate.
type Options struct {
	// AllowMigrate lets Open bring the tables of an older release to this one's. Without it such a database is refused
	// with the command that does it, unless another process is just migrating it. An empty database gets its tables either
	// way.
	AllowMigrate bool

	wait time.Duration // how long others may migrate before Open gives up; 0 = a minute
}

// Store is one process's view of the database. It is safe for use by many goroutines.
type Store struct {
	reading
	begin pgx.TxOptions                         // of each transaction that writes
	alarm func() (*river.Client[pgx.Tx], error) // made at the first wake, because most commands set none
}

// reading is a store that only looks.
type reading struct {
	pool   *pgxpool.Pool
	place  string // user, server and database, as problems name it; never a password
	pooler bool   // one stands before the server: each transaction may come to another process of it
}

var (
	_ store.Reader     = (*Store)(nil)
	_ store.Writer     = (*Store)(nil)
	_ store.Nodes      = (*Store)(nil)
	_ store.ReadCloser = (*reading)(nil)
	_ store.Pages      = (*reading)(nil)
)

// Is reports whether address names a PostgreSQL database, so that Open may be asked.
func Is(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// Open opens the store in the database at address (postgres://user:password@host:5432/database, with the settings that
// https://www.postgresql.org/docs/current/libpq-connect.html lists and pool_max_conns; read 2026-11-22) and makes its
// tables when there are none. It fails with a problem of class Person when the address is wrong, a right is missing, or
// another release's tables are there, and of class Retry when the server can't be reached. No error of this package
// holds the password. Any number of processes may have the same store open. Close it.
func Open(ctx context.Context, address string, options Options) (*Store, error) {
	r, st, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	s := &Store{reading: *r}
	s.alarm = sync.OnceValues(alarm.Opener[pgx.Tx](s.openAlarm).Setter)
	if err := s.prepare(ctx, st, options); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenReader opens the store at address for reading only: it makes no table, and what it returns can change nothing.
// It fails with code store.missing, and fs.ErrNotExist within, when the database holds no store. Close it.
func OpenReader(ctx context.Context, address string) (store.ReadCloser, error) {
	r, st, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	st, err = r.settled(ctx, st)
	if err == nil {
		err = r.current(st)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close lets go of all connections; safe to repeat.
func (r *reading) Close() error {
	r.pool.Close()
	return nil
}

// settings reads an address, and returns how problems may name it.
func settings(address string) (config *pgxpool.Config, place string, err error) {
	config, err = pgxpool.ParseConfig(address)
	if err != nil || !Is(address) {
		return nil, "", badAddress(err)
	}
	written, err := url.Parse(address)
	if err != nil {
		return nil, "", badAddress(nil)
	}
	c := config.ConnConfig
	if !written.Query().Has("pool_max_conns") {
		config.MaxConns = connections
	}
	if !written.Query().Has("connect_timeout") {
		c.ConnectTimeout = connectTimeout
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "keyturn"
	}
	config.PingTimeout = pingTimeout
	return config, fmt.Sprintf("postgres://%s@%s:%d/%s", c.User, c.Host, c.Port, c.Database), nil
}

// badAddress tells that an address can't be used. The driver's own words are kept back, because they may quote a part
// of the password; a file that the address names is told.
func badAddress(cause error) error {
	message := "the address of the PostgreSQL database can't be understood"
	var file *fs.PathError
	if errors.As(cause, &file) {
		message = fmt.Sprintf("the address of the PostgreSQL database names the file %s, which can't be read", file.Path)
	}
	return problem.NeedsPerson(codeAddress, "store", message,
		addressFix+"?sslmode=verify-full; signs such as : / ? # @ % in the password are written as %3A %2F %3F %23 %40 %25")
}
