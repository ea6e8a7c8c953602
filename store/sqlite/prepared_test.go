package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"testing"
)

// keptBy lists the texts that the writer's connection keeps.
func keptBy(t *testing.T, s *Store) map[string]statement {
	t.Helper()
	conn, err := s.writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var kept map[string]statement
	if err := conn.Raw(func(c any) error { kept = c.(*keeper).kept; return nil }); err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestAStatementIsParsedOnce(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	const query = "SELECT count(*) FROM run"
	for range 2 {
		var n int
		if err := s.writer.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	first := keptBy(t, s)[query]
	if first == nil {
		t.Fatal("the statement isn't kept")
	}
	if err := s.writer.QueryRowContext(t.Context(), query).Scan(new(int)); err != nil || keptBy(t, s)[query] != first {
		t.Errorf("the statement was parsed again: %v", err)
	}
	if _, err := s.writer.ExecContext(t.Context(), "PRAGMA optimize"); err != nil || keptBy(t, s)["PRAGMA optimize"] != nil {
		t.Errorf("a statement that works while it is parsed was kept: %v", err)
	}
}

// TestAStatementWithinItself asks the same while its first answer is still being read.
func TestAStatementWithinItself(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	err := s.write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		const query = "SELECT value FROM json_each('[1,2,3]')"
		outer, err := tx.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer outer.Close()
		sum := 0
		for outer.Next() {
			inner, err := collect(ctx, tx, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, query)
			if err != nil {
				return err
			}
			sum += len(inner)
		}
		if sum != 9 {
			return fmt.Errorf("%d rows, want 9", sum)
		}
		return outer.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAFailedStatementIsParsedAnew(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	const query = "INSERT INTO finding (app, code, text, fix, since_at) VALUES (?, 'c', 't', '', 0)"
	for i, want := range []bool{true, false, false} {
		if _, err := s.writer.ExecContext(t.Context(), query, "contoso"); (err == nil) != want {
			t.Errorf("time %d: %v", i, err)
		}
	}
	if keptBy(t, s)[query] != nil {
		t.Error("a statement that failed was kept")
	}
	if _, err := s.writer.ExecContext(t.Context(), query, "fabrikam"); err != nil {
		t.Error(err)
	}
}

// TestStatementsDontPileUp: a text of its own for each value must not fill the memory.
func TestStatementsDontPileUp(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	for i := range 2 * keptStatements {
		if err := s.writer.QueryRowContext(t.Context(), fmt.Sprint("SELECT ", i)).Scan(new(int)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(keptBy(t, s)); n > keptStatements {
		t.Errorf("%d statements are kept", n)
	}
}

// A pool must get all that the driver's own connections can do.
var _ interface {
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
} = (*keeper)(nil)
