package storetest

import (
	"sync"
	counting "sync/atomic"
	"testing"
	"time"

	"keyturn/store"
)

// slow fills so slowly that no share comes while a test runs.
var slow = store.Rate{Every: time.Hour, Burst: 10}

func budgetShared(t *testing.T, b Bench) {
	var taken counting.Int64
	var group sync.WaitGroup
	for range 4 {
		budgets := part[store.Budgets](t, b.Again(t))
		group.Go(func() {
			for range 4 {
				got, _, err := budgets.Draw(t.Context(), "writes", slow, 3)
				if err != nil {
					t.Error(err)
				}
				taken.Add(int64(got))
			}
		})
	}
	group.Wait()
	if taken.Load() != 10 {
		t.Fatalf("%d shares were given of ten", taken.Load())
	}
	budgets := part[store.Budgets](t, b.Store)
	got, wait, err := budgets.Draw(t.Context(), "writes", slow, 1)
	must(t, err)
	if got != 0 || wait < 59*time.Minute || wait > time.Hour {
		t.Errorf("an empty budget gave %d and says to wait %s", got, wait)
	}
	got, _, err = budgets.Draw(t.Context(), "others", slow, 20)
	must(t, err)
	same(t, "what another budget gave", got, 10)
}

func budgetFills(t *testing.T, b Bench) {
	budgets := part[store.Budgets](t, b.Store)
	quick := store.Rate{Every: 100 * time.Millisecond, Burst: 1}
	for range 3 {
		for {
			got, wait, err := budgets.Draw(t.Context(), "writes", quick, 1)
			must(t, err)
			if got == 1 {
				break
			}
			if wait <= 0 || wait > quick.Every {
				t.Fatalf("to wait %s", wait)
			}
			time.Sleep(wait)
		}
	}
}

func budgetHeld(t *testing.T, b Bench) {
	budgets, others := part[store.Budgets](t, b.Store), part[store.Budgets](t, b.Again(t))
	held := func(when string, least, most time.Duration) {
		t.Helper()
		wait, err := others.Held(t.Context(), "writes")
		must(t, err)
		if wait < least || wait > most {
			t.Errorf("%s: held for %s, want %s to %s", when, wait, least, most)
		}
	}
	held("before", 0, 0)
	must(t, budgets.Hold(t.Context(), "writes", time.Hour))
	held("as told", 59*time.Minute, time.Hour)
	must(t, budgets.Hold(t.Context(), "writes", time.Minute))
	held("a shorter one after", 59*time.Minute, time.Hour)
	got, wait, err := others.Draw(t.Context(), "writes", slow, 1)
	must(t, err)
	if got != 0 || wait < 59*time.Minute {
		t.Errorf("a held budget gave %d, and says to wait %s", got, wait)
	}
	must(t, budgets.Hold(t.Context(), "others", -time.Minute))
	got, _, err = others.Draw(t.Context(), "others", slow, 1)
	must(t, err)
	same(t, "what one gives that isn't held any more", got, 1)
}
