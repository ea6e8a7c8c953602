package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/store"
)

var _ store.Passes = (*Store)(nil)

const passColumns = "id, kind, digest, name, role, person, subject, method, made_at, ends_at, voided_at"

// Keep implements [store.Passes].
func (s *Store) Keep(ctx context.Context, p store.Pass) error {
	err := s.write(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM pass WHERE ends_at < $1", instant(p.Made.Add(-store.KeptAfter))); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO pass ("+passColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (digest) DO NOTHING`, // an earlier try whose answer was lost: digests are random
			passValues(p)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep pass %s: %w", p.ID, err)
	}
	return nil
}

func passValues(p store.Pass) []any {
	return []any{
		p.ID, p.Kind, p.Digest, clean(p.Name), p.Role, clean(p.Person), clean(p.Subject), p.Method, instant(p.Made), instant(p.Ends), instant(p.Voided),
	}
}

// Pass implements [store.Passes].
func (r *reading) Pass(ctx context.Context, digest string) (store.Pass, error) {
	var found []store.Pass
	err := r.read(ctx, func(conn *pgx.Conn) (err error) {
		found, err = collect(ctx, conn, scanPass, "SELECT "+passColumns+" FROM pass WHERE digest = $1", digest)
		return err
	})
	switch {
	case err != nil:
		return store.Pass{}, fmt.Errorf("look for a pass: %w", err)
	case len(found) == 0:
		return store.Pass{}, store.ErrNoPass
	}
	return found[0], nil
}

// Void implements [store.Passes]. When the answer to a try that ended the pass is lost, it is ended and nobody is told
// so: a link is then used up for nothing, rather than good twice.
func (s *Store) Void(ctx context.Context, id string, at time.Time) (bool, error) {
	changed, err := s.change(ctx, "UPDATE pass SET voided_at = $1 WHERE id = $2 AND voided_at IS NULL", instant(at), clean(id))
	if err != nil {
		return false, fmt.Errorf("end pass %s: %w", id, err)
	}
	return changed > 0, nil
}

// Passes implements [store.Passes].
func (r *reading) Passes(ctx context.Context, kind store.PassKind) (found []store.Pass, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		found, err = collect(ctx, conn, scanPass, "SELECT "+passColumns+" FROM pass WHERE kind = $1 ORDER BY made_at DESC, id", kind)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the passes: %w", err)
	}
	return found, nil
}

func scanPass(row pgx.CollectableRow) (store.Pass, error) {
	var p store.Pass
	err := row.Scan(&p.ID, &p.Kind, &p.Digest, &p.Name, &p.Role, &p.Person, &p.Subject, &p.Method,
		(*instant)(&p.Made), (*instant)(&p.Ends), (*instant)(&p.Voided))
	return p, err
}
