// Package postgrestest gives tests a real PostgreSQL: one private server for each test binary, started at the first
// need in a folder of its own and on the loopback address alone, and one database for each test. It installs nothing.
//
// Where the server's programs aren't installed, a test that asks for a database fails when the environment has CI=true
// or KEYTURN_REQUIRE_POSTGRES=1 (as `make test` sets), and says elsewhere what it skipped and what to install.
//
// Start at [Database]; TestMain runs a [Suite]. Only tests import it.
package postgrestest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const missing = "PostgreSQL's server programs (initdb, postgres) were not found; install them, for instance with " +
	"`apt-get install postgresql`, `dnf install postgresql-server` or `brew install postgresql`"

// shared is the one server of this test binary, with the one pooler before it.
var shared struct {
	once, oncePooler sync.Once
	server, pooler   *server
	err, errOfPooler error
	created          atomic.Int64
}

// Database returns the address of a fresh, empty database whose user may do everything. It is dropped when the test
// ends, whoever is still connected.
func Database(t testing.TB) string {
	t.Helper()
	admin := Server(t)
	name := fmt.Sprintf("t%d_%s", shared.created.Add(1), strings.ToLower(rand.Text()[:6]))
	Run(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { Run(t, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	address, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return address.String()
}

// Server returns the address of the server's own database, for a test that makes databases or users itself.
func Server(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() {
		if programs() != "" {
			shared.server, shared.err = start()
		}
	})
	switch {
	case shared.err != nil:
		t.Fatalf("start PostgreSQL: %v", shared.err)
	case shared.server == nil && required():
		t.Fatal(missing)
	case shared.server == nil:
		t.Skip("NOT TESTED on PostgreSQL: " + missing)
	}
	return shared.server.address
}

// required reports whether a test must fail where what it needs isn't installed.
func required() bool {
	return os.Getenv("CI") == "true" || os.Getenv("KEYTURN_REQUIRE_POSTGRES") == "1"
}

// Folder returns where the server keeps its files, the write-ahead log among them; "" = none was started.
func Folder() string {
	if shared.server == nil {
		return ""
	}
	return shared.server.folder
}

// Run runs statements on the database at address.
func Run(t testing.TB, address string, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// Dump returns all that the tables of the database at address hold, as text.
func Dump(t testing.TB, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var text string
	err = conn.QueryRow(ctx, `SELECT coalesce(string_agg(query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), true, false, '')::text, E'\n'), '')
		FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Suite is m, followed by the end of the server, and of the pooler, if they were started. TestMain runs it in the place of m.
func Suite(m *testing.M) interface{ Run() int } { return suite{m} }

type suite struct{ m *testing.M }

// Run runs the tests and returns their exit code.
func (s suite) Run() int {
	code := s.m.Run()
	for _, started := range []*server{shared.pooler, shared.server} {
		if started != nil {
			started.stop()
		}
	}
	return code
}
