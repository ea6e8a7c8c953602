package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"keyturn/store/alarm"
	"keyturn/store/storetest"
)

// TestMain lets this binary also be the process that gets killed; see crash_test.go.
func TestMain(m *testing.M) {
	if path := os.Getenv(victimFile); path != "" {
		victim(path)
		return
	}
	if path := os.Getenv(sleeperFile); path != "" {
		sleep(path)
		return
	}
	goleak.VerifyTestMain(m)
}

func TestStoreBehaves(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) storetest.Bench {
		path := filepath.Join(t.TempDir(), "keyturn.db")
		s := open(t, path)
		return storetest.Bench{
			Store: s,
			Again: func(t *testing.T) storetest.Store { return open(t, path) },
			Waker: func(t *testing.T, o alarm.Options) storetest.Waker { return waker(t, s, o) },
			Alter: func(t *testing.T, statement string) { alter(t, s, statement) },
			Count: func(t *testing.T, condition string) int { return count(t, s, condition) },
			Block: func(t *testing.T, table string) func() {
				alter(t, s, "CREATE TRIGGER block BEFORE INSERT ON "+table+" BEGIN SELECT raise(ABORT, 'blocked'); END")
				return func() { alter(t, s, "DROP TRIGGER block") }
			},
		}
	})
}

// open opens a store and closes it when the test ends.
func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
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
	if _, err := s.writer.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, s *Store, condition string) (n int) {
	t.Helper()
	if err := s.reader.QueryRowContext(t.Context(), "SELECT count(*) FROM "+condition).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
