//go:build unix

package story_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // a driver
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // a driver
)

// schema is one kind of store, as its own migrations make it.
type schema struct {
	name       string
	migrations string // folder
	// orders is what a run's order could hold when a release first wrote a version, by version. Every version must be
	// here: one without is a migration that nobody has shown to take a renewal in flight along.
	orders map[int]string
	// aside puts the tables of the store away, and leaves it with none.
	aside func(*crash)
	// open opens the store; with what was put away under the name "newer" when beside is true.
	open  func(c *crash, beside bool) *sql.DB
	river func(context.Context, *crash, *sql.DB) error // makes the alarm clock's tables
}

const (
	firstOrder = "custodian targets description end retiresEnd roomKeyId successes over overlap reportLag evidence expired reuse found reuseKeyId reuseEnd notes"
	ruledOrder = firstOrder + " byPerson emergency allowedBy"
	signedFor  = ruledOrder + " person"
	toldBy     = signedFor + " linger spread askedBy askedAs"
)

var schemas = map[string]schema{
	"SQLite": {
		name: "sqlite3", migrations: "../../store/sqlite/migrations", aside: fileAside, open: openFile, river: riverInFile,
		orders: map[int]string{2: firstOrder, 3: firstOrder, 4: ruledOrder, 5: ruledOrder, 6: signedFor, 7: signedFor, 8: toldBy},
	},
	"PostgreSQL": {
		name: "postgres", migrations: "../../store/postgres/migrations", aside: databaseAside, open: openDatabase, river: riverInDatabase,
		orders: map[int]string{2: firstOrder, 3: ruledOrder, 4: ruledOrder, 5: signedFor, 6: signedFor, 7: toldBy},
	},
}

// riverMigration is the number of the migration that isn't a file: the alarm clock's own tables.
const riverMigration = 2

// TestAnOlderStoreIsFinishedByThisRelease kills a renewal in each state, gives its rows to a store as each earlier
// release made it, and lets this release go on with that.
func TestAnOlderStoreIsFinishedByThisRelease(t *testing.T) {
	t.Parallel()
	clouds := newFleet(t)
	for name, s := range schemas {
		versions := s.versions(t)
		former := versions[:len(versions)-1]
		for i, version := range former {
			for k, cell := range inFlight() {
				if last := i == len(former)-1 && name == "SQLite"; !*allCrashes && !last && (i+k)%3 != 0 {
					continue // a third of them is tried each time, and all from the last version on
				}
				t.Run(fmt.Sprintf("%s %d, %s", name, version, cell.name), func(t *testing.T) {
					t.Parallel()
					c := newCrash(t, clouds, cell, name == "PostgreSQL")
					c.between = func() { s.age(c, version) }
					c.run()
				})
			}
		}
	}
}

// inFlight is one cell for each state of a run.
func inFlight() (all []cell) {
	seen := map[string]bool{}
	for _, r := range rows() {
		if seen[r.state] || r.first != "" {
			continue
		}
		seen[r.state] = true
		point := "after mark"
		if !r.has(point) {
			point = "after act"
		}
		all = append(all, cell{r, point, "arrives"})
	}
	return all
}

// versions are those from the first release on, by number.
func (s schema) versions(t *testing.T) []int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.FromSlash(s.migrations), "*.sql"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no migrations in %s: %v", s.migrations, err)
	}
	versions := []int{riverMigration}
	for _, file := range found {
		number, _, _ := strings.Cut(filepath.Base(file), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if version > riverMigration {
			versions = append(versions, version)
		}
	}
	slices.Sort(versions)
	for _, version := range versions {
		if s.orders[version] == "" {
			t.Fatalf("%s: say in schemas what a run's order can hold where version %d is first written", s.name, version)
		}
	}
	return versions
}

// age makes a store as the release of a version made it, with the rows of the present one.
func (s schema) age(c *crash, version int) {
	c.Helper()
	s.aside(c)
	s.migrate(c, version)
	db := s.open(c, true)
	defer db.Close()
	for _, table := range s.tables(c, db) {
		if strings.HasPrefix(table, "river_") || strings.Contains(table, "migration") || strings.HasPrefix(table, "goose_") {
			continue // the alarm clock's rows are made again
		}
		s.copy(c, db, table)
	}
	s.forgetOrders(c, db, strings.Fields(s.orders[version]))
	if c.database != "" {
		c.m.want(0, "migrate") // others may be using a database, so no other command migrates it
	}
}

func (s schema) migrate(c *crash, version int) {
	c.Helper()
	db := s.open(c, false)
	defer db.Close()
	river := func(ctx context.Context, db *sql.DB) error { return s.river(ctx, c, db) }
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
		goose.WithGoMigrations(goose.NewGoMigration(riverMigration, &goose.GoFunc{RunDB: river}, nil)),
	}
	if s.name == "postgres" {
		options = append(options, goose.WithTableName("keyturn_migration"))
	}
	provider, err := goose.NewProvider(goose.Dialect(s.name), db, os.DirFS(filepath.FromSlash(s.migrations)), options...)
	if err != nil {
		c.Fatal(err)
	}
	if _, err := provider.UpTo(c.Context(), int64(version)); err != nil {
		c.Fatalf("make a store of version %d: %v", version, err)
	}
}

func riverInFile(ctx context.Context, _ *crash, db *sql.DB) error {
	river, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA user_version = 2")
	return err
}

func riverInDatabase(ctx context.Context, c *crash, _ *sql.DB) error {
	pool, err := pgxpool.New(ctx, c.database)
	if err != nil {
		return err
	}
	defer pool.Close()
	river, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = river.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// tables are those of the store being made.
func (s schema) tables(c *crash, db *sql.DB) []string {
	c.Helper()
	query := "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	if s.name == "postgres" {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	all := texts(c, db, query)
	slices.SortStableFunc(all, func(x, y string) int { // what other tables point at comes first
		return cmp.Compare(slices.Index(pointedAt, y), slices.Index(pointedAt, x))
	})
	return all
}

// pointedAt are the tables that rows of others need, the first needed last.
var pointedAt = []string{"attempt", "run"}

func (s schema) copy(c *crash, db *sql.DB, table string) {
	c.Helper()
	query, values := "SELECT name FROM pragma_table_info('%s')", ""
	if s.name == "postgres" {
		query, values = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '%s'", "OVERRIDING SYSTEM VALUE"
	}
	columns := `"` + strings.Join(texts(c, db, fmt.Sprintf(query, table)), `", "`) + `"`
	statements := []string{fmt.Sprintf(`DELETE FROM "%[1]s"`, table), fmt.Sprintf(`INSERT INTO "%[1]s" (%[2]s) %[3]s SELECT %[2]s FROM newer."%[1]s"`, table, columns, values)}
	if s.name == "postgres" {
		for _, counter := range texts(c, db, fmt.Sprintf("SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '%s' AND is_identity = 'YES'", table)) {
			statements = append(statements, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%[1]s', '%[2]s'), coalesce(max("%[2]s"), 1)) FROM "%[1]s"`, table, counter))
		}
	}
	execute(c, db, statements...)
}

// forgetOrders takes out of the runs' orders what an older release didn't know.
func (s schema) forgetOrders(c *crash, db *sql.DB, known []string) {
	c.Helper()
	orders := texts(c, db, `SELECT "order" FROM run ORDER BY number`)
	if len(orders) != 1 {
		c.Fatalf("the older store has %d runs, want 1", len(orders))
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(orders[0]), &fields); err != nil {
		c.Fatal(err)
	}
	for name := range fields {
		if !slices.Contains(known, name) {
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		c.Fatal(err)
	}
	if _, err := db.ExecContext(c.Context(), `UPDATE run SET "order" = $1`, string(text)); err != nil {
		c.Fatal(err)
	}
}

func texts(c *crash, db *sql.DB, query string) (all []string) {
	c.Helper()
	rows, err := db.QueryContext(c.Context(), query)
	if err != nil {
		c.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			c.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		c.Fatal(err)
	}
	return all
}

const newerFile = "newer.db"

// fileAside moves the machine's file to another name.
func fileAside(c *crash) {
	c.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(filepath.Join(c.m.dir, "keyturn.db"+suffix), filepath.Join(c.m.dir, newerFile+suffix)); err != nil && !os.IsNotExist(err) {
			c.Fatal(err)
		}
	}
}

func openFile(c *crash, beside bool) *sql.DB {
	c.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.m.dir, "keyturn.db")+"?_txlock=immediate")
	if err != nil {
		c.Fatal(err)
	}
	if beside {
		db.SetMaxOpenConns(1) // what is attached is so on one connection
		execute(c, db, "ATTACH '"+filepath.Join(c.m.dir, newerFile)+"' AS newer")
	} else {
		execute(c, db, "PRAGMA application_id = 0x4b455954", "PRAGMA journal_mode = WAL")
	}
	return db
}

// databaseAside moves the database's tables into another schema.
func databaseAside(c *crash) {
	c.Helper()
	db := openDatabase(c, false)
	defer db.Close()
	execute(c, db, "DROP SCHEMA IF EXISTS newer CASCADE", "ALTER SCHEMA public RENAME TO newer", "CREATE SCHEMA public")
}

func openDatabase(c *crash, _ bool) *sql.DB {
	c.Helper()
	db, err := sql.Open("pgx", c.database)
	if err != nil {
		c.Fatal(err)
	}
	return db
}

func execute(c *crash, db *sql.DB, statements ...string) {
	c.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(c.Context(), statement); err != nil {
			c.Fatalf("%s: %v", statement, err)
		}
	}
}
