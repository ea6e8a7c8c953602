package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/notice"
	"keyturn/store"
)

var (
	_ store.Duties   = (*Store)(nil)
	_ store.Findings = (*Store)(nil)
)

// Take implements [store.Duties]. A turn that was taken while the answer was lost is nobody's: it costs that turn.
func (s *Store) Take(ctx context.Context, duty string, every time.Duration) (bool, error) {
	changed, err := s.change(ctx, "INSERT INTO duty (name, begun_at, failure) VALUES ($1, "+clock+`, '')
		ON CONFLICT (name) DO UPDATE SET begun_at = `+clock+" WHERE duty.begun_at <= "+clock+" - $2 * interval '1 microsecond' OR duty.begun_at > "+
		clock+" + $3 * interval '1 microsecond'", duty, every.Microseconds(), store.SetBack.Microseconds())
	if err != nil {
		return false, fmt.Errorf("take a turn at %s: %w", duty, err)
	}
	return changed > 0, nil
}

// Finish implements [store.Duties].
func (s *Store) Finish(ctx context.Context, duty, failure string) error {
	_, err := s.change(ctx, `INSERT INTO duty (name, begun_at, done_at, failure)
		SELECT $1, now, CASE WHEN $2 = '' THEN now END, $2 FROM (SELECT `+clock+` AS now) AS this
		ON CONFLICT (name) DO UPDATE SET done_at = coalesce(excluded.done_at, duty.done_at), failure = excluded.failure`, duty, clean(failure))
	if err != nil {
		return fmt.Errorf("keep how %s ended: %w", duty, err)
	}
	return nil
}

// Duty implements [store.Duties].
func (r *reading) Duty(ctx context.Context, duty string) (found store.Duty, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT done_at IS NOT NULL,
			coalesce(abs(extract(epoch FROM `+clock+" - done_at) * 1000000), 0)::bigint, failure FROM duty WHERE name = $1", duty)
		if err != nil {
			return err
		}
		stands, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Duty, error) {
			var d store.Duty
			var micros int64
			err := row.Scan(&d.Done, &micros, &d.Failure)
			d.Ago = time.Duration(micros) * time.Microsecond
			return d, err
		})
		if len(stands) == 1 {
			found = stands[0]
		}
		return err
	})
	if err != nil {
		return store.Duty{}, fmt.Errorf("read how %s stands: %w", duty, err)
	}
	return found, nil
}

// Note implements [store.Findings].
func (s *Store) Note(ctx context.Context, f store.Finding, notices ...notice.Notice) (news bool, err error) {
	again := false
	err = s.write(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO finding (app, code, text, fix, since_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (app) DO UPDATE SET code = excluded.code, text = excluded.text, fix = excluded.fix, since_at = excluded.since_at
			WHERE finding.code <> excluded.code OR finding.text <> excluded.text OR ($6 AND finding.since_at = excluded.since_at)`,
			f.App, f.Code, clean(f.Text), clean(f.Fix), instant(f.Since), again)
		if err != nil {
			return err
		}
		news, again = tag.RowsAffected() > 0, true // a second try may find its own finding, which must not be lost as old
		return post(ctx, tx, notices)
	})
	if err != nil {
		return false, fmt.Errorf("note a finding of %s: %w", f.App, err)
	}
	return news, nil
}

// Forget implements [store.Findings].
func (s *Store) Forget(ctx context.Context, app string, notices ...notice.Notice) error {
	err := s.write(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM finding WHERE app = $1", app); err != nil {
			return err
		}
		return post(ctx, tx, notices)
	})
	if err != nil {
		return fmt.Errorf("forget the finding of %s: %w", app, err)
	}
	return nil
}

// Findings implements [store.Findings].
func (r *reading) Findings(ctx context.Context) (found []store.Finding, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		found, err = collect(ctx, conn, scanFinding, "SELECT app, code, text, fix, since_at FROM finding ORDER BY app")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the findings: %w", err)
	}
	return found, nil
}

func scanFinding(row pgx.CollectableRow) (store.Finding, error) {
	var f store.Finding
	err := row.Scan(&f.App, &f.Code, &f.Text, &f.Fix, (*instant)(&f.Since))
	return f, err
}
