package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"keyturn/store"
)

// clock is the database's own time in microseconds, exact to a millisecond.
const clock = "CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER)"

// Beat implements [store.Nodes]. It also forgets nodes whose processes were killed, where the system can tell.
func (s *Store) Beat(ctx context.Context, node string, ttl time.Duration) error {
	err := s.alive(ctx, node, "INSERT INTO node (id, alive_until) VALUES (?, "+clock+` + ?)
		ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until`, ttl)
	if err != nil {
		return fmt.Errorf("say that node %s is alive: %w", node, err)
	}
	return nil
}

// alive keeps by upsert that node lives, and leaves its sign of life. No process outlives the power.
func (s *Store) alive(ctx context.Context, node, upsert string, ttl time.Duration) error {
	return s.writeLazily(ctx, func(ctx context.Context, tx *sql.Tx) error {
		s.sign(node)
		if err := s.bury(ctx, tx); err != nil {
			return err
		}
		longest := store.LongestLease.Microseconds()
		if _, err := tx.ExecContext(ctx, "UPDATE node SET alive_until = "+clock+" + ?1 WHERE alive_until > "+clock+" + ?1", longest); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, upsert, node, ttl.Microseconds())
		return err
	})
}

// Leave implements [store.Nodes]. It also forgets the nodes that died more than a day ago without leaving.
func (s *Store) Leave(ctx context.Context, node string) error {
	err := s.writeLazily(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM node WHERE id = ? OR alive_until < "+clock+" - ?", node, (24 * time.Hour).Microseconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("take leave of node %s: %w", node, err)
	}
	s.unsign(node)
	return nil
}
