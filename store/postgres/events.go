package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"keyturn/renewal"
)

// Events implements [store.Reader].
//
// Event numbers are given before their transactions end, so a smaller one may come to be seen after a larger one, and
// whoever goes on after the largest seen would never see it. Within a run that can't happen, because its row lets one
// transaction through at a time. Of all runs together, only those events are returned that nothing can overtake any
// more: each transaction announces from which number on it takes its own (see announce).
func (r *reading) Events(ctx context.Context, run string, after int64) (events []renewal.Event, err error) {
	err = r.read(ctx, func(conn *pgx.Conn) (err error) {
		if run != "" {
			events, err = collect(ctx, conn, scanEvent, selectEvents+" AND run = $3 ORDER BY sequence LIMIT $2", after, most, run)
			return err
		}
		until, err := settledUntil(ctx, conn)
		if err != nil {
			return err
		}
		events, err = collect(ctx, conn, scanEvent, selectEvents+" AND sequence <= $3 ORDER BY sequence LIMIT $2", after, most, until)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", err)
	}
	return events, nil
}

const (
	selectEvents = "SELECT sequence, run, app, kind, text, at, fields FROM event WHERE sequence > $1"
	lastGiven    = "SELECT last_value - (NOT is_called)::int FROM event_sequence_seq"
	announced    = `SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = $1
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
)

// settledUntil returns the largest event number up to which nothing new can appear. The order of the statements
// matters: a transaction that isn't among the announced ones when they are read has either ended, so that the next
// statement sees its events, or takes only numbers above the last one given before.
func settledUntil(ctx context.Context, conn *pgx.Conn) (int64, error) {
	var last int64
	if err := conn.QueryRow(ctx, lastGiven).Scan(&last); err != nil {
		return 0, err
	}
	marks, err := collect(ctx, conn, pgx.RowTo[int64], announced, lockEvents)
	if err != nil {
		return 0, err
	}
	until := last
	for _, mark := range marks {
		until = min(until, last-behind(last, mark))
	}
	return until, nil
}

// behind returns how far the number that mark announces lies below last. A mark is a number's last 31 bits; one that
// lies above last says nothing about it.
func behind(last, mark int64) int64 {
	const bits = 1<<31 - 1
	distance := (last - mark) & bits
	if distance > bits/2 {
		return 0
	}
	return distance
}
