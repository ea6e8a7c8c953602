package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"keyturn/renewal"
	"keyturn/store"
)

// Each transaction waits for the disk as it was asked to, whatever those before it asked for, and one that failed too.
func TestOnlyALazyWriteDoesNotWaitForTheDisk(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	const full, normal = 2, 1 // as the PRAGMA tells them
	for name, step := range []struct {
		lazy, fails bool
		want        int
	}{{want: full}, {lazy: true, want: normal}, {lazy: true, fails: true, want: normal}, {want: full}, {fails: true, want: full}, {lazy: true, want: normal}, {want: full}} {
		write := s.write
		if step.lazy {
			write = s.writeLazily
		}
		var level int
		_ = write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			if err := tx.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
				t.Fatal(err)
			}
			if step.fails {
				return store.ErrFenced
			}
			return nil
		})
		if level != step.want {
			t.Errorf("write %d: synchronous is %d, want %d", name, level, step.want)
		}
	}
}

// A change is lazy only when it says so.
func TestAdvanceIsLazyOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	run := beginOne(t, s)
	for _, lazy := range []bool{true, false, true} {
		run.State = renewal.Issuing
		saved, err := s.Advance(t.Context(), store.Change{Run: run, Lazy: lazy})
		if err != nil {
			t.Fatal(err)
		}
		if run = saved; (s.waits == soon) != lazy {
			t.Errorf("a change with Lazy %v waited for %s", lazy, s.waits)
		}
	}
}
