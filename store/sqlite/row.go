package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"keyturn/renewal"
)

// runColumns are those of a [renewal.Run], in the order of scanRun.
const runColumns = `id, app, client_id, state, door, reason, outcome, "order", attempt, retires, tries, version, node,
	wake_at, created_at, updated_at, delivered_at, verified_at, watermark_at, gate_at, ended_at, approved_by, evidence`

// scanner is one row, of *sql.Row or *sql.Rows.
type scanner interface{ Scan(into ...any) error }

func scanRun(row scanner) (renewal.Run, error) {
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

// kept is r as a later read will give it: in UTC, to the microsecond.
func kept(r renewal.Run) renewal.Run {
	for _, t := range []*time.Time{
		&r.WakeAt, &r.CreatedAt, &r.UpdatedAt, &r.DeliveredAt, &r.VerifiedAt, &r.WatermarkAt, &r.GateAt, &r.EndedAt,
		&r.Order.End, &r.Order.RetiresEnd, &r.Order.ReuseEnd,
	} {
		*t = t.UTC().Truncate(time.Microsecond)
	}
	return r
}

// instant keeps a time as microseconds since 1970 in UTC; the zero time is 0.
type instant time.Time

// Value implements [driver.Valuer].
func (i instant) Value() (driver.Value, error) {
	if time.Time(i).IsZero() {
		return int64(0), nil
	}
	return time.Time(i).UnixMicro(), nil
}

// Scan implements [database/sql.Scanner].
func (i *instant) Scan(value any) error {
	micros, ok := value.(int64)
	if !ok {
		return fmt.Errorf("read an instant: %T isn't a whole number", value)
	}
	*i = instant{}
	if micros != 0 {
		*i = instant(time.UnixMicro(micros).UTC())
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
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("read a document: %T isn't text", value)
	}
	if text == "{}" {
		return nil // the common case, and a list of runs is read while somebody waits
	}
	return json.Unmarshal([]byte(text), d.value)
}
