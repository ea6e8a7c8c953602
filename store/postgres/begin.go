package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"keyturn/renewal"
	"keyturn/store"
)

const insertRun = `INSERT INTO run (state, open, door, reason, outcome, "order", attempt, retires, tries, node,
	wake_at, updated_at, delivered_at, verified_at, watermark_at, gate_at, ended_at, approved_by, evidence,
	id, app, client_id, created_at, version, save)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, '')
	ON CONFLICT DO NOTHING`

// Begin implements [store.Writer].
func (s *Store) Begin(ctx context.Context, run renewal.Run, told store.Told) (renewal.Run, error) {
	run = kept(run)
	run.Version = 1
	begun := run
	err := s.write(ctx, func(tx pgx.Tx) (err error) {
		if begun, err = insertOrFind(ctx, tx, run); err != nil {
			return err
		}
		if err := tell(ctx, tx, run, told); err != nil || run.Node != "" {
			return err
		}
		return s.setAlarm(ctx, tx, run)
	})
	if errors.Is(err, store.ErrOpen) {
		return begun, err
	}
	if err != nil {
		return renewal.Run{}, fmt.Errorf("save the new run %s: %w", run.ID, err)
	}
	return begun, nil
}

// insertOrFind inserts run. When the application has an open run, it returns that one with ErrOpen; when run itself
// is there, from a try whose answer was lost, it returns errSaved.
func insertOrFind(ctx context.Context, tx pgx.Tx, run renewal.Run) (renewal.Run, error) {
	for {
		tag, err := tx.Exec(ctx, insertRun, append(movable(run), run.ID, run.App, run.ClientID, instant(run.CreatedAt), run.Version)...)
		if err != nil || tag.RowsAffected() == 1 {
			return run, err
		}
		rows, err := tx.Query(ctx, "SELECT "+runColumns+" FROM run WHERE id = $1 OR app = $2 AND open ORDER BY id = $1 DESC LIMIT 1", run.ID, run.App)
		if err != nil {
			return run, err
		}
		found, err := pgx.CollectExactlyOneRow(rows, scanRun)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			continue // the open run ended between the two statements
		case err != nil:
			return run, err
		case found.ID == run.ID:
			return found, errSaved
		}
		return found, store.ErrOpen
	}
}

// Claim implements [store.Writer]. A node that claims its own run again is fenced like any other former driver; so a
// claim whose answer was lost is simply made again.
func (s *Store) Claim(ctx context.Context, id, node string) (renewal.Run, error) {
	var run renewal.Run
	err := s.write(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+runColumns+" FROM run WHERE id = $1 FOR NO KEY UPDATE", id)
		if err != nil {
			return err
		}
		if run, err = pgx.CollectExactlyOneRow(rows, scanRun); err != nil {
			return missing(err)
		}
		held, err := heldByAnother(ctx, tx, run, node)
		if err != nil {
			return err
		}
		if held {
			return store.ErrHeld
		}
		run.Node, run.Version = node, run.Version+1
		_, err = tx.Exec(ctx, "UPDATE run SET node = $1, version = $2, save = '' WHERE id = $3", run.Node, run.Version, id)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrHeld) {
		return renewal.Run{}, fmt.Errorf("claim run %s: %w", id, err)
	}
	return run, err
}

func heldByAnother(ctx context.Context, tx pgx.Tx, run renewal.Run, node string) (held bool, err error) {
	if run.Node == "" || run.Node == node {
		return false, nil
	}
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM node WHERE id = $1 AND alive_until > "+clock+")", run.Node).Scan(&held)
	return held, err
}

// missing turns the driver's "no row" into the contract's.
func missing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}
