package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"keyturn/renewal"
	"keyturn/store"
)

// BenchmarkAdvance is one step with all its parts: run, attempt, delivery, event, audit entry; one synchronised commit.
func BenchmarkAdvance(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "keyturn.db"))
	run, err := s.Begin(b.Context(), renewal.Run{ID: "run", App: "app", Node: "n"}, store.Told{})
	for b.Loop() && err == nil {
		run, err = s.Advance(b.Context(), step(run))
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkMake is the first Open of a file that isn't there.
func BenchmarkMake(b *testing.B) {
	folder := b.TempDir()
	for i := 0; b.Loop(); i++ {
		openClose(b, filepath.Join(folder, fmt.Sprint(i, ".db")))
	}
}

// BenchmarkOpen is every later Open, with its Close.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "keyturn.db")
	openClose(b, path)
	for b.Loop() {
		openClose(b, path)
	}
}

func openClose(b *testing.B, path string) {
	b.Helper()
	s, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkStatus is what a command that looks at 1,000 applications asks of a store with 5 runs of each: open, the
// newest run of each application, close.
func BenchmarkStatus(b *testing.B) {
	path := filepath.Join(b.TempDir(), "keyturn.db")
	fill(b, path, 1000, 5)
	for b.Loop() {
		r, err := OpenReader(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		runs, err := r.Runs(b.Context(), store.Filter{Latest: true})
		if err != nil || len(runs) != 1000 {
			b.Fatal(len(runs), err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// fill saves ended runs of many applications.
func fill(b *testing.B, path string, apps, each int) {
	b.Helper()
	s := open(b, path)
	alter(b, s, "PRAGMA synchronous = OFF")
	ctx := context.Background()
	for round := range each {
		for app := range apps {
			run, err := s.Begin(ctx, renewal.Run{
				ID: fmt.Sprint("run", round, "-", app), App: fmt.Sprint("app ", app), Node: "n", State: renewal.Done, Outcome: renewal.Renewed,
				Order: renewal.Order{Targets: []string{"vault", "connection", "connection 2", "variable"}, Description: "secret"},
			}, store.Told{})
			if err == nil {
				_, err = s.Advance(ctx, step(run))
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
