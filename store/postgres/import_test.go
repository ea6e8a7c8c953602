package postgres

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/notice"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/postgrestest"
	"keyturn/store/sqlite"
	"keyturn/store/transfer"
)

// noon is policy's time in these tests.
var noon = time.Date(2031, 5, 4, 12, 0, 0, 123_456_000, time.UTC)

// fileStore is a store in a file with the renewals of many applications: ended, parked, left behind by a dead process,
// and behind a person's door.
func fileStore(t testing.TB, apps int) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keyturn.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for i := range apps {
		run := oneRun(t, s, fmt.Sprint("app ", i))
		run.State, run.Outcome, run.EndedAt = renewal.Done, renewal.Renewed, noon
		save(t, s, store.Change{Run: run, Release: true, Told: told("done")})
		run = oneRun(t, s, fmt.Sprint("app ", i))
		switch i % 3 {
		case 0:
			run.State, run.Door, run.WakeAt = renewal.Overlapping, renewal.Wait, noon.Add(time.Hour)
			save(t, s, store.Change{Run: run, Release: true, Told: told("parked")})
		case 1:
			run.Door, run.Reason = renewal.Person, renewal.Reason{Code: "drift", Text: "changed", Fix: "look"}
			save(t, s, store.Change{Run: run, Release: true, Told: told("asks")})
		}
	}
	if _, err := s.Note(t.Context(), store.Finding{App: "app 0", Code: "lock", Text: "locked", Since: noon}); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"drift", "expiry.near"} {
		n := notice.Notice{ID: notice.NewID(), Subject: notice.OfApp("app 1"), Kind: notice.Attention, Code: code, Text: "“changed”", By: noon}
		if err := s.Tell(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for id, kind := range map[string]store.PassKind{"pipeline": store.TokenPass, "revoked": store.TokenPass, "browser": store.SessionPass} {
		pass := store.Pass{ID: id, Kind: kind, Digest: "digest of " + id, Name: id, Role: "viewer", Person: "Ada", Subject: "issuer|ada", Method: "token", Made: noon, Ends: noon.Add(time.Hour)}
		if id == "revoked" {
			pass.Voided = noon
		}
		if err := s.Keep(t.Context(), pass); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// oneRun begins a run of app and takes it some steps on.
func oneRun(t testing.TB, s store.Writer, app string) renewal.Run {
	t.Helper()
	run, err := s.Begin(t.Context(), renewal.Run{
		ID: renewal.NewID(), App: app, ClientID: "client of " + app, State: renewal.Planned, Node: "gone",
		Order:     renewal.Order{Targets: []string{"vault", "connection"}, Description: "“secret”", End: noon},
		CreatedAt: noon, UpdatedAt: noon,
	}, told("begun"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		change := step(run)
		change.Attempts[0].At, change.Deliveries[0].Note = noon, "écrit"
		run = save(t, s, change)
	}
	return run
}

func save(t testing.TB, s store.Writer, change store.Change) renewal.Run {
	t.Helper()
	run, err := s.Advance(t.Context(), change)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// all is everything that a store shows.
type all struct {
	Runs      []renewal.Run
	Histories []store.History
	Chains    [][]audit.Entry
	Events    []renewal.Event
	Findings  []store.Finding
	Postings  []store.Posting // without their age
	Tokens    []store.Pass
}

func everything(t *testing.T, s interface {
	store.Reader
	store.Ledger
	store.Findings
	store.OutboxReader
	store.Passes
},
) (a all) {
	t.Helper()
	keep := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	a.Runs, err = s.Runs(t.Context(), store.Filter{Limit: 1e6})
	keep(err)
	for _, run := range a.Runs {
		h, err := s.History(t.Context(), run.ID)
		keep(err)
		chain, err := s.Chain(t.Context(), run.App)
		keep(err)
		a.Histories, a.Chains = append(a.Histories, h), append(a.Chains, chain)
	}
	for more := true; more; {
		after := int64(0)
		if n := len(a.Events); n > 0 {
			after = a.Events[n-1].Sequence
		}
		page, err := s.Events(t.Context(), "", after)
		keep(err)
		a.Events, more = append(a.Events, page...), len(page) > 0
	}
	a.Findings, err = s.Findings(t.Context())
	keep(err)
	a.Postings, err = s.Postings(t.Context(), store.PostingFilter{})
	keep(err)
	a.Tokens, err = s.Passes(t.Context(), store.TokenPass)
	keep(err)
	for i := range a.Postings {
		a.Postings[i].Age = 0
	}
	return a
}

func TestACopyLosesNothing(t *testing.T) {
	t.Parallel()
	const apps = 150 // so that the events fill more than one page
	from, to := fileStore(t, apps), open(t, postgrestest.Database(t))
	report, err := transfer.Copy(t.Context(), from, to, noon)
	if err != nil {
		t.Fatal(err)
	}
	before, after := everything(t, from), everything(t, to)
	if !reflect.DeepEqual(before, after) {
		for i := range before.Runs {
			if !reflect.DeepEqual(before.Runs[i], after.Runs[i]) {
				t.Errorf("run %d:\n was %+v\n is  %+v", i, before.Runs[i], after.Runs[i])
			}
		}
		t.Fatal("the stores differ")
	}
	if report.Runs != 2*apps || report.Events <= 1000 || len(report.Heads) != apps || len(report.Broken) != 0 || report.Findings != 1 || report.Postings != 2 || report.Tokens != 2 {
		t.Errorf("reported %d runs, %d events, %d heads, %d broken", report.Runs, report.Events, len(report.Heads), len(report.Broken))
	}
	hour := "scheduled_at BETWEEN now() + interval '50 minutes' AND now() + interval '70 minutes'"
	if n := count(t, to, "river_job WHERE state = 'scheduled' AND "+hour); n != apps/3 {
		t.Errorf("%d wakes in an hour, want one for each parked run: %d", n, apps/3)
	}
	due, err := to.Runs(t.Context(), store.Filter{Due: noon})
	if err != nil || len(due) != apps/3 {
		t.Errorf("%d runs are due, want those that a dead process left behind: %d (%v)", len(due), apps/3, err)
	}
	goesOn(t, to, due[0])
}

// goesOn drives a copied run to its end and begins another.
func goesOn(t *testing.T, s *Store, run renewal.Run) {
	t.Helper()
	run, err := s.Claim(t.Context(), run.ID, "new")
	if err != nil {
		t.Fatal(err)
	}
	run.State = renewal.Aborted
	save(t, s, store.Change{Run: run, Release: true, Told: told("aborted")})
	next := oneRun(t, s, run.App)
	chain, err := s.Chain(t.Context(), run.App)
	if err != nil || audit.Verify(chain) != 0 || chain[len(chain)-1].Run != next.ID {
		t.Errorf("the chain of %d entries doesn't go on: %v", len(chain), err)
	}
	runs, err := s.Runs(t.Context(), store.Filter{Limit: 1})
	if err != nil || runs[0].ID != next.ID {
		t.Errorf("the newest run is %v, %v", runs, err)
	}
}

func TestACopyGoesIntoAnEmptyStoreOnly(t *testing.T) {
	t.Parallel()
	from, to := fileStore(t, 3), open(t, postgrestest.Database(t))
	if _, err := transfer.Copy(t.Context(), from, to, noon); err != nil {
		t.Fatal(err)
	}
	before := everything(t, to)
	_, err := transfer.Copy(t.Context(), from, to, noon)
	wantProblem(t, err, codeFilled)
	if after := everything(t, to); !reflect.DeepEqual(before, after) {
		t.Error("a refused copy changed something")
	}
}

// crooked is a store that loses what it is given.
type crooked struct {
	*Store
	change func(store.Content) store.Content
}

func (c crooked) Import(ctx context.Context, content store.Content, now time.Time) error {
	return c.Store.Import(ctx, c.change(content), now)
}

func TestACopyIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk broke")
	for name, c := range map[string]struct {
		change func(store.Content) store.Content
		want   func(error) bool
	}{
		"an event is lost": {func(content store.Content) store.Content {
			given := content.Events
			content.Events = func(yield func(renewal.Event, error) bool) {
				for e, err := range given {
					if e.Sequence != 2 && !yield(e, err) {
						return
					}
				}
			}
			return content
		}, func(err error) bool { return problem.Is(err, "store.lost") }},
		"an audit entry is another": {func(content store.Content) store.Content {
			given := content.Entries
			content.Entries = func(yield func(audit.Entry, error) bool) {
				for e, err := range given {
					if e.Digest = "forged"; !yield(e, err) {
						return
					}
				}
			}
			return content
		}, func(err error) bool { return problem.Is(err, "store.lost") }},
		"reading breaks off": {func(content store.Content) store.Content {
			content.Entries = func(yield func(audit.Entry, error) bool) { yield(audit.Entry{}, broken) }
			return content
		}, func(err error) bool { return errors.Is(err, broken) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := fileStore(t, 3), open(t, postgrestest.Database(t))
			if _, err := transfer.Copy(t.Context(), from, crooked{to, c.change}, noon); !c.want(err) {
				t.Fatalf("error %v", err)
			}
			for _, table := range []string{"run", "attempt", "delivery", "event", "audit", "finding", "river_job"} {
				if n := count(t, to, table); n != 0 {
					t.Errorf("%d rows in %s", n, table)
				}
			}
		})
	}
}

// The answer to the copy's commit is lost: it is found done, not refused as a store that isn't empty.
func TestACopyWhoseAnswerIsLostIsFoundDone(t *testing.T) {
	t.Parallel()
	for name, c := range fates {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, l := fileStore(t, 3), newLink(t, postgrestest.Database(t))
			to := open(t, l.address)
			l.set(func(l *link) { l.rule = onceAt(c.word, c.fate) })
			if _, err := transfer.Copy(t.Context(), from, to, noon); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(everything(t, from), everything(t, to)) {
				t.Error("the stores differ")
			}
		})
	}
}

func BenchmarkCopy(b *testing.B) {
	from := fileStore(b, 500) // 1,000 runs
	for b.Loop() {
		b.StopTimer()
		to := open(b, postgrestest.Database(b))
		b.StartTimer()
		if _, err := transfer.Copy(b.Context(), from, to, noon); err != nil {
			b.Fatal(err)
		}
	}
}
