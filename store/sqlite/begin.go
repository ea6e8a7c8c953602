package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"keyturn/renewal"
	"keyturn/store"
)

const insertRun = `INSERT INTO run (state, open, door, reason, outcome, "order", attempt, retires, tries, node,
	wake_at, updated_at, delivered_at, verified_at, watermark_at, gate_at, ended_at, approved_by, evidence,
	id, app, client_id, created_at, version)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`

// Begin implements [store.Writer].
func (s *Store) Begin(ctx context.Context, run renewal.Run, told store.Told) (renewal.Run, error) {
	run = kept(run)
	run.Version = 1
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		open, err := openRun(ctx, tx, run.App)
		if err == nil {
			run = open
			return store.ErrOpen
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		values := append(movable(run), run.ID, run.App, run.ClientID, instant(run.CreatedAt))
		if _, err := tx.ExecContext(ctx, insertRun, values...); err != nil {
			return err
		}
		if err := tell(ctx, tx, run, told); err != nil || run.Node != "" {
			return err
		}
		return s.setAlarm(ctx, tx, run)
	})
	if errors.Is(err, store.ErrOpen) {
		return run, err
	}
	if err != nil {
		return renewal.Run{}, fmt.Errorf("save the new run %s: %w", run.ID, err)
	}
	return run, nil
}

func openRun(ctx context.Context, tx *sql.Tx, app string) (renewal.Run, error) {
	return scanRun(tx.QueryRowContext(ctx, "SELECT "+runColumns+" FROM run WHERE app = ? AND open = 1", app))
}

// Claim implements [store.Writer]. A node that claims its own run again is fenced like any other former driver.
func (s *Store) Claim(ctx context.Context, id, node string) (renewal.Run, error) {
	var run renewal.Run
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if run, err = scanRun(tx.QueryRowContext(ctx, "SELECT "+runColumns+" FROM run WHERE id = ?", id)); err != nil {
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
		_, err = tx.ExecContext(ctx, "UPDATE run SET node = ?, version = ? WHERE id = ?", node, run.Version, id)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrHeld) {
		return renewal.Run{}, fmt.Errorf("claim run %s: %w", id, err)
	}
	return run, err
}

func heldByAnother(ctx context.Context, tx *sql.Tx, run renewal.Run, node string) (held bool, err error) {
	if run.Node == "" || run.Node == node {
		return false, nil
	}
	err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM node WHERE id = ? AND alive_until > "+clock+")", run.Node).Scan(&held)
	return held, err
}

// missing turns the driver's "no row" into the contract's.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}
