package storetest

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"keyturn/store"
	"keyturn/store/alarm"
)

// A clock that went a day wrong and was set right again leaves times behind that lie a day ahead.

// ahead moves a column of times by d, as if the clock had been set back by it since they were kept.
func ahead(t *testing.T, b Bench, table, column string, d time.Duration) {
	t.Helper()
	b.Alter(t, fmt.Sprintf("UPDATE %s SET %s = %s + %d * %s", table, column, column, d.Microseconds(), cmp.Or(b.Tick, "1")))
}

const day = 24 * time.Hour

func leaseSetBack(t *testing.T, b Bench) {
	run := begin(t, b.Store, "app")
	must(t, b.Store.Beat(t.Context(), node, store.LongestLease))
	ahead(t, b, "node", "alive_until", day)
	must(t, b.Store.Beat(t.Context(), "other", store.LongestLease))
	_, err := b.Store.Claim(t.Context(), run.ID, "other")
	wantErr(t, "claiming a run whose driver may not have renewed its lease yet", err, store.ErrHeld)
	ahead(t, b, "node", "alive_until", -store.LongestLease)
	_, err = b.Store.Claim(t.Context(), run.ID, "other")
	must(t, err)
}

func dutySetBack(t *testing.T, b Bench) {
	duties := part[store.Duties](t, b.Store)
	take := func(when string, want bool) {
		t.Helper()
		got, err := duties.Take(t.Context(), "look", time.Hour)
		must(t, err)
		same(t, "a turn "+when, got, want)
	}
	stands := func(when string, least, most time.Duration) {
		t.Helper()
		got, err := duties.Duty(t.Context(), "look")
		must(t, err)
		if !got.Done || got.Ago < least || got.Ago > most {
			t.Fatalf("%s: %+v", when, got)
		}
	}
	take("at first", true)
	must(t, duties.Finish(t.Context(), "look", ""))
	ahead(t, b, "duty", "begun_at", time.Second)
	take("after a small correction", false)
	ahead(t, b, "duty", "begun_at", day)
	ahead(t, b, "duty", "done_at", day)
	stands("a good turn a day ahead", 23*time.Hour, day)
	take("after a large correction", true)
	take("after the turn that follows it", false)
	must(t, duties.Finish(t.Context(), "look", "no network"))
	stands("after a failure", 23*time.Hour, day)
	must(t, duties.Finish(t.Context(), "look", ""))
	stands("after the next good turn", 0, time.Minute)
}

func budgetSetBack(t *testing.T, b Bench) {
	budgets := part[store.Budgets](t, b.Store)
	draw := func(budget string, want int, longest time.Duration) {
		t.Helper()
		got, wait, err := budgets.Draw(t.Context(), budget, slow, 20)
		must(t, err)
		if got != want || wait > longest {
			t.Errorf("%s gave %d, to wait %s; want %d, at most %s", budget, got, wait, want, longest)
		}
	}
	draw("empty", 10, 0)
	ahead(t, b, "budget", "spent_at", day)
	draw("empty", 0, time.Hour)
	must(t, budgets.Hold(t.Context(), "held", time.Minute))
	ahead(t, b, "budget", "held_until", day)
	wait, err := budgets.Held(t.Context(), "held")
	must(t, err)
	same(t, "how long it is held by a former clock", wait, 0)
	must(t, budgets.Hold(t.Context(), "held", time.Minute))
	wait, err = budgets.Held(t.Context(), "held")
	must(t, err)
	if wait < 50*time.Second || wait > time.Minute {
		t.Errorf("held for %s since", wait)
	}
	ahead(t, b, "budget", "held_until", day)
	draw("held", 10, 0)
}

func noticeSetBack(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	must(t, box.Tell(t.Context(), about("app", "drift")))
	ahead(t, b, "notice", "kept_at", day)
	ahead(t, b, "notice", "due_at", day)
	found := carry(t, b.Store, node)
	if len(found) != 1 {
		t.Fatalf("%d notices of a former clock are to be sent", len(found))
	}
	found[0].Tries++
	must(t, box.Settle(t.Context(), node, found[0], store.LongestWait))
	same(t, "what is tried again at once", len(carry(t, b.Store, node)), 0)
	ahead(t, b, "notice", "due_at", day)
	same(t, "what is tried again on the clock that was set back", len(carry(t, b.Store, node)), 1)
}

// wakeSetBack: River takes no wake before its time, even one that was ready when the clock was set back.
func wakeSetBack(t *testing.T, b Bench) {
	w := b.Waker(t, alarm.Options{})
	run := begin(t, b.Store, "app")
	must(t, w.Wake(t.Context(), run.ID))
	b.Alter(t, "UPDATE river_job SET scheduled_at = "+in(day))
	for range 2 {
		must(t, w.Wake(t.Context(), run.ID))
	}
	same(t, "the wakes", b.Count(t, "river_job WHERE state = 'available'"), 2)
	same(t, "the call", wait(t, "the wake", listen(t, w)), call{run.ID, run.Version})
}
