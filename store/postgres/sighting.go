package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/store"
)

var _ store.Sightings = (*Store)(nil)

const upsertSighting = `INSERT INTO sighting (app, client_id, name, search, seen_at, unclear, code, text, due_at, expires_at, credentials, places)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
	ON CONFLICT (app) DO UPDATE SET client_id = excluded.client_id, name = excluded.name, search = excluded.search,
	seen_at = excluded.seen_at, unclear = excluded.unclear, code = excluded.code, text = excluded.text, due_at = excluded.due_at,
	expires_at = excluded.expires_at, credentials = excluded.credentials, places = excluded.places
	WHERE NOT coalesce(greatest(excluded.seen_at - sighting.seen_at, sighting.seen_at - excluded.seen_at) < $13 * interval '1 microsecond', false)
	OR (sighting.search, sighting.name, sighting.unclear, sighting.code, sighting.text, sighting.due_at, sighting.expires_at, sighting.credentials, sighting.places)
	IS DISTINCT FROM (excluded.search, excluded.name, excluded.unclear, excluded.code, excluded.text, excluded.due_at, excluded.expires_at, excluded.credentials, excluded.places)`

// Sight implements [store.Sightings]. The rows are written by name, so that two processes that look at once don't wait
// for each other in a circle.
func (s *Store) Sight(ctx context.Context, seen []store.Sighting, fresh time.Duration) error {
	if len(seen) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, one := range slices.SortedFunc(slices.Values(seen), func(a, b store.Sighting) int { return strings.Compare(a.App, b.App) }) {
		batch.Queue(upsertSighting, append(sightingValues(one), fresh.Microseconds())...)
	}
	err := s.writeLazily(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	if err != nil {
		return fmt.Errorf("keep what was seen of %d applications: %w", len(seen), err)
	}
	return nil
}

func sightingValues(one store.Sighting) []any {
	credentials := slices.Clone(one.Credentials)
	for i := range credentials {
		credentials[i].Description = clean(credentials[i].Description)
	}
	return []any{
		one.App, one.ClientID, clean(one.Name), clean(one.Names()), instant(one.Seen), one.State == store.SightingUnclear, one.Code, clean(one.Text),
		instant(one.DueAt), instant(one.Expires),
		document{credentials},
		document{one.Places},
	}
}

// Retain implements [store.Sightings].
func (s *Store) Retain(ctx context.Context, apps []string) error {
	_, err := s.change(ctx, "DELETE FROM sighting WHERE NOT EXISTS (SELECT 1 FROM unnest($1::text[]) AS named WHERE named = app)", append([]string{}, apps...))
	if err != nil {
		return fmt.Errorf("drop what was seen of other applications: %w", err)
	}
	return nil
}

// Sightings implements [store.Sightings]. All parts of the page are of one moment.
func (r *reading) Sightings(ctx context.Context, filter store.SightingFilter) (page store.SightingPage, err error) {
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = r.read(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, moment, func(tx pgx.Tx) (err error) {
			page, err = pageOf(ctx, tx, filter)
			return err
		})
	})
	if err != nil {
		return store.SightingPage{}, fmt.Errorf("read what was seen of the applications: %w", err)
	}
	return page, nil
}

func pageOf(ctx context.Context, tx pgx.Tx, filter store.SightingFilter) (page store.SightingPage, err error) {
	fits, args := fitting(filter)
	page.Counts = map[store.SightingState]int{}
	rows, err := tx.Query(ctx, "SELECT state, count(*) FROM ("+fits+") AS fitting GROUP BY state", args...)
	if err != nil {
		return page, err
	}
	var state store.SightingState
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { page.Counts[state] = n; return nil }); err != nil {
		return page, err
	}
	if filter.State != "" {
		args = append(args, filter.State)
		fits += fmt.Sprintf(" AND state = $%d", len(args))
	}
	args = append(args, filter.Most(), filter.Offset)
	order := sightingOrder[filter.Order]
	page.Sightings, err = collect(ctx, tx, scanSighting, `SELECT app, client_id, name, seen_at, state, code, text, due_at, expires_at, credentials, `+places(filter)+`
		FROM (`+judged+") AS judged WHERE app IN (SELECT app FROM ("+fits+fmt.Sprintf(") AS fitting ORDER BY "+order+
		" LIMIT $%d OFFSET $%d) ORDER BY ", len(args)-1, len(args))+order, args...)
	return page, err
}

// judged are all sightings with the state of each as of the time that is the first argument.
const judged = `SELECT *, CASE WHEN code = 'due.excluded' THEN 'excluded' WHEN unclear THEN 'unclear' WHEN expires_at <= $1 THEN 'expired'
	WHEN due_at <= $1 THEN 'due' ELSE 'fine' END AS state FROM sighting`

var sightingOrder = map[store.SightingOrder]string{
	store.SightingByApp:     "app",
	store.SightingByExpiry:  "expires_at NULLS LAST, app",
	store.SightingByUrgency: "due_at NULLS LAST, app",
	store.SightingBySeen:    "seen_at DESC, app",
}

// fitting is the query of the sightings that fit a filter's App and Search.
func fitting(filter store.SightingFilter) (query string, args []any) {
	query, args = "SELECT app, state, seen_at, due_at, expires_at FROM ("+judged+") AS judged WHERE true", []any{instant(filter.Now)}
	if filter.App != "" {
		args = append(args, filter.App)
		query += fmt.Sprintf(" AND app = $%d", len(args))
	}
	if filter.Search != "" {
		args = append(args, clean(strings.ToLower(filter.Search)))
		query += fmt.Sprintf(" AND strpos(search, $%d) > 0", len(args))
	}
	return query, args
}

// places is the column of a sighting's places, as far as a filter wants them.
func places(filter store.SightingFilter) string {
	if filter.Brief {
		return "'null'::jsonb"
	}
	return "places"
}

func scanSighting(row pgx.CollectableRow) (store.Sighting, error) {
	var one store.Sighting
	err := row.Scan(&one.App, &one.ClientID, &one.Name, (*instant)(&one.Seen), &one.State, &one.Code, &one.Text,
		(*instant)(&one.DueAt), (*instant)(&one.Expires), document{&one.Credentials}, document{&one.Places})
	return one, err
}
