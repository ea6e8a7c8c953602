package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"keyturn/notice"
	"keyturn/store"
)

var (
	_ store.Servers  = (*Store)(nil)
	_ store.Duties   = (*Store)(nil)
	_ store.Findings = (*Store)(nil)
)

// Serve implements [store.Servers].
func (s *Store) Serve(ctx context.Context, node string, ttl time.Duration) error {
	err := s.alive(ctx, node, "INSERT INTO node (id, alive_until, serves) VALUES (?, "+clock+` + ?, 1)
		ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until, serves = 1`, ttl)
	if err != nil {
		return fmt.Errorf("say that node %s serves: %w", node, err)
	}
	return nil
}

// Served implements [store.Servers].
func (s *Store) Served(ctx context.Context) (served bool, err error) {
	err = s.reader.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM node WHERE serves = 1 AND alive_until > "+clock+")").Scan(&served)
	if err != nil {
		return false, fmt.Errorf("ask whether a node serves: %w", s.classify(err))
	}
	return served, nil
}

// Take implements [store.Duties].
func (s *Store) Take(ctx context.Context, duty string, every time.Duration) (bool, error) {
	changed, err := s.change(ctx, "INSERT INTO duty (name, begun_at, done_at, failure) VALUES (?, "+clock+`, 0, '')
		ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at
		WHERE duty.begun_at <= excluded.begun_at - ? OR duty.begun_at > excluded.begun_at + ?`, duty, every.Microseconds(), store.SetBack.Microseconds())
	if err != nil {
		return false, fmt.Errorf("take a turn at %s: %w", duty, err)
	}
	return changed > 0, nil
}

// Finish implements [store.Duties].
func (s *Store) Finish(ctx context.Context, duty, failure string) error {
	_, err := s.change(ctx, `INSERT INTO duty (name, begun_at, done_at, failure)
		SELECT ?1, now, iif(?2 = '', now, 0), ?2 FROM (SELECT `+clock+` AS now) WHERE 1
		ON CONFLICT (name) DO UPDATE SET done_at = iif(excluded.done_at = 0, duty.done_at, excluded.done_at), failure = excluded.failure`, duty, failure)
	if err != nil {
		return fmt.Errorf("keep how %s ended: %w", duty, err)
	}
	return nil
}

// Duty implements [store.Duties].
func (s *Store) Duty(ctx context.Context, duty string) (store.Duty, error) {
	var done, now int64
	var found store.Duty
	err := s.reader.QueryRowContext(ctx, "SELECT done_at, failure, "+clock+" FROM duty WHERE name = ?", duty).Scan(&done, &found.Failure, &now)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Duty{}, nil
	}
	if err != nil {
		return store.Duty{}, fmt.Errorf("read how %s stands: %w", duty, s.classify(err))
	}
	if done > 0 {
		found.Done, found.Ago = true, (time.Duration(now-done) * time.Microsecond).Abs()
	}
	return found, nil
}

// Note implements [store.Findings].
func (s *Store) Note(ctx context.Context, f store.Finding, notices ...notice.Notice) (bool, error) {
	changed, err := s.changeAndTell(ctx, notices, `INSERT INTO finding (app, code, text, fix, since_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (app) DO UPDATE SET code = excluded.code, text = excluded.text, fix = excluded.fix, since_at = excluded.since_at
		WHERE finding.code <> excluded.code OR finding.text <> excluded.text`, f.App, f.Code, f.Text, f.Fix, instant(f.Since))
	if err != nil {
		return false, fmt.Errorf("note a finding of %s: %w", f.App, err)
	}
	return changed > 0, nil
}

// Forget implements [store.Findings].
func (s *Store) Forget(ctx context.Context, app string, notices ...notice.Notice) error {
	if _, err := s.changeAndTell(ctx, notices, "DELETE FROM finding WHERE app = ?", app); err != nil {
		return fmt.Errorf("forget the finding of %s: %w", app, err)
	}
	return nil
}

// Findings implements [store.Findings].
func (s *Store) Findings(ctx context.Context) ([]store.Finding, error) {
	found, err := collect(ctx, s.reader, scanFinding, "SELECT app, code, text, fix, since_at FROM finding ORDER BY app")
	if err != nil {
		return nil, fmt.Errorf("read the findings: %w", s.classify(err))
	}
	return found, nil
}

func scanFinding(row scanner) (store.Finding, error) {
	var f store.Finding
	err := row.Scan(&f.App, &f.Code, &f.Text, &f.Fix, (*instant)(&f.Since))
	return f, err
}

// change runs one statement in a transaction of its own and returns how many rows it changed.
func (s *Store) change(ctx context.Context, statement string, args ...any) (changed int64, err error) {
	return s.changeAndTell(ctx, nil, statement, args...)
}

// changeAndTell is change, and keeps the notices in the same transaction.
func (s *Store) changeAndTell(ctx context.Context, notices []notice.Notice, statement string, args ...any) (changed int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if changed, err = affected(tx.ExecContext(ctx, statement, args...)); err != nil {
			return err
		}
		return post(ctx, tx, notices)
	})
	return changed, err
}

// affected is how many rows a statement changed.
func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
