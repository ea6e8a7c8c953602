// Package storetest holds the behaviour that every store shows. A new store passes [Exercise] by telling it how to
// open a fresh database; nothing in it knows SQL's dialects. Only tests import it.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/alarm"
)

// Store is all that a store offers.
type Store interface {
	store.Reader
	store.Writer
	store.Nodes
	store.Ledger
}

// Waker is a store's alarm clock.
type Waker interface {
	Wake(ctx context.Context, run string) error
	Start(ctx context.Context, work func(ctx context.Context, run string, version int64) error) error
	Stop(ctx context.Context) error
}

// Bench is one fresh database, with the tools to look behind the store's back. What it opens it closes at the test's
// end.
type Bench struct {
	Store Store
	Again func(t *testing.T) Store                  // opens the same database once more, as another process would
	Waker func(t *testing.T, o alarm.Options) Waker // an alarm clock of Store, not started
	Alter func(t *testing.T, statement string)      // runs plain SQL on the database
	Count func(t *testing.T, condition string) int  // rows of "table WHERE condition"
	Block func(t *testing.T, table string) func()   // makes the database refuse new rows in table until the returned function is called
	Tick  string                                    // the SQL of the smallest difference between two times; "" = 1
}

// Exercise runs the whole suite; open gives each test a database of its own.
func Exercise(t *testing.T, open func(t *testing.T) Bench) {
	for name, check := range map[string]func(*testing.T, Bench){
		"a run comes back as it was saved":                           roundTrip,
		"no secret has a place in a step":                            noSecret,
		"twenty begins at once leave one open run":                   oneOpenRun,
		"an ended run makes room for the next":                       nextRun,
		"what is not there is not found":                             notFound,
		"a taken-over driver is fenced":                              fenced,
		"a run whose driver lives is held":                           held,
		"a run whose driver died may be claimed":                     claimAfterDeath,
		"a driver that leaves lets go at once":                       leave,
		"two claims of a free run never both keep it":                claimRace,
		"a released run belongs to nobody":                           released,
		"a step is saved whole or not at all":                        atomic,
		"attempts and deliveries are saved over their former selves": upserts,
		"events come in order after a sequence number":               events,
		"filters choose the runs":                                    filters,
		"due are the runs that may go on":                            due,
		"the audit log of an application is one chain":               chain,
		"a changed audit entry is found":                             tampered,
		"parking sets a wake in the same transaction":                wakeIsAtomic,
		"a run begun for whoever serves is woken":                    begunWakes,
		"what is due comes in the order of its end":                  dueOrder,
		"a wake fires once and carries the version":                  wakeFires,
		"a wake that waits already is not doubled":                   wakeOnce,
		"a wake outlives the process that set it":                    wakeOutlives,
		"a clock that sleeps rings when a run is woken":              wakeAfterSleep,
		"stop waits for the work in hand":                            stopWaits,
		"stop cancels the work when its patience ends":               stopCancels,
		"two processes write side by side":                           sideBySide,
		"a node that serves is known while it lives":                 serving,
		"the history of old runs goes, and nothing else":             prune,
		"many old runs go in small steps":                            pruneMore,
		"all processes draw from one budget":                         budgetShared,
		"a budget fills again":                                       budgetFills,
		"a held budget gives nothing to anybody":                     budgetHeld,
		"one turn of a duty is one node's":                           turns,
		"a duty tells how its last turns ended":                      dutyStands,
		"a finding is news once":                                     findings,
		"a sighting comes back as it was saved":                      sightings,
		"a sighting that says nothing new isn't written":             sightingFresh,
		"a census counts the open runs by state and door":            census,
		"sightings are found by name, state and date":                sightingPages,
		"a notice comes back as it was kept":                         noticeRoundTrip,
		"notices are read a page at a time, newest first":            noticePages,
		"a notice is kept once until its matter is over":             noticeOnce,
		"a recovery is told to whom the trouble was told":            noticeRecovers,
		"nothing of a matter comes after its recovery":               noticeIsOver,
		"a notice is in the hands of one node":                       noticeOfOneNode,
		"a notice outlives the node that had it in hand":             noticeOutlivesItsNode,
		"a notice waits, is given up, and is sent again when told":   noticeWaits,
		"a notice is saved with its change or not at all":            noticeIsAtomic,
		"a notice goes a month after it was settled":                 noticeGoesInTheEnd,
		"pages of runs go on where the last one ended":               runPages,
		"pages of the audit log go on where the last one ended":      auditPages,
		"the last event is known":                                    lastEvent,
		"a pass is found by its digest while it is worth it":         passes,
		"of eight who end a pass one did":                            passOnce,
		"a clock that was set back keeps no dead node alive":         leaseSetBack,
		"a clock that was set back puts off no duty":                 dutySetBack,
		"a clock that was set back stops no budget":                  budgetSetBack,
		"a clock that was set back holds up no notice":               noticeSetBack,
		"a clock that was set back loses no wake":                    wakeSetBack,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, open(t))
		})
	}
}

// noon is when the tests' runs happen: far from the machine's own time, as a wrong clock would be.
var noon = time.Date(2031, 5, 4, 12, 0, 0, 123_456_000, time.UTC)

const node = "node-1"

// fresh is a run of app as a plan begins it.
func fresh(app string) renewal.Run {
	return renewal.Run{
		ID: renewal.NewID(), App: app, ClientID: "11111111-2222-3333-4444-555555555555", State: renewal.Planned,
		Order:   renewal.Order{Targets: []string{"vault", "connection"}, Evidence: renewal.EvidencePreferred},
		Retires: "old-key", Node: node, CreatedAt: noon, UpdatedAt: noon,
	}
}

// begin saves a fresh run of app.
func begin(t *testing.T, s Store, app string) renewal.Run {
	t.Helper()
	run, err := s.Begin(t.Context(), fresh(app), store.Told{})
	must(t, err)
	return run
}

// advance saves change and fails the test when that fails.
func advance(t *testing.T, s Store, change store.Change) renewal.Run {
	t.Helper()
	run, err := s.Advance(t.Context(), change)
	must(t, err)
	return run
}

// park lets go of run until wakeAt.
func park(t *testing.T, s Store, run renewal.Run, wakeAt time.Time) renewal.Run {
	t.Helper()
	run.Door, run.WakeAt = renewal.Wait, wakeAt
	return advance(t, s, store.Change{Run: run, Release: true})
}

// end ends run well.
func end(t *testing.T, s Store, run renewal.Run) renewal.Run {
	t.Helper()
	run.State, run.Outcome, run.EndedAt = renewal.Done, renewal.Renewed, noon.Add(time.Hour)
	return advance(t, s, store.Change{Run: run, Release: true})
}

// told is one event and one audit entry that name i.
func told(i int) store.Told {
	return store.Told{
		Events: []renewal.Event{{Kind: "step", Text: fmt.Sprint("step ", i), Fields: map[string]string{"target": "vault"}}},
		Audit:  []audit.Entry{{Who: "tester", Action: "write", Object: fmt.Sprint("object ", i), Outcome: audit.Intended, Detail: "detail", Requests: "r1"}},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: error %v, want %v", what, err, want)
	}
}
