package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

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

// BenchmarkSightings is one page of 10,000 applications, and all of them, as metrics want them.
func BenchmarkSightings(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "keyturn.db"))
	now := time.Date(2031, 5, 4, 12, 0, 0, 0, time.UTC)
	var seen []store.Sighting
	for i := range 10_000 {
		seen = append(seen, store.Sighting{
			App: fmt.Sprint("app-", i), ClientID: "11111111-2222-3333-4444-555555555555", Name: "An application", Seen: now, DueAt: now.AddDate(0, 0, i%300-20),
			Expires: now.AddDate(0, 0, i%300+10), Credentials: make([]store.SeenCredential, 2), Places: make([]store.SeenPlace, 4),
		})
	}
	for name, filter := range map[string]store.SightingFilter{
		"page":   {Order: store.SightingByExpiry},
		"search": {Search: "APP-77", State: store.SightingFine},
		"all":    {Limit: len(seen)},
		"brief":  {Limit: len(seen), Brief: true},
	} {
		filter.Now = now
		b.Run(name, func(b *testing.B) {
			if err := s.Sight(b.Context(), seen, 0); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if page, err := s.Sightings(b.Context(), filter); err != nil || page.Total("") == 0 {
					b.Fatalf("%d: %v", page.Total(""), err)
				}
			}
		})
	}
	b.Run("nothing new", func(b *testing.B) {
		for b.Loop() {
			if err := s.Sight(b.Context(), seen, time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
}
