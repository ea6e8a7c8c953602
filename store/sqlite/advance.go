package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

const updateRun = `UPDATE run SET state = ?, open = ?, door = ?, reason = ?, outcome = ?, "order" = ?, attempt = ?,
	retires = ?, tries = ?, node = ?, wake_at = ?, updated_at = ?, delivered_at = ?, verified_at = ?,
	watermark_at = ?, gate_at = ?, ended_at = ?, approved_by = ?, evidence = ?, version = version + 1
	WHERE id = ? AND version = ? AND node = ?`

// Advance implements [store.Writer].
func (s *Store) Advance(ctx context.Context, change store.Change) (renewal.Run, error) {
	before, run := change.Run, kept(change.Run)
	run.Version++
	if change.Release {
		run.Node = ""
	}
	write := s.write
	if change.Lazy {
		write = s.writeLazily
	}
	err := write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := fence(ctx, tx, before, run); err != nil {
			return err
		}
		if err := saveWork(ctx, tx, run.ID, change); err != nil {
			return err
		}
		if err := tell(ctx, tx, run, change.Told); err != nil {
			return err
		}
		if change.Release && !run.State.Ended() && !run.WakeAt.IsZero() {
			return s.setAlarm(ctx, tx, run)
		}
		return nil
	})
	if err != nil {
		return renewal.Run{}, fmt.Errorf("save run %s: %w", run.ID, err)
	}
	return run, nil
}

// fence saves run, if the one before it is still what the caller read.
func fence(ctx context.Context, tx *sql.Tx, before, run renewal.Run) error {
	if before.Node == "" {
		return store.ErrFenced // nobody drives it, so nobody may save it
	}
	result, err := tx.ExecContext(ctx, updateRun, append(movable(run), run.ID, before.Version, before.Node)...)
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	if err == nil && changed == 0 {
		return store.ErrFenced
	}
	return err
}

const (
	upsertAttempt = `INSERT INTO attempt (run, n, mark, state, key_id, hint, start, "end", at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run, n) DO UPDATE SET mark = excluded.mark, state = excluded.state, key_id = excluded.key_id,
		hint = excluded.hint, start = excluded.start, "end" = excluded."end", at = excluded.at`
	upsertDelivery = `INSERT INTO delivery (run, n, target, state, receipt, rung, note, written_at, proven_at, provable)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run, n, target) DO UPDATE SET state = excluded.state, receipt = excluded.receipt,
		rung = excluded.rung, note = excluded.note, written_at = excluded.written_at, proven_at = excluded.proven_at,
		provable = excluded.provable`
	insertEvent = "INSERT INTO event (run, app, kind, text, at, fields) VALUES (?, ?, ?, ?, ?, ?)"
	insertEntry = "INSERT INTO audit (" + auditColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	lastEntry   = "SELECT number, digest FROM audit WHERE app = ? ORDER BY number DESC LIMIT 1"
)

// saveWork saves the attempts and deliveries of change as those of run id.
func saveWork(ctx context.Context, tx *sql.Tx, id string, change store.Change) error {
	for _, a := range change.Attempts {
		if _, err := tx.ExecContext(ctx, upsertAttempt, id, a.N, a.Mark, a.State, a.KeyID, a.Hint,
			instant(a.Start), instant(a.End), instant(a.At)); err != nil {
			return fmt.Errorf("save attempt %d: %w", a.N, err)
		}
	}
	for _, d := range change.Deliveries {
		if _, err := tx.ExecContext(ctx, upsertDelivery, id, d.N, d.Target, d.State, d.Receipt, d.Rung, d.Note,
			instant(d.WrittenAt), instant(d.ProvenAt), d.Provable); err != nil {
			return fmt.Errorf("save the delivery to %s: %w", d.Target, err)
		}
	}
	return nil
}

// tell saves the events, the notices and the audit entries of one change of run.
func tell(ctx context.Context, tx *sql.Tx, run renewal.Run, told store.Told) error {
	for _, e := range told.Events {
		if _, err := tx.ExecContext(ctx, insertEvent,
			run.ID, run.App, e.Kind, e.Text, instant(run.UpdatedAt), document{e.Fields}); err != nil {
			return fmt.Errorf("save the event %s: %w", e.Kind, err)
		}
	}
	if err := post(ctx, tx, told.Notices); err != nil {
		return err
	}
	if len(told.Audit) == 0 {
		return nil
	}
	head, err := chainHead(ctx, tx, run.App)
	if err != nil {
		return err
	}
	for _, entry := range told.Audit {
		entry.App, entry.Run, entry.At = run.App, run.ID, run.UpdatedAt
		head = audit.Seal(head, entry)
		if err := saveEntry(ctx, tx, head); err != nil {
			return fmt.Errorf("save the audit entry %s: %w", entry.Action, err)
		}
	}
	return nil
}

// chainHead returns the last entry of app's chain, as far as the next one needs it.
func chainHead(ctx context.Context, tx *sql.Tx, app string) (audit.Entry, error) {
	var head audit.Entry
	err := tx.QueryRowContext(ctx, lastEntry, app).
		Scan(&head.Number, &head.Digest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return head, fmt.Errorf("read the head of the audit log: %w", err)
	}
	return head, nil
}

func saveEntry(ctx context.Context, tx *sql.Tx, e audit.Entry) error {
	_, err := tx.ExecContext(ctx, insertEntry,
		e.App, e.Number, instant(e.At), e.Who, e.Run, e.Action, e.Object, e.Outcome, e.Detail, e.Requests, e.Previous, e.Digest)
	return err
}
