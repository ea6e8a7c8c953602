package postgres

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/jackc/pgx/v5"

	"keyturn/renewal"
	"keyturn/store"
)

const updateRun = `UPDATE run SET state = $1, open = $2, door = $3, reason = $4, outcome = $5, "order" = $6, attempt = $7,
	retires = $8, tries = $9, node = $10, wake_at = $11, updated_at = $12, delivered_at = $13, verified_at = $14,
	watermark_at = $15, gate_at = $16, ended_at = $17, approved_by = $18, evidence = $19, version = version + 1, save = $20
	WHERE id = $21 AND version = $22 AND node = $23`

// Advance implements [store.Writer].
func (s *Store) Advance(ctx context.Context, change store.Change) (renewal.Run, error) {
	before, run, save := change.Run, kept(change.Run), rand.Text()
	run.Version++
	if change.Release {
		run.Node = ""
	}
	write := s.write
	if change.Lazy {
		write = s.writeLazily
	}
	err := write(ctx, func(tx pgx.Tx) error {
		if err := fence(ctx, tx, before, run, save); err != nil {
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

// fence saves run, if the one before it is still what the caller read. When an earlier try of the same save went
// through and only its answer was lost, the row bears its mark and the error is errSaved.
func fence(ctx context.Context, tx pgx.Tx, before, run renewal.Run, save string) error {
	if before.Node == "" {
		return store.ErrFenced // nobody drives it, so nobody may save it
	}
	tag, err := tx.Exec(ctx, updateRun, append(movable(run), save, run.ID, before.Version, before.Node)...)
	if err != nil || tag.RowsAffected() == 1 {
		return err
	}
	var saved bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM run WHERE id = $1 AND save = $2)", run.ID, save).Scan(&saved); err != nil {
		return err
	}
	if saved {
		return errSaved
	}
	return store.ErrFenced
}

const (
	upsertAttempt = `INSERT INTO attempt (run, n, mark, state, key_id, hint, start, "end", at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (run, n) DO UPDATE SET mark = excluded.mark, state = excluded.state, key_id = excluded.key_id,
		hint = excluded.hint, start = excluded.start, "end" = excluded."end", at = excluded.at`
	upsertDelivery = `INSERT INTO delivery (run, n, target, state, receipt, rung, note, written_at, proven_at, provable)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (run, n, target) DO UPDATE SET state = excluded.state, receipt = excluded.receipt,
		rung = excluded.rung, note = excluded.note, written_at = excluded.written_at, proven_at = excluded.proven_at,
		provable = excluded.provable`
)

// saveWork saves the attempts and deliveries of change as those of run id, all in one trip to the server.
func saveWork(ctx context.Context, tx pgx.Tx, id string, change store.Change) error {
	var batch pgx.Batch
	for _, a := range change.Attempts {
		batch.Queue(upsertAttempt, id, a.N, clean(a.Mark), a.State, a.KeyID, clean(a.Hint), instant(a.Start), instant(a.End), instant(a.At))
	}
	for _, d := range change.Deliveries {
		batch.Queue(upsertDelivery, id, d.N, d.Target, d.State, clean(d.Receipt), d.Rung, clean(d.Note),
			instant(d.WrittenAt), instant(d.ProvenAt), d.Provable)
	}
	if err := send(ctx, tx, &batch); err != nil {
		return fmt.Errorf("save the attempts and deliveries: %w", err)
	}
	return nil
}

// send sends what was queued, if anything, and returns the first error.
func send(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
	if batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, batch).Close()
}
