package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/problem"
	"keyturn/store/postgrestest"
)

// migrating is a database that looks like an older release's, and another process that holds it to migrate it.
func migrating(t *testing.T) (address string, other *pgx.Conn) {
	t.Helper()
	address = postgrestest.Database(t)
	open(t, address)
	other, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close(t.Context()) })
	for _, statement := range []string{
		fmt.Sprintf("SELECT pg_advisory_lock(%d, 0)", lockMigrate),
		fmt.Sprint("UPDATE keyturn_migration SET is_applied = false WHERE version_id = ", schemaVersion),
	} {
		if _, err := other.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return address, other
}

func TestWhoMayNotMigrateWaitsForWhoDoes(t *testing.T) {
	t.Parallel()
	address, other := migrating(t)
	opened := make(chan error, 1)
	go func() {
		s, err := Open(t.Context(), address, Options{})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	for waits := false; !waits; {
		select {
		case err := <-opened:
			t.Fatalf("it didn't wait: %v", err)
		default:
		}
		err := other.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := other.Exec(t.Context(), "UPDATE keyturn_migration SET is_applied = true"); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Errorf("after the migration: %v", err)
	}
}

func TestAMigrationThatDoesNotEndIsWaitedForInVain(t *testing.T) {
	t.Parallel()
	address, other := migrating(t)
	for _, allowed := range []bool{false, true} {
		_, err := Open(t.Context(), address, Options{AllowMigrate: allowed, wait: 50 * time.Millisecond})
		wantProblem(t, err, codeBusy)
		if problem.Of(err).Class != problem.Retry {
			t.Errorf("%v should be tried later", err)
		}
	}
	_, err := OpenReader(t.Context(), address)
	wantProblem(t, err, codeBusy)
	if err := other.Close(t.Context()); err != nil { // it is killed, and the store is still an older release's
		t.Fatal(err)
	}
	_, err = Open(t.Context(), address, Options{})
	wantProblem(t, err, codeBehind)
	_, err = OpenReader(t.Context(), address)
	wantProblem(t, err, codeBehind)
}
