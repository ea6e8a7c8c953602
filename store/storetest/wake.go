package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/alarm"
)

// patience is how long a test waits for a signal that must come.
const patience = 30 * time.Second

// call is one call of the work that a waker was started with.
type call struct {
	run     string
	version int64
}

// listen starts w with work that hands each call to the returned channel.
func listen(t *testing.T, w Waker) <-chan call {
	t.Helper()
	calls := make(chan call, 100)
	must(t, w.Start(t.Context(), func(_ context.Context, run string, version int64) error {
		calls <- call{run, version}
		return nil
	}))
	return calls
}

func wait[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("not reached")
	}
}

func wakeIsAtomic(t *testing.T, b Bench) {
	run := begin(t, b.Store, "app")
	if n := b.Count(t, "river_job WHERE 1 = 1"); n != 0 {
		t.Fatalf("%d wakes before anything was parked", n)
	}
	parked := park(t, b.Store, run, noon.Add(time.Hour))
	if n := b.Count(t, "river_job WHERE kind = 'wake' AND state = 'scheduled'"); n != 1 {
		t.Fatalf("%d wakes after parking once", n)
	}
	if n := b.Count(t, "river_job WHERE scheduled_at > "+in(50*time.Minute)+" AND scheduled_at < "+in(70*time.Minute)); n != 1 {
		t.Fatal("a wait of an hour by policy's clock isn't an hour by the machine's")
	}
	claimed, err := b.Store.Claim(t.Context(), parked.ID, node)
	must(t, err)
	claimed.Door, claimed.WakeAt = renewal.Person, time.Time{}
	run = advance(t, b.Store, store.Change{Run: claimed, Release: true})
	claimed, err = b.Store.Claim(t.Context(), run.ID, node)
	must(t, err)
	claimed.WakeAt = noon
	end(t, b.Store, claimed)
	if n := b.Count(t, "river_job WHERE 1 = 1"); n != 1 {
		t.Fatalf("%d wakes after a person's door and an end, want none more", n)
	}
}

// in is the SQL of the machine's time in a while, as both PostgreSQL and River on SQLite write it.
func in(d time.Duration) string { return time.Now().UTC().Add(d).Format("'2006-01-02 15:04:05+00'") }

// begunWakes: a run that is begun in nobody's hands is worked by whoever serves, without anybody asking for it.
func begunWakes(t *testing.T, b Bench) {
	calls := listen(t, b.Waker(t, alarm.Options{}))
	run := fresh("app")
	run.Node = ""
	run, err := b.Store.Begin(t.Context(), run, store.Told{})
	must(t, err)
	same(t, "the call", wait(t, "the wake", calls), call{run.ID, run.Version})
	begin(t, b.Store, "held")
	if n := b.Count(t, "river_job WHERE 1 = 1"); n != 1 {
		t.Fatalf("%d wakes, one of them for a run that its beginner drives", n)
	}
}

func wakeFires(t *testing.T, b Bench) {
	calls := listen(t, b.Waker(t, alarm.Options{}))
	run := park(t, b.Store, begin(t, b.Store, "app"), noon.Add(-time.Minute))
	same(t, "the call", wait(t, "the wake", calls), call{run.ID, run.Version})
	soon := park(t, b.Store, begin(t, b.Store, "soon"), noon.Add(time.Millisecond))
	same(t, "the timed call", wait(t, "the timed wake", calls), call{soon.ID, soon.Version})
	if extra := len(calls); extra > 0 {
		t.Fatalf("%d calls too many", extra)
	}
}

func wakeOnce(t *testing.T, b Bench) {
	w := b.Waker(t, alarm.Options{})
	sleeping := park(t, b.Store, begin(t, b.Store, "sleeps"), noon.Add(time.Hour))
	other := begin(t, b.Store, "other")
	for range 3 {
		must(t, w.Wake(t.Context(), sleeping.ID)) // the timed wake is still to come, so the first of these counts
		must(t, w.Wake(t.Context(), other.ID))
	}
	if n := b.Count(t, "river_job WHERE state = 'available'"); n != 2 {
		t.Fatalf("%d wakes wait, want one a run", n)
	}
	moved := advance(t, b.Store, store.Change{Run: other})
	must(t, w.Wake(t.Context(), other.ID))
	calls := listen(t, w)
	got := map[call]bool{}
	for range 3 {
		got[wait(t, "a wake", calls)] = true
	}
	same(t, "the calls", got, map[call]bool{
		{sleeping.ID, sleeping.Version}: true, {other.ID, other.Version}: true, {moved.ID, moved.Version}: true,
	})
}

func wakeOutlives(t *testing.T, b Bench) {
	run := park(t, b.Again(t), begin(t, b.Store, "app"), noon.Add(time.Second))
	calls := listen(t, b.Waker(t, alarm.Options{}))
	same(t, "the call", wait(t, "the wake of another process", calls), call{run.ID, run.Version})
}

// wakeAfterSleep: with nothing to do the clock falls asleep, again and again, and no wake is lost to that.
func wakeAfterSleep(t *testing.T, b Bench) {
	w := b.Waker(t, alarm.Options{Lull: 3 * time.Second})
	calls := listen(t, w)
	for range 2 {
		run := begin(t, b.Store, "app")
		must(t, w.Wake(t.Context(), run.ID))
		same(t, "the call", wait(t, "the wake", calls), call{run.ID, run.Version})
		end(t, b.Store, run)
		poll(t, "the clock to wake up", func() bool { return b.Count(t, "river_leader WHERE 1 = 1") == 1 })
		poll(t, "the clock to fall asleep", func() bool { return b.Count(t, "river_leader WHERE 1 = 1") == 0 })
	}
}

// poll asks until it is so: the database tells nobody by itself.
func poll(t *testing.T, what string, so func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func stopWaits(t *testing.T, b Bench) {
	w := b.Waker(t, alarm.Options{})
	begun, finish, finished := make(chan bool), make(chan bool), make(chan bool, 1)
	must(t, w.Start(t.Context(), func(ctx context.Context, _ string, _ int64) error {
		begun <- true
		<-finish
		finished <- ctx.Err() == nil
		return nil
	}))
	must(t, w.Wake(t.Context(), begin(t, b.Store, "app").ID))
	wait(t, "the work", begun)
	stopped := make(chan error, 1)
	go func() { stopped <- w.Stop(context.Background()) }()
	close(finish)
	must(t, wait(t, "the end of stop", stopped))
	select {
	case calm := <-finished:
		if !calm {
			t.Fatal("the work in hand was cancelled")
		}
	default:
		t.Fatal("stop didn't wait for the work in hand")
	}
	must(t, w.Stop(t.Context()))
}

func stopCancels(t *testing.T, b Bench) {
	w := b.Waker(t, alarm.Options{})
	begun, ended := make(chan bool), make(chan error, 1)
	must(t, w.Start(t.Context(), func(ctx context.Context, _ string, _ int64) error {
		begun <- true
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}))
	must(t, w.Wake(t.Context(), begin(t, b.Store, "app").ID))
	wait(t, "the work", begun)
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, w.Stop(impatient))
	if err := wait(t, "the end of the work", ended); !errors.Is(err, context.Canceled) {
		t.Fatalf("the work ended with %v", err)
	}
}
