package postgres

import (
	"context"
	"testing"

	"keyturn/store/alarm"
	"keyturn/store/postgrestest"
	"keyturn/store/storetest"
)

func TestStoreBehaves(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) storetest.Bench { return bench(t, postgrestest.Database(t)) })
}

// TestStoreBehavesBehindAPooler that gives each transaction another connection, as Azure's servers have one built in.
func TestStoreBehavesBehindAPooler(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) storetest.Bench {
		return bench(t, postgrestest.Pooler(t, postgrestest.Database(t)))
	})
}

func bench(t *testing.T, address string) storetest.Bench {
	s := open(t, address)
	return storetest.Bench{
		Store: s,
		Again: func(t *testing.T) storetest.Store { return open(t, address) },
		Waker: func(t *testing.T, o alarm.Options) storetest.Waker { return waker(t, s, o) },
		Alter: func(t *testing.T, statement string) { alter(t, s, statement) },
		Count: func(t *testing.T, condition string) int { return count(t, s, condition) },
		Block: func(t *testing.T, table string) func() {
			alter(t, s, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'blocked'; END $$")
			alter(t, s, "CREATE TRIGGER block BEFORE INSERT ON "+table+" FOR EACH ROW EXECUTE FUNCTION refuse()")
			return func() { alter(t, s, "DROP FUNCTION refuse CASCADE") }
		},
		Tick: "interval '1 microsecond'",
	}
}

// open opens a store and closes it when the test ends.
func open(t testing.TB, address string) *Store {
	t.Helper()
	s, err := Open(t.Context(), address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func waker(t *testing.T, s *Store, o alarm.Options) *Waker {
	t.Helper()
	w := NewWaker(s, o)
	t.Cleanup(func() {
		if err := w.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w
}

func alter(t testing.TB, s *Store, statement string) {
	t.Helper()
	if _, err := s.pool.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, s *Store, condition string) (n int) {
	t.Helper()
	if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM "+condition).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
