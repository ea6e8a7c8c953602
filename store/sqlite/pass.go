package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"keyturn/store"
)

var _ store.Passes = (*Store)(nil)

const passColumns = "id, kind, digest, name, role, person, subject, method, made_at, ends_at, voided_at"

// Keep implements [store.Passes].
func (s *Store) Keep(ctx context.Context, p store.Pass) error {
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM pass WHERE ends_at < ?", instant(p.Made.Add(-store.KeptAfter))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO pass ("+passColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			p.ID, p.Kind, p.Digest, p.Name, p.Role, p.Person, p.Subject, p.Method, instant(p.Made), instant(p.Ends), instant(p.Voided))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep pass %s: %w", p.ID, err)
	}
	return nil
}

// Pass implements [store.Passes].
func (s *Store) Pass(ctx context.Context, digest string) (store.Pass, error) {
	pass, err := scanPass(s.reader.QueryRowContext(ctx, "SELECT "+passColumns+" FROM pass WHERE digest = ?", digest))
	if errors.Is(err, sql.ErrNoRows) {
		return store.Pass{}, store.ErrNoPass
	}
	if err != nil {
		return store.Pass{}, fmt.Errorf("look for a pass: %w", s.classify(err))
	}
	return pass, nil
}

// Void implements [store.Passes].
func (s *Store) Void(ctx context.Context, id string, at time.Time) (bool, error) {
	changed, err := s.change(ctx, "UPDATE pass SET voided_at = ? WHERE id = ? AND voided_at = 0", instant(at), id)
	if err != nil {
		return false, fmt.Errorf("end pass %s: %w", id, err)
	}
	return changed > 0, nil
}

// Passes implements [store.Passes].
func (s *Store) Passes(ctx context.Context, kind store.PassKind) ([]store.Pass, error) {
	found, err := collect(ctx, s.reader, scanPass, "SELECT "+passColumns+" FROM pass WHERE kind = ? ORDER BY made_at DESC, id", kind)
	if err != nil {
		return nil, fmt.Errorf("read the passes: %w", s.classify(err))
	}
	return found, nil
}

func scanPass(row scanner) (store.Pass, error) {
	var p store.Pass
	err := row.Scan(&p.ID, &p.Kind, &p.Digest, &p.Name, &p.Role, &p.Person, &p.Subject, &p.Method,
		(*instant)(&p.Made), (*instant)(&p.Ends), (*instant)(&p.Voided))
	return p, err
}
