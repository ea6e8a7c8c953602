package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/postgrestest"
)

// commitWord is how the message that ends a transaction looks on the wire, unlike the isolation level's name.
const commitWord = "commit\x00"

// fates are the ways in which a connection is lost around the end of a transaction.
var fates = map[string]struct {
	word string
	fate verdict
}{
	"the commit arrives, its answer doesn't": {commitWord, loseReply},
	"the commit never arrives":               {commitWord, cut},
	"the line is cut in the middle":          {"begin", loseReply},
}

// Whatever becomes of the line, a step is saved once, and the caller is told so.
func TestALostAnswerIsFoundOut(t *testing.T) {
	t.Parallel()
	for name, c := range fates {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLink(t, postgrestest.Database(t))
			s := open(t, l.address)
			lose := func() { l.set(func(l *link) { l.rule = onceAt(c.word, c.fate) }) }

			lose()
			run, err := s.Begin(t.Context(), renewal.Run{ID: "r", App: "app", Node: "n", State: renewal.Issuing}, told("begun"))
			if err != nil || run.Version != 1 {
				t.Fatalf("begin: version %d, %v", run.Version, err)
			}
			lose()
			run, err = s.Advance(t.Context(), store.Change{Run: run, Told: told("stepped"), Attempts: []renewal.Attempt{{N: 1}}})
			if err != nil || run.Version != 2 {
				t.Fatalf("advance: version %d, %v", run.Version, err)
			}
			lose()
			run.Door, run.WakeAt = renewal.Wait, time.Unix(2e9, 0)
			run, err = s.Advance(t.Context(), store.Change{Run: run, Release: true, Told: told("parked")})
			if err != nil || run.Version != 3 {
				t.Fatalf("park: version %d, %v", run.Version, err)
			}
			if n := count(t, s, "river_job"); n != 1 {
				t.Errorf("%d wakes, want 1", n)
			}
			lose()
			run, err = s.Claim(t.Context(), run.ID, "n")
			if err != nil || run.Node != "n" {
				t.Fatalf("claim: %+v, %v", run, err)
			}
			lose()
			if news, err := s.Note(t.Context(), store.Finding{App: "app", Code: "lock", Since: time.Unix(2e9, 0)}); err != nil || !news {
				t.Errorf("a first finding is news: %v, %v", news, err)
			}
			wantStory(t, s, run, "begun", "stepped", "parked")
		})
	}
}

// told is one event and one audit entry of a kind.
func told(kind string) store.Told {
	return store.Told{
		Events: []renewal.Event{{Kind: kind}}, Audit: []audit.Entry{{Who: "tester", Action: kind, Outcome: audit.Happened}},
	}
}

// wantStory checks that exactly these events and entries were saved, and that the row is run.
func wantStory(t *testing.T, s *Store, run renewal.Run, kinds ...string) {
	t.Helper()
	events, err := s.Events(t.Context(), "", 0)
	if err != nil || len(events) != len(kinds) {
		t.Fatalf("events %+v, %v, want %v", events, err, kinds)
	}
	chain, err := s.Chain(t.Context(), run.App)
	if err != nil || len(chain) != len(kinds) || audit.Verify(chain) != 0 {
		t.Fatalf("chain %+v, %v, want %v", chain, err, kinds)
	}
	for i, kind := range kinds {
		if events[i].Kind != kind || chain[i].Action != kind {
			t.Errorf("event %d is %s and entry %s, want %s", i, events[i].Kind, chain[i].Action, kind)
		}
	}
	if kept, err := s.Run(t.Context(), run.ID); err != nil || kept.Version != run.Version || kept.Node != run.Node {
		t.Errorf("the row is %+v, %v, want %+v", kept, err, run)
	}
}

// When nobody answers any more, the error must not say that the step wasn't saved.
func TestADoubtThatLastsIsTold(t *testing.T) {
	t.Parallel()
	l := newLink(t, postgrestest.Database(t))
	s := open(t, l.address)
	run, err := s.Begin(t.Context(), renewal.Run{ID: "r", App: "app", Node: "n"}, store.Told{})
	if err != nil {
		t.Fatal(err)
	}
	l.set(func(l *link) {
		lose := onceAt(commitWord, loseReply)
		l.rule = func(sent []byte) verdict {
			fate := lose(sent)
			l.shut = l.shut || fate == loseReply
			return fate
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = s.Advance(ctx, store.Change{Run: run})
	if found := problem.Of(err); !found.Doubtful || found.Class != problem.Retry || found.Code != codeDoubtful {
		t.Fatalf("error %v is %+v", err, found)
	}
	l.set(func(l *link) { l.shut, l.rule = false, func([]byte) verdict { return pass } })
	if kept, err := s.Run(t.Context(), run.ID); err != nil || kept.Version != 2 {
		t.Fatalf("the row is %+v, %v", kept, err)
	}
	if _, err := s.Advance(t.Context(), store.Change{Run: run}); !errors.Is(err, store.ErrFenced) {
		t.Fatalf("the same step again: %v, want a fence", err)
	}
}

// A lost answer and a take-over meanwhile: the former driver must not take its save for the last word.
func TestALostAnswerAfterATakeOverIsAFence(t *testing.T) {
	t.Parallel()
	address := postgrestest.Database(t)
	l := newLink(t, address)
	s, other := open(t, l.address), open(t, address)
	run, err := s.Begin(t.Context(), renewal.Run{ID: "r", App: "app", Node: "n"}, store.Told{})
	if err != nil {
		t.Fatal(err)
	}
	claimed := make(chan error, 1)
	l.set(func(l *link) {
		lose := onceAt(commitWord, loseReply)
		l.rule = func(sent []byte) verdict {
			fate := lose(sent)
			if fate == loseReply {
				l.shut = true
				go func() {
					claimed <- claimSaved(t.Context(), other, run)
					l.set(func(l *link) { l.shut = false })
				}()
			}
			return fate
		}
	})
	_, err = s.Advance(t.Context(), store.Change{Run: run, Told: told("late")})
	if claim := <-claimed; claim != nil {
		t.Fatal(claim)
	}
	if !errors.Is(err, store.ErrFenced) {
		t.Fatalf("error %v, want a fence", err)
	}
}

// claimSaved claims run once the save that follows it is there.
func claimSaved(ctx context.Context, s *Store, run renewal.Run) error {
	for {
		kept, err := s.Run(ctx, run.ID)
		if err != nil {
			return err
		}
		if kept.Version > run.Version {
			_, err = s.Claim(ctx, run.ID, "other")
			return err
		}
	}
}

func TestARestartedServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	address := postgrestest.Database(t)
	l := newLink(t, address)
	s := open(t, l.address)
	run, err := s.Begin(t.Context(), renewal.Run{ID: "r", App: "app", Node: "n"}, store.Told{})
	if err != nil {
		t.Fatal(err)
	}
	l.set(func(l *link) { l.shut = true })
	l.cutAll()
	back := time.AfterFunc(time.Second, func() { l.set(func(l *link) { l.shut = false }) })
	defer back.Stop()
	if _, err := s.Advance(t.Context(), store.Change{Run: run}); err != nil {
		t.Error(err)
	}
	l.cutAll()
	if _, err := s.Run(t.Context(), run.ID); err != nil {
		t.Error(err)
	}
	postgrestest.Run(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
	if _, err := s.Runs(t.Context(), store.Filter{}); err != nil {
		t.Error(err)
	}
}

// A process that hangs in the middle of a step must not keep the run's row from others.
func TestAHungStepIsBrokenOff(t *testing.T) {
	t.Parallel()
	address := postgrestest.Database(t)
	s, other := open(t, address), open(t, address)
	run, err := s.Begin(t.Context(), renewal.Run{ID: "r", App: "app", Node: "n"}, store.Told{})
	if err != nil {
		t.Fatal(err)
	}
	s.begin.BeginQuery = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '100ms'" // 10 s is long to wait for
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	tx, err := conn.BeginTx(t.Context(), s.begin)
	if err != nil {
		t.Fatal(err)
	}
	if err := fence(t.Context(), tx, run, run, "hung"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := other.Claim(ctx, run.ID, "other"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err == nil {
		t.Error("the hung step was saved all the same")
	}
}
