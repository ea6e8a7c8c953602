package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"keyturn/store"
)

var _ store.Sightings = (*Store)(nil)

const upsertSighting = `INSERT INTO sighting (app, client_id, name, search, seen_at, unclear, code, text, due_at, expires_at, credentials, places)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (app) DO UPDATE SET client_id = excluded.client_id, name = excluded.name, search = excluded.search,
	seen_at = excluded.seen_at, unclear = excluded.unclear, code = excluded.code, text = excluded.text, due_at = excluded.due_at,
	expires_at = excluded.expires_at, credentials = excluded.credentials, places = excluded.places
	WHERE abs(excluded.seen_at - sighting.seen_at) >= ?
	OR (sighting.search, sighting.name, sighting.unclear, sighting.code, sighting.text, sighting.due_at, sighting.expires_at, sighting.credentials, sighting.places)
	<> (excluded.search, excluded.name, excluded.unclear, excluded.code, excluded.text, excluded.due_at, excluded.expires_at, excluded.credentials, excluded.places)`

// Sight implements [store.Sightings].
func (s *Store) Sight(ctx context.Context, seen []store.Sighting, fresh time.Duration) error {
	if len(seen) == 0 {
		return nil
	}
	err := s.writeLazily(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, one := range seen {
			if _, err := tx.ExecContext(ctx, upsertSighting, append(sightingValues(one), fresh.Microseconds())...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep what was seen of %d applications: %w", len(seen), err)
	}
	return nil
}

func sightingValues(one store.Sighting) []any {
	return []any{
		one.App, one.ClientID, one.Name, one.Names(), instant(one.Seen), one.State == store.SightingUnclear, one.Code, one.Text,
		instant(one.DueAt), instant(one.Expires),
		document{one.Credentials},
		document{one.Places},
	}
}

// Retain implements [store.Sightings].
func (s *Store) Retain(ctx context.Context, apps []string) error {
	names, err := json.Marshal(append([]string{}, apps...))
	if err == nil {
		_, err = s.change(ctx, "DELETE FROM sighting WHERE app NOT IN (SELECT value FROM json_each(?))", string(names))
	}
	if err != nil {
		return fmt.Errorf("drop what was seen of other applications: %w", err)
	}
	return nil
}

// Sightings implements [store.Sightings]. All parts of the page are of one moment.
func (s *Store) Sightings(ctx context.Context, filter store.SightingFilter) (page store.SightingPage, err error) {
	fits, args := fitting(filter)
	err = s.read(ctx, func(tx *sql.Tx) error {
		if page.Counts, err = countSightings(ctx, tx, fits, args); err != nil {
			return err
		}
		if filter.State != "" {
			fits, args = fits+" AND state = ?", append(args, filter.State)
		}
		order := sightingOrder[filter.Order]
		page.Sightings, err = collect(ctx, tx, scanSighting, `SELECT app, client_id, name, seen_at, state, code, text, due_at, expires_at, credentials, `+places(filter)+`
			FROM (SELECT app AS page FROM (`+fits+") ORDER BY "+order+" LIMIT ? OFFSET ?) JOIN ("+judged+`) ON app = page
			ORDER BY `+order, append(args, filter.Most(), filter.Offset, instant(filter.Now), instant(filter.Now))...)
		return err
	})
	if err != nil {
		return store.SightingPage{}, fmt.Errorf("read what was seen of the applications: %w", err)
	}
	return page, nil
}

// judged are all sightings with the state of each as of a time, which it takes twice.
const judged = `SELECT *, CASE WHEN code = 'due.excluded' THEN 'excluded' WHEN unclear = 1 THEN 'unclear' WHEN expires_at <> 0 AND expires_at <= ? THEN 'expired'
	WHEN due_at <> 0 AND due_at <= ? THEN 'due' ELSE 'fine' END AS state FROM sighting`

var sightingOrder = map[store.SightingOrder]string{
	store.SightingByApp:     "app",
	store.SightingByExpiry:  "expires_at = 0, expires_at, app",
	store.SightingByUrgency: "due_at = 0, due_at, app",
	store.SightingBySeen:    "seen_at DESC, app",
}

// fitting is the query of the sightings that fit a filter's App and Search.
func fitting(filter store.SightingFilter) (query string, args []any) {
	query, args = "SELECT app, state, seen_at, due_at, expires_at FROM ("+judged+") WHERE 1", []any{instant(filter.Now), instant(filter.Now)}
	if filter.App != "" {
		query, args = query+" AND app = ?", append(args, filter.App)
	}
	if filter.Search != "" {
		query, args = query+" AND instr(search, ?) > 0", append(args, strings.ToLower(filter.Search))
	}
	return query, args
}

func countSightings(ctx context.Context, tx querier, fits string, args []any) (map[store.SightingState]int, error) {
	rows, err := tx.QueryContext(ctx, "SELECT state, count(*) FROM ("+fits+") GROUP BY state", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[store.SightingState]int{}
	for rows.Next() {
		var state store.SightingState
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		counts[state] = n
	}
	return counts, rows.Err()
}

// places is the column of a sighting's places, as far as a filter wants them.
func places(filter store.SightingFilter) string {
	if filter.Brief {
		return "'null'"
	}
	return "places"
}

func scanSighting(row scanner) (store.Sighting, error) {
	var one store.Sighting
	err := row.Scan(&one.App, &one.ClientID, &one.Name, (*instant)(&one.Seen), &one.State, &one.Code, &one.Text,
		(*instant)(&one.DueAt), (*instant)(&one.Expires), document{&one.Credentials}, document{&one.Places})
	return one, err
}
