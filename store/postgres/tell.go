package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

// announce says, until the transaction ends, that it will take event numbers above the last one given so far. Readers
// of all events hold back what might yet be overtaken; see [reading.Events]. A sequence that never gave a number shows
// its first one as the last.
const announce = `SELECT pg_advisory_xact_lock_shared($1, ((last_value - (NOT is_called)::int) & 2147483647)::int) FROM event_sequence_seq`

const (
	insertEvent  = "INSERT INTO event (run, app, kind, text, at, fields) VALUES ($1, $2, $3, $4, $5, $6)"
	insertEntry  = "INSERT INTO audit (" + auditColumns + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
	lockTheChain = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
	readHead     = "SELECT number, digest FROM audit WHERE app = $1 ORDER BY number DESC LIMIT 1"
)

// tell saves the notices, the events and the audit entries of one change of run: the last two in two trips to the
// server, since entries can be sealed only when the head of their chain is known.
func tell(ctx context.Context, tx pgx.Tx, run renewal.Run, told store.Told) error {
	if err := post(ctx, tx, told.Notices); err != nil {
		return err
	}
	var first, second pgx.Batch
	if len(told.Events) > 0 {
		first.Queue(announce, lockEvents)
	}
	for _, e := range told.Events {
		first.Queue(insertEvent, run.ID, run.App, e.Kind, clean(e.Text), instant(run.UpdatedAt), document{e.Fields})
	}
	var head audit.Entry
	if len(told.Audit) > 0 {
		queueHead(&first, run.App, &head)
	}
	if err := send(ctx, tx, &first); err != nil {
		return fmt.Errorf("save the events: %w", err)
	}
	for _, entry := range told.Audit {
		entry.App, entry.Run, entry.At = run.App, run.ID, run.UpdatedAt
		head = audit.Seal(head, cleanEntry(entry))
		second.Queue(insertEntry, entryValues(head)...)
	}
	if err := send(ctx, tx, &second); err != nil {
		return fmt.Errorf("save the audit entries: %w", err)
	}
	return nil
}

// queueHead asks for the last entry of app's chain, as far as the next one needs it, and keeps the chain to this
// transaction until it ends.
func queueHead(batch *pgx.Batch, app string, head *audit.Entry) {
	batch.Queue(lockTheChain, lockChain, app)
	batch.Queue(readHead, app).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(&head.Number, &head.Digest); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	})
}

// cleanEntry is e as the database takes it. It is cleaned before it is sealed, or it wouldn't verify.
func cleanEntry(e audit.Entry) audit.Entry {
	e.Who, e.Object, e.Detail, e.Requests = clean(e.Who), clean(e.Object), clean(e.Detail), clean(e.Requests)
	return e
}

func entryValues(e audit.Entry) []any {
	return []any{
		e.App, e.Number, instant(e.At), e.Who, e.Run, e.Action, e.Object, e.Outcome, e.Detail, e.Requests, e.Previous, e.Digest,
	}
}
