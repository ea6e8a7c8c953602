package transfer

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/sqlite"
)

// sink takes everything and keeps nothing but a count.
type sink struct {
	before func() // Accept is asked
	saved  bool
}

func (s *sink) Import(ctx context.Context, content store.Content, _ time.Time) error {
	held := store.Tally{Heads: map[string]string{}}
	for _, err := range content.Runs {
		if err != nil {
			return err
		}
		held.Runs++
	}
	for e, err := range content.Entries {
		if err != nil {
			return err
		}
		held.Entries++
		held.Heads[e.App] = e.Digest
	}
	for _, err := range content.Events {
		if err != nil {
			return err
		}
		held.Events++
	}
	if s.before != nil {
		s.before()
	}
	if err := content.Accept(ctx, held); err != nil {
		return err
	}
	s.saved = true
	return nil
}

func oneRun(t *testing.T) (*sqlite.Store, renewal.Run) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keyturn.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	run, err := s.Begin(t.Context(), renewal.Run{ID: "r", App: "app", Node: "n"}, store.Told{Events: []renewal.Event{{Kind: "begun"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s, run
}

func TestAStoreInUseIsNotCopied(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(t *testing.T, s *sqlite.Store, run renewal.Run, to *sink) error{
		"a living node drives a run": func(t *testing.T, s *sqlite.Store, _ renewal.Run, _ *sink) error {
			return s.Beat(t.Context(), "n", time.Hour)
		},
		"a node serves": func(t *testing.T, s *sqlite.Store, _ renewal.Run, _ *sink) error {
			return s.Serve(t.Context(), "other", time.Hour)
		},
		"a run moves on meanwhile": func(t *testing.T, s *sqlite.Store, run renewal.Run, to *sink) error {
			to.before = func() {
				if _, err := s.Advance(t.Context(), store.Change{Run: run}); err != nil {
					t.Error(err)
				}
			}
			return nil
		},
		"a run is begun meanwhile": func(t *testing.T, s *sqlite.Store, _ renewal.Run, to *sink) error {
			to.before = func() {
				if _, err := s.Begin(t.Context(), renewal.Run{ID: "r2", App: "another", Node: "n"}, store.Told{}); err != nil {
					t.Error(err)
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, run := oneRun(t)
			to := &sink{}
			if err := use(t, s, run, to); err != nil {
				t.Fatal(err)
			}
			_, err := Copy(t.Context(), s, to, time.Now())
			if found := problem.Of(err); found == nil || found.Code != codeInUse || found.Fix == "" || to.saved {
				t.Errorf("error %v, saved %v", err, to.saved)
			}
		})
	}
}

func TestADeadDriverDoesNotKeepAStoreFromBeingCopied(t *testing.T) {
	t.Parallel()
	s, _ := oneRun(t) // its node never lived
	to := &sink{}
	report, err := Copy(t.Context(), s, to, time.Now())
	if err != nil || !to.saved || report.Runs != 1 || report.Events != 1 {
		t.Errorf("saved %v, %+v: %v", to.saved, report, err)
	}
}

// failing is a store whose audit log can't be read.
type failing struct{ *sqlite.Store }

var errDisk = errors.New("the disk broke")

func (failing) History(context.Context, string) (store.History, error) {
	return store.History{}, errDisk
}

func TestAStoreThatCannotBeReadIsNotCopied(t *testing.T) {
	t.Parallel()
	s, _ := oneRun(t)
	c := copying{from: failing{s}}
	if err := c.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	var last error
	for _, last = range c.content(t.Context()).Attempts {
		continue
	}
	if !errors.Is(last, errDisk) {
		t.Errorf("the sequence ends with %v", last)
	}
}
