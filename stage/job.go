package stage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"keyturn/audit"
	"keyturn/check"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/store"
	"keyturn/target"
)

// Setup is one application as configured, with the parts that reach it.
type Setup struct {
	App      string // its name in the configuration
	ClientID string
	TenantID string
	Who      string        // the identity that Keyturn runs as, for the audit log; of a person, with how they signed in
	Person   string        // how the person signed in who is there, such as browser; "" = Keyturn works unattended
	Checks   []check.Check // of the sign-in itself, beside those that issuer and places tell
	Policy   policy.Policy
	Excluded string // why a person leaves the application alone; "" = it is renewed
	Issuer   issuer.Issuer
	Targets  []target.Target // in the order configured
}

// Book is where a run is saved; a [store.Writer] is one.
type Book interface {
	Advance(ctx context.Context, change store.Change) (renewal.Run, error)
}

// Clock is the time that policy, doors and dates go by, and the only way in which a stage waits.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error // returns early with ctx's error
}

// Job is one run being driven: the row as last saved, its history, and the one value that is in memory.
type Job struct {
	Setup
	Clock
	Book Book
	Tell func(renewal.Event) // hears of progress, saved or not; never nil

	Run     renewal.Run
	History store.History
	Plan    *Plan // as just made by this process; nil after a take-over
	// JustPlanned: whoever began the run planned it a moment ago, and what its row says of that is enough.
	JustPlanned bool
	value       secret.Value // of attempt valueOf; lost with the process
	valueOf     int          // 0 = none
	judged      time.Time    // when the rules last let the old password go; lost with the process
	removed     []int        // attempts that this process had removed: what doesn't show them needn't be late
	reopened    bool         // a person has come back to this run since it was claimed
	seenInUse   bool         // a report showed the new key id used by somebody else
	saving      sync.Mutex   // one save at a time while places are written side by side
}

// HoldsValue reports whether this process has a value that no custodian can give back yet: parking would lose it.
func (j *Job) HoldsValue() bool {
	current, ok := j.attempt()
	return ok && !j.value.IsZero() && j.valueOf == j.Run.Attempt && current.State != renewal.AttemptChosen
}

// attempt returns the current attempt.
func (j *Job) attempt() (renewal.Attempt, bool) { return j.History.Current(j.Run.Attempt) }

// delivery returns the current attempt's delivery to a target; its zero State means that there is none yet.
func (j *Job) delivery(id string) renewal.Delivery {
	if d, ok := j.History.Of(j.Run.Attempt)[id]; ok {
		return d
	}
	return renewal.Delivery{Run: j.Run.ID, N: j.Run.Attempt, Target: id}
}

// custodian returns the target from which the value can be read back, or nil.
func (j *Job) custodian() target.Custodian {
	for _, t := range j.Targets {
		if c, ok := t.(target.Custodian); ok && t.Place().ID == j.Run.Order.Custodian {
			return c
		}
	}
	return nil
}

// others returns every target but the custodian.
func (j *Job) others() []target.Target {
	var found []target.Target
	for _, t := range j.Targets {
		if t.Place().ID != j.Run.Order.Custodian {
			found = append(found, t)
		}
	}
	return found
}

// parcel is what the current attempt delivers.
func (j *Job) parcel() target.Parcel {
	a, _ := j.attempt()
	return target.Parcel{
		Tag: a.Tag(), ClientID: j.ClientID, TenantID: j.TenantID, KeyID: a.KeyID,
		Replaces: j.Run.Retires, Value: j.value, End: a.End,
	}
}

// draft is one save: what changes, and what is told of it.
type draft struct {
	run        func(*renewal.Run) // edits the row; nil = nothing but the version changes
	attempts   []renewal.Attempt
	deliveries []renewal.Delivery
	events     []renewal.Event
	audit      []audit.Entry
	release    bool
	lazy       bool // what is lost of it in a power cut is found again by looking; see [store.Change]
}

// saveTimeout is how long one save may take: a database that needs longer is as good as gone, and our lease with it.
const saveTimeout = 10 * time.Second

// save writes one draft in one transaction. It goes through even when ctx has just ended, because what is saved has
// already happened; the store's fence still refuses it when another process took the run over.
func (j *Job) save(ctx context.Context, d draft) error {
	j.saving.Lock()
	defer j.saving.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	run := j.Run
	if d.run != nil {
		d.run(&run)
	}
	run.UpdatedAt = j.Now()
	saved, err := j.Book.Advance(ctx, store.Change{
		Run: run, Attempts: d.attempts, Deliveries: d.deliveries, Release: d.release, Lazy: d.lazy,
		Told: store.Told{Events: d.events, Audit: j.signed(d.audit)},
	})
	if errors.Is(err, context.DeadlineExceeded) { // ours
		err = problem.Later("store.unreachable", "store", 0, err)
	}
	if err != nil {
		return fmt.Errorf("save the run: %w", unsaved{err})
	}
	j.Run = saved
	j.keep(d)
	return nil
}

// ErrUnsaved is in the error of every save that failed. Whatever a person has to do about the store, such as to free its disk,
// the run can go on by itself afterwards.
var ErrUnsaved = errors.New("the run couldn't be saved")

// unsaved is a failed save, whose problem stays what it is.
type unsaved struct{ error }

// Unwrap returns the cause.
func (u unsaved) Unwrap() error { return u.error }

// Is reports that this is [ErrUnsaved].
func (unsaved) Is(target error) bool { return target == ErrUnsaved }

// keep brings the history in memory to what was just saved, and tells of it.
func (j *Job) keep(d draft) {
	for _, a := range d.attempts {
		j.History.Attempts = replaceOrAdd(j.History.Attempts, a, func(x renewal.Attempt) bool { return x.N == a.N })
	}
	for _, v := range d.deliveries {
		same := func(x renewal.Delivery) bool { return x.N == v.N && x.Target == v.Target }
		j.History.Deliveries = replaceOrAdd(j.History.Deliveries, v, same)
	}
	for _, e := range d.events {
		e.Run, e.App, e.At, e.State = j.Run.ID, j.Run.App, j.Run.UpdatedAt, j.Run.State
		j.Tell(e)
	}
}

func replaceOrAdd[T any](list []T, item T, same func(T) bool) []T {
	for i := range list {
		if same(list[i]) {
			list[i] = item
			return list
		}
	}
	return append(list, item)
}

func (j *Job) signed(entries []audit.Entry) []audit.Entry {
	for i := range entries {
		entries[i].Who = j.Who
	}
	return entries
}

// progress tells those who watch this process, without saving.
func (j *Job) progress(kind, text string, fields map[string]string) {
	j.Tell(renewal.Event{Run: j.Run.ID, App: j.Run.App, State: j.Run.State, Kind: kind, Text: text, At: j.Now(), Fields: fields})
}

// event and entry keep the drafts short.
func event(kind, text string, fields ...string) []renewal.Event {
	e := renewal.Event{Kind: kind, Text: text}
	for i := 0; i+1 < len(fields); i += 2 {
		if e.Fields == nil {
			e.Fields = map[string]string{}
		}
		e.Fields[fields[i]] = fields[i+1]
	}
	return []renewal.Event{e}
}

func entry(action, object string, outcome audit.Outcome, detail string) []audit.Entry {
	return []audit.Entry{{Action: action, Object: object, Outcome: outcome, Detail: detail}}
}
