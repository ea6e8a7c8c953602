package postgres

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

var _ store.Importer = (*Store)(nil)

// Import implements [store.Importer]. Other processes that have the store open wait until it is done.
func (s *Store) Import(ctx context.Context, content store.Content, now time.Time) error {
	again := false
	err := s.write(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE run, event, audit, finding, notice, pass IN EXCLUSIVE MODE"); err != nil {
			return err
		}
		held, err := tally(ctx, tx)
		if err != nil {
			return err
		}
		if held.Runs+held.Events+held.Entries+held.Findings+held.Postings+held.Tokens > 0 {
			return s.filled(ctx, content, held, again)
		}
		again = true
		return s.fill(ctx, tx, content, now)
	})
	if err != nil {
		return fmt.Errorf("take over another store: %w", err)
	}
	return nil
}

// filled refuses a store that holds something, unless that is this import's own work, of which only the answer was
// lost.
func (s *Store) filled(ctx context.Context, content store.Content, held store.Tally, again bool) error {
	if again && content.Accept(ctx, held) == nil {
		return errSaved
	}
	return problem.NeedsPerson(codeFilled, s.place, fmt.Sprintf("there are %d renewals in this store already", held.Runs),
		"copy into an empty database: what two stores remember can't be made one")
}

func (s *Store) fill(ctx context.Context, tx pgx.Tx, content store.Content, now time.Time) error {
	var wakes []river.InsertManyParams
	err := pour(ctx, tx, "run", []string{
		"state", "open", "door", "reason", "outcome", "order", "attempt", "retires", "tries", "node", "wake_at", "updated_at",
		"delivered_at", "verified_at", "watermark_at", "gate_at", "ended_at", "approved_by", "evidence",
		"id", "app", "client_id", "created_at", "version", "save",
	}, content.Runs, func(r renewal.Run) []any {
		if sleeping(r) {
			wakes = append(wakes, wakeOf(r, now))
		}
		return append(movable(r), r.ID, r.App, r.ClientID, instant(r.CreatedAt), r.Version, "")
	})
	if err != nil {
		return err
	}
	if err := pourWork(ctx, tx, content); err != nil {
		return err
	}
	if err := pourTold(ctx, tx, content); err != nil {
		return err
	}
	if err := s.setAlarms(ctx, tx, wakes); err != nil {
		return err
	}
	saved, err := tally(ctx, tx)
	if err != nil {
		return err
	}
	return content.Accept(ctx, saved)
}

func pourWork(ctx context.Context, tx pgx.Tx, content store.Content) error {
	err := pour(ctx, tx, "attempt", []string{"run", "n", "mark", "state", "key_id", "hint", "start", "end", "at"},
		content.Attempts, func(a renewal.Attempt) []any {
			return []any{a.Run, a.N, clean(a.Mark), a.State, a.KeyID, clean(a.Hint), instant(a.Start), instant(a.End), instant(a.At)}
		})
	if err != nil {
		return err
	}
	return pour(ctx, tx, "delivery", []string{"run", "n", "target", "state", "receipt", "rung", "note", "written_at", "proven_at", "provable"},
		content.Deliveries, func(d renewal.Delivery) []any {
			return []any{
				d.Run, d.N, d.Target, d.State, clean(d.Receipt), d.Rung, clean(d.Note),
				instant(d.WrittenAt), instant(d.ProvenAt), d.Provable,
			}
		})
}

func pourTold(ctx context.Context, tx pgx.Tx, content store.Content) error {
	err := pour(ctx, tx, "event", []string{"sequence", "run", "app", "kind", "text", "at", "fields"},
		content.Events, func(e renewal.Event) []any {
			return []any{e.Sequence, e.Run, e.App, e.Kind, clean(e.Text), instant(e.At), document{e.Fields}}
		})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SELECT setval('event_sequence_seq', max(sequence)) FROM event HAVING count(*) > 0"); err != nil {
		return err
	}
	err = pour(ctx, tx, "audit",
		[]string{"app", "number", "at", "who", "run", "action", "object", "outcome", "detail", "requests", "previous", "digest"},
		content.Entries, func(e audit.Entry) []any { return entryValues(e) }) // sealed, so not a sign is changed
	if err != nil {
		return err
	}
	err = pour(ctx, tx, "finding", []string{"app", "code", "text", "fix", "since_at"},
		content.Findings, func(f store.Finding) []any {
			return []any{f.App, f.Code, clean(f.Text), clean(f.Fix), instant(f.Since)}
		})
	if err != nil {
		return err
	}
	if err := pourNotices(ctx, tx, content); err != nil {
		return err
	}
	return pour(ctx, tx, "pass", strings.Split(passColumns, ", "), content.Tokens, passValues)
}

// pourNotices copies the outbox. What was in somebody's hands is in nobody's now, and due at once.
func pourNotices(ctx context.Context, tx pgx.Tx, content store.Content) error {
	var now time.Time // the database's, since that is what these times are compared with
	if err := tx.QueryRow(ctx, "SELECT "+clock).Scan(&now); err != nil {
		return err
	}
	return pour(ctx, tx, "notice", append(strings.Split(noticeColumns, ", "), "node", "kept_at", "due_at"),
		content.Postings, func(p store.Posting) []any {
			return []any{
				p.ID, p.Subject, p.Kind, p.Code, p.App, p.Run, clean(p.Title), clean(p.Text), clean(p.Fix), instant(p.By), instant(p.At),
				p.Open, p.State, append([]string{}, p.Sent...), p.Tries, clean(p.Failure), "", now.Add(-p.Age), now,
			}
		})
}

// pour copies a whole sequence into a table.
func pour[T any](ctx context.Context, tx pgx.Tx, table string, columns []string, from iter.Seq2[T, error], values func(T) []any) error {
	next, stop := iter.Pull2(from)
	defer stop()
	var broken error // the server would tell it in words of its own
	_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		row, failed, more := next()
		if broken = failed; failed != nil || !more {
			return nil, failed
		}
		return values(row), nil
	}))
	if broken != nil {
		return broken
	}
	if err != nil {
		return fmt.Errorf("save the table %s: %w", table, err)
	}
	return nil
}

// sleeping reports whether a run waits for its time in nobody's hands.
func sleeping(r renewal.Run) bool {
	return !r.State.Ended() && r.Node == "" && !r.WakeAt.IsZero() && (r.Door == renewal.Retry || r.Door == renewal.Wait)
}

// tally counts all that the store holds.
func tally(ctx context.Context, tx pgx.Tx) (store.Tally, error) {
	held := store.Tally{Heads: map[string]string{}}
	err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM attempt), (SELECT count(*) FROM delivery),
		(SELECT count(*) FROM event), (SELECT count(*) FROM audit), (SELECT count(*) FROM finding), (SELECT count(*) FROM notice),
		(SELECT count(*) FROM pass WHERE kind = $1)`, store.TokenPass).
		Scan(&held.Runs, &held.Attempts, &held.Deliveries, &held.Events, &held.Entries, &held.Findings, &held.Postings, &held.Tokens)
	if err != nil {
		return held, fmt.Errorf("count what the store holds: %w", err)
	}
	rows, err := tx.Query(ctx, "SELECT DISTINCT ON (app) app, digest FROM audit ORDER BY app, number DESC")
	if err != nil {
		return held, fmt.Errorf("read the heads of the audit log: %w", err)
	}
	var app, digest string
	_, err = pgx.ForEachRow(rows, []any{&app, &digest}, func() error {
		held.Heads[app] = digest
		return nil
	})
	if err != nil {
		return held, fmt.Errorf("read the heads of the audit log: %w", err)
	}
	return held, nil
}
