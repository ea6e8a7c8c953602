package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/postgrestest"
)

// Two steps overlap, and the one that began later ends first. Whoever follows all events must not go on past the
// number of the first one's.
func TestNoEventIsPassedOver(t *testing.T) {
	t.Parallel()
	s := open(t, postgrestest.Database(t))
	slow := renewal.Run{ID: "slow", App: "slow", Node: "n"}
	fast := renewal.Run{ID: "fast", App: "fast", Node: "n"}
	for _, run := range []renewal.Run{slow, fast} {
		if _, err := s.Begin(t.Context(), run, store.Told{Events: []renewal.Event{{Kind: "begun"}}}); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := s.pool.BeginTx(t.Context(), s.begin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if err := tell(t.Context(), tx, slow, store.Told{Events: []renewal.Event{{Kind: "slow"}}}); err != nil {
		t.Fatal(err)
	}
	fast.Version = 1
	if _, err := s.Advance(t.Context(), store.Change{Run: fast, Told: store.Told{Events: []renewal.Event{{Kind: "fast"}}}}); err != nil {
		t.Fatal(err)
	}
	wantKinds(t, s, "", "begun", "begun")
	wantKinds(t, s, "fast", "begun", "fast") // within a run nothing can be overtaken
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantKinds(t, s, "", "begun", "begun", "slow", "fast")
}

func TestAStepThatCameToNothingHoldsNothingBack(t *testing.T) {
	t.Parallel()
	s := open(t, postgrestest.Database(t))
	run := renewal.Run{ID: "run", App: "app", Node: "n"}
	if _, err := s.Begin(t.Context(), run, store.Told{}); err != nil {
		t.Fatal(err)
	}
	tx, err := s.pool.BeginTx(t.Context(), pgx.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tell(t.Context(), tx, run, store.Told{Events: []renewal.Event{{Kind: "nothing"}}}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	run.Version = 1
	if _, err := s.Advance(t.Context(), store.Change{Run: run, Told: store.Told{Events: []renewal.Event{{Kind: "something"}}}}); err != nil {
		t.Fatal(err)
	}
	wantKinds(t, s, "", "something")
}

func wantKinds(t *testing.T, s *Store, run string, kinds ...string) {
	t.Helper()
	events, err := s.Events(t.Context(), run, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, e.Kind)
	}
	if len(got) != len(kinds) {
		t.Fatalf("events of %q: %v, want %v", run, got, kinds)
	}
	for i := range kinds {
		if got[i] != kinds[i] {
			t.Fatalf("events of %q: %v, want %v", run, got, kinds)
		}
	}
}

func TestAnnouncedNumbersAreReadAcrossTheirTurn(t *testing.T) {
	t.Parallel()
	const turn = 1 << 31
	for name, c := range map[string]struct{ last, mark, want int64 }{
		"the last number":               {100, 100, 0},
		"one below":                     {100, 99, 1},
		"one above says nothing":        {100, 101, 0},
		"below, across the turn":        {turn + 5, turn - 10, 15},
		"above, across the turn":        {turn - 10, 5, 0},
		"far along":                     {7*turn + 1000, 990, 10},
		"the last one before the turn":  {turn - 1, turn - 1, 0},
		"the first one after the turn":  {turn, 0, 0},
		"nothing was ever given":        {0, 0, 0},
		"the first number is to be had": {1, 0, 1},
	} {
		if got := behind(c.last, c.mark&(turn-1)); got != c.want {
			t.Errorf("%s: behind = %d, want %d", name, got, c.want)
		}
	}
}
