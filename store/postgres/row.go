package postgres

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"keyturn/audit"
	"keyturn/renewal"
)

// runColumns are those of a [renewal.Run], in the order of scanRun.
const runColumns = `id, app, client_id, state, door, reason, outcome, "order", attempt, retires, tries, version, node,
	wake_at, created_at, updated_at, delivered_at, verified_at, watermark_at, gate_at, ended_at, approved_by, evidence`

func scanRun(row pgx.CollectableRow) (renewal.Run, error) {
	var r renewal.Run
	err := row.Scan(&r.ID, &r.App, &r.ClientID, &r.State, &r.Door, document{&r.Reason}, &r.Outcome, document{&r.Order},
		&r.Attempt, &r.Retires, &r.Tries, &r.Version, &r.Node, (*instant)(&r.WakeAt), (*instant)(&r.CreatedAt),
		(*instant)(&r.UpdatedAt), (*instant)(&r.DeliveredAt), (*instant)(&r.VerifiedAt), (*instant)(&r.WatermarkAt),
		(*instant)(&r.GateAt), (*instant)(&r.EndedAt), &r.ApprovedBy, &r.Evidence)
	return r, err
}

// movable are the values of a run that a step may change, in the order of the statements of Begin and Advance. The
// version isn't among them: the store alone raises it.
func movable(r renewal.Run) []any {
	return []any{
		r.State, !r.State.Ended(), r.Door,
		document{r.Reason},
		r.Outcome,
		document{r.Order},
		r.Attempt, r.Retires, r.Tries, r.Node,
		instant(r.WakeAt), instant(r.UpdatedAt), instant(r.DeliveredAt), instant(r.VerifiedAt), instant(r.WatermarkAt),
		instant(r.GateAt), instant(r.EndedAt), r.ApprovedBy, r.Evidence,
	}
}

// kept is r as a later read will give it: in UTC, to the microsecond, in clean text.
func kept(r renewal.Run) renewal.Run {
	for _, t := range []*time.Time{
		&r.WakeAt, &r.CreatedAt, &r.UpdatedAt, &r.DeliveredAt, &r.VerifiedAt, &r.WatermarkAt, &r.GateAt, &r.EndedAt,
		&r.Order.End, &r.Order.RetiresEnd, &r.Order.ReuseEnd,
	} {
		*t = t.UTC().Truncate(time.Microsecond)
	}
	r.Retires, r.ApprovedBy, r.Evidence = clean(r.Retires), clean(r.ApprovedBy), clean(r.Evidence)
	return r
}

// clean is text as PostgreSQL takes it: valid UTF-8 without the character zero. Messages of places far away may hold
// either, and no step may be refused for that.
func clean(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
}

// instant keeps a time in UTC, to the microsecond; the zero time is NULL.
type instant time.Time

// Value implements [driver.Valuer].
func (i instant) Value() (driver.Value, error) {
	if time.Time(i).IsZero() {
		return nil, nil
	}
	return time.Time(i).UTC().Truncate(time.Microsecond), nil
}

// Scan implements [database/sql.Scanner].
func (i *instant) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*i = instant{}
	case time.Time:
		*i = instant(value.UTC())
	default:
		return fmt.Errorf("read an instant: %T isn't a time", value)
	}
	return nil
}

// document keeps a value as JSON.
type document struct{ value any }

// Value implements [driver.Valuer].
func (d document) Value() (driver.Value, error) {
	text, err := json.Marshal(d.value)
	return string(text), err
}

// Scan implements [database/sql.Scanner]; the value must be a pointer to its zero value.
func (d document) Scan(value any) error {
	switch text := value.(type) {
	case string:
		return json.Unmarshal([]byte(text), d.value)
	case []byte:
		return json.Unmarshal(text, d.value)
	default:
		return fmt.Errorf("read a document: %T isn't text", value)
	}
}

func scanAttempt(row pgx.CollectableRow) (renewal.Attempt, error) {
	var a renewal.Attempt
	err := row.Scan(&a.Run, &a.N, &a.Mark, &a.State, &a.KeyID, &a.Hint, (*instant)(&a.Start), (*instant)(&a.End), (*instant)(&a.At))
	return a, err
}

func scanDelivery(row pgx.CollectableRow) (renewal.Delivery, error) {
	var d renewal.Delivery
	err := row.Scan(&d.Run, &d.N, &d.Target, &d.State, &d.Receipt, &d.Rung, &d.Note, (*instant)(&d.WrittenAt), (*instant)(&d.ProvenAt), &d.Provable)
	return d, err
}

func scanEvent(row pgx.CollectableRow) (renewal.Event, error) {
	var e renewal.Event
	err := row.Scan(&e.Sequence, &e.Run, &e.App, &e.Kind, &e.Text, (*instant)(&e.At), document{&e.Fields})
	return e, err
}

func scanEntry(row pgx.CollectableRow) (audit.Entry, error) {
	var e audit.Entry
	err := row.Scan(&e.App, &e.Number, (*instant)(&e.At), &e.Who, &e.Run, &e.Action, &e.Object, &e.Outcome, &e.Detail, &e.Requests, &e.Previous, &e.Digest)
	return e, err
}
