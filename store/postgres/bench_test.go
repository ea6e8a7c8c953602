package postgres

import (
	"fmt"
	"sync/atomic"
	"testing"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/postgrestest"
)

// BenchmarkAdvance is one step with all its parts: run, attempt, delivery, event, audit entry; one commit.
func BenchmarkAdvance(b *testing.B) {
	s := open(b, postgrestest.Database(b))
	run, err := s.Begin(b.Context(), renewal.Run{ID: "run", App: "app", Node: "n"}, store.Told{})
	for b.Loop() && err == nil {
		run, err = s.Advance(b.Context(), step(run))
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkAdvanceSideBySide is the same in many runs at once.
func BenchmarkAdvanceSideBySide(b *testing.B) {
	s := open(b, postgrestest.Database(b))
	var number atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(loop *testing.PB) {
		name := fmt.Sprint("app ", number.Add(1))
		run, err := s.Begin(b.Context(), renewal.Run{ID: name, App: name, Node: "n"}, store.Told{})
		for loop.Next() && err == nil {
			run, err = s.Advance(b.Context(), step(run))
		}
		if err != nil {
			b.Error(err)
		}
	})
}

// BenchmarkClaim takes over a run of a node that isn't alive.
func BenchmarkClaim(b *testing.B) {
	s := open(b, postgrestest.Database(b))
	_, err := s.Begin(b.Context(), renewal.Run{ID: "run", App: "app", Node: "n"}, store.Told{})
	for i := 0; b.Loop() && err == nil; i++ {
		_, err = s.Claim(b.Context(), "run", fmt.Sprint("node ", i))
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPark lets a run go until later, with its wake, and takes it again.
func BenchmarkPark(b *testing.B) {
	s := open(b, postgrestest.Database(b))
	run, err := s.Begin(b.Context(), renewal.Run{ID: "run", App: "app", Node: "n"}, store.Told{})
	for b.Loop() && err == nil {
		run.Door, run.UpdatedAt, run.WakeAt = renewal.Wait, noon, noon.AddDate(0, 0, 14)
		if _, err = s.Advance(b.Context(), store.Change{Run: run, Release: true}); err == nil {
			run, err = s.Claim(b.Context(), "run", "n")
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOpen is every Open but the first, with its Close.
func BenchmarkOpen(b *testing.B) {
	address := postgrestest.Database(b)
	open(b, address)
	for b.Loop() {
		s, err := Open(b.Context(), address, Options{})
		if err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}
