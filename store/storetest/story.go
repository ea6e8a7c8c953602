package storetest

import (
	"cmp"
	"fmt"
	"sync"
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

func atomic(t *testing.T, b Bench) {
	for _, table := range []string{"attempt", "delivery", "event", "audit", "river_job"} {
		run := begin(t, b.Store, "app of "+table)
		before := b.Count(t, table+" WHERE 1 = 1")
		unblock := b.Block(t, table)
		change := store.Change{
			Run: run, Release: true, Told: told(1), Attempts: []renewal.Attempt{{N: 1}}, Deliveries: []renewal.Delivery{{N: 1, Target: "vault"}},
		}
		change.Run.State, change.Run.Door, change.Run.WakeAt = renewal.Issuing, renewal.Wait, noon
		if _, err := b.Store.Advance(t.Context(), change); err == nil {
			t.Fatalf("a step was saved although %s took nothing", table)
		}
		got, err := b.Store.Run(t.Context(), run.ID)
		must(t, err)
		same(t, "the run after a step that "+table+" refused", got, run)
		h, err := b.Store.History(t.Context(), run.ID)
		must(t, err)
		same(t, "its history", h, store.History{})
		if after := b.Count(t, table+" WHERE 1 = 1"); after != before {
			t.Fatalf("%s has %d rows, had %d", table, after, before)
		}
		if n := b.Count(t, "river_job WHERE 1 = 1"); n != 0 {
			t.Fatalf("%d wakes were left by a step that was not saved", n)
		}
		unblock()
	}
}

func upserts(t *testing.T, b Bench) {
	run := begin(t, b.Store, "app")
	first := renewal.Attempt{Run: run.ID, N: 1, Mark: "keyturn x.1", State: renewal.AttemptIntended, At: noon}
	vault := renewal.Delivery{Run: run.ID, N: 1, Target: "vault", State: renewal.DeliveryIntended}
	run = advance(t, b.Store, store.Change{Run: run, Attempts: []renewal.Attempt{first}, Deliveries: []renewal.Delivery{vault}})

	first = full[renewal.Attempt](noon)
	first.Run, first.N = run.ID, 1
	second := renewal.Attempt{Run: run.ID, N: 2, Mark: "keyturn x.2", State: renewal.AttemptIntended, At: noon.Add(time.Minute)}
	vault = full[renewal.Delivery](noon)
	vault.Run, vault.N, vault.Target = run.ID, 1, "vault"
	again := renewal.Delivery{Run: run.ID, N: 2, Target: "vault", State: renewal.DeliveryIntended}
	advance(t, b.Store, store.Change{
		Run: run, Attempts: []renewal.Attempt{second, first}, Deliveries: []renewal.Delivery{again, vault}, Told: told(1),
	})

	h, err := b.Store.History(t.Context(), run.ID)
	must(t, err)
	same(t, "attempts", h.Attempts, []renewal.Attempt{first, second})
	same(t, "deliveries", h.Deliveries, []renewal.Delivery{vault, again})
	if len(h.Audit) != 1 || h.Audit[0].Run != run.ID || h.Audit[0].App != "app" || !h.Audit[0].At.Equal(noon) {
		t.Fatalf("audit = %+v", h.Audit)
	}
}

func events(t *testing.T, b Bench) {
	mine, theirs := begin(t, b.Store, "mine"), begin(t, b.Store, "theirs")
	for i := range 3 {
		mine.UpdatedAt = noon.Add(time.Duration(i) * time.Minute)
		mine = advance(t, b.Store, store.Change{Run: mine, Told: told(i)})
		theirs = advance(t, b.Store, store.Change{Run: theirs, Told: told(i)})
	}
	all, err := b.Store.Events(t.Context(), "", 0)
	must(t, err)
	own, err := b.Store.Events(t.Context(), mine.ID, 0)
	must(t, err)
	rest, err := b.Store.Events(t.Context(), mine.ID, own[1].Sequence)
	must(t, err)
	if len(all) != 6 || len(own) != 3 || len(rest) != 1 {
		t.Fatalf("%d events, %d of mine, %d after the second", len(all), len(own), len(rest))
	}
	for i := 1; i < len(all); i++ {
		if all[i].Sequence <= all[i-1].Sequence {
			t.Fatalf("event %d has sequence %d after %d", i, all[i].Sequence, all[i-1].Sequence)
		}
	}
	same(t, "the last event", rest[0], renewal.Event{
		Sequence: rest[0].Sequence, Run: mine.ID, App: "mine", Kind: "step", Text: "step 2", At: noon.Add(2 * time.Minute),
		Fields: map[string]string{"target": "vault"},
	})
}

func filters(t *testing.T, b Bench) {
	old := end(t, b.Store, begin(t, b.Store, "first"))
	first := begin(t, b.Store, "first")
	second := end(t, b.Store, begin(t, b.Store, "second"))
	for name, c := range map[string]struct {
		filter store.Filter
		want   []string
	}{
		"all, newest first":                     {store.Filter{}, []string{second.ID, first.ID, old.ID}},
		"one application's":                     {store.Filter{App: "first"}, []string{first.ID, old.ID}},
		"no application's":                      {store.Filter{App: "third"}, nil},
		"open ones":                             {store.Filter{Open: true}, []string{first.ID}},
		"open ones of an application with none": {store.Filter{Open: true, App: "second"}, nil},
		"the newest of each application":        {store.Filter{Latest: true}, []string{second.ID, first.ID}},
		"the newest two":                        {store.Filter{Limit: 2}, []string{second.ID, first.ID}},
	} {
		runs, err := b.Store.Runs(t.Context(), c.filter)
		must(t, err)
		same(t, name, ids(runs), c.want)
	}
}

func ids(runs []renewal.Run) (ids []string) {
	for _, run := range runs {
		ids = append(ids, run.ID)
	}
	return ids
}

func due(t *testing.T, b Bench) {
	later := noon.Add(time.Hour)
	cases := map[string]struct {
		door   renewal.Door
		wakeAt time.Time
		node   string
		beat   bool
		want   bool
	}{
		"waits and its time has come":     {door: renewal.Wait, wakeAt: noon, want: true},
		"waits and its time is to come":   {door: renewal.Wait, wakeAt: later},
		"retries and its time has come":   {door: renewal.Retry, wakeAt: noon.Add(-time.Hour), want: true},
		"open without a time":             {door: renewal.Open, want: true},
		"a person must act":               {door: renewal.Person},
		"a person's time is over":         {door: renewal.Person, wakeAt: noon, want: true},
		"a person has time yet":           {door: renewal.Person, wakeAt: later},
		"driven by a node that lives":     {door: renewal.Open, node: "living", beat: true},
		"left behind by a node that died": {door: renewal.Open, node: "dead", want: true},
	}
	for app, c := range cases {
		run := fresh(app)
		run.Door, run.WakeAt, run.Node = c.door, c.wakeAt, c.node
		_, err := b.Store.Begin(t.Context(), run, store.Told{})
		must(t, err)
		if c.beat {
			must(t, b.Store.Beat(t.Context(), c.node, store.LongestLease))
		}
	}
	end(t, b.Store, begin(t, b.Store, "ended"))
	runs, err := b.Store.Runs(t.Context(), store.Filter{Due: noon})
	must(t, err)
	found := map[string]bool{}
	for _, run := range runs {
		found[run.App] = true
	}
	for app, c := range cases {
		if found[app] != c.want {
			t.Errorf("%s: due = %v, want %v", app, found[app], c.want)
		}
	}
	if found["ended"] {
		t.Error("an ended run is due")
	}
}

func chain(t *testing.T, b Bench) {
	written := writeChain(t, b)
	entries, err := b.Store.Chain(t.Context(), "app")
	must(t, err)
	if len(entries) != written {
		t.Fatalf("the chain has %d entries, want %d", len(entries), written)
	}
	if at := audit.Verify(entries); at != 0 {
		t.Fatalf("the chain breaks at entry %d", at)
	}
	others, err := b.Store.Chain(t.Context(), "other")
	must(t, err)
	if len(others) == 0 || audit.Verify(others) != 0 {
		t.Fatalf("the other application's chain: %+v", others)
	}
}

// writeChain writes the log of "app" over two runs and two processes at once, mixed with another application's.
func writeChain(t *testing.T, b Bench) (entries int) {
	t.Helper()
	run := end(t, b.Store, advance(t, b.Store, store.Change{Run: begin(t, b.Store, "app"), Told: told(0)}))
	if run.State != renewal.Done {
		t.Fatal("the first run did not end")
	}
	again := b.Again(t)
	one, other := begin(t, b.Store, "app"), begin(t, again, "other")
	var wait sync.WaitGroup
	write := func(s Store, run renewal.Run) {
		for i := range 10 {
			var err error
			if run, err = s.Advance(t.Context(), store.Change{Run: run, Told: store.Told{Audit: append(told(i).Audit, told(i).Audit...)}}); err != nil {
				t.Error(err)
			}
		}
	}
	wait.Go(func() { write(b.Store, one) })
	wait.Go(func() { write(again, other) })
	wait.Wait()
	return 1 + 20
}

func tampered(t *testing.T, b Bench) {
	written := writeChain(t, b)
	middle, tick := written/2, cmp.Or(b.Tick, "1")
	where := fmt.Sprintf(" WHERE app = 'app' AND number = %d", middle)
	for what, c := range map[string]struct{ change, undo string }{
		"a detail was changed":  {"detail = 'x'", "detail = 'detail'"},
		"the time was changed":  {"at = at + " + tick, "at = at - " + tick},
		"the actor was changed": {"who = 'nobody'", "who = 'tester'"},
	} {
		b.Alter(t, "UPDATE audit SET "+c.change+where)
		wantBroken(t, b, what, middle)
		b.Alter(t, "UPDATE audit SET "+c.undo+where)
		wantBroken(t, b, "undone: "+what, 0)
	}
	b.Alter(t, "DELETE FROM audit"+where)
	wantBroken(t, b, "an entry was taken out", middle)
}

func wantBroken(t *testing.T, b Bench, what string, at int) {
	t.Helper()
	entries, err := b.Store.Chain(t.Context(), "app")
	must(t, err)
	if got := audit.Verify(entries); got != int64(at) {
		t.Fatalf("%s: the chain breaks at %d, want %d", what, got, at)
	}
}

func sideBySide(t *testing.T, b Bench) {
	again := b.Again(t)
	const steps = 100
	var wait sync.WaitGroup
	for i, s := range []Store{b.Store, again, b.Store, again} {
		run := begin(t, s, fmt.Sprint("app ", i))
		wait.Go(func() {
			for step := range steps {
				var err error
				if run, err = s.Advance(t.Context(), store.Change{Run: run, Told: told(step)}); err != nil {
					t.Errorf("step %d of app %d: %v", step, i, err)
					return
				}
				if _, err = s.Runs(t.Context(), store.Filter{Open: true}); err != nil {
					t.Errorf("read beside step %d of app %d: %v", step, i, err)
				}
			}
		})
	}
	wait.Wait()
	all, err := again.Events(t.Context(), "", 0)
	must(t, err)
	if len(all) != 4*steps {
		t.Fatalf("%d events, want %d", len(all), 4*steps)
	}
}
