package storetest

import (
	"sync"
	"testing"
	"time"

	"keyturn/store"
)

// part returns the optional part T of a store that can be served, which each of ours can.
func part[T any](t *testing.T, s Store) T {
	t.Helper()
	found, ok := s.(T)
	if !ok {
		t.Fatalf("%T has no %T", s, *new(T))
	}
	return found
}

func serving(t *testing.T, b Bench) {
	servers := part[store.Servers](t, b.Store)
	served := func(want bool, when string) {
		t.Helper()
		got, err := servers.Served(t.Context())
		must(t, err)
		if got != want {
			t.Fatalf("served %v %s", got, when)
		}
	}
	served(false, "before anybody lives")
	must(t, b.Store.Beat(t.Context(), "cli", store.LongestLease))
	served(false, "while a node lives that doesn't serve")
	must(t, servers.Serve(t.Context(), "daemon", store.LongestLease))
	served(true, "while a node serves")
	must(t, b.Store.Leave(t.Context(), "daemon"))
	served(false, "after it left")
	must(t, servers.Serve(t.Context(), "dead", -time.Second))
	served(false, "after it died")
	run := begin(t, b.Store, "app")
	must(t, servers.Serve(t.Context(), node, store.LongestLease))
	_, err := b.Store.Claim(t.Context(), run.ID, "other")
	wantErr(t, "claiming a run of a node that serves", err, store.ErrHeld)
}

func turns(t *testing.T, b Bench) {
	taken := make(chan bool, 8)
	var group sync.WaitGroup
	for range 8 {
		duties := part[store.Duties](t, b.Again(t))
		group.Go(func() {
			if got, err := duties.Take(t.Context(), "look", time.Hour); err != nil {
				t.Error(err)
			} else if got {
				taken <- true
			}
		})
	}
	group.Wait()
	if len(taken) != 1 {
		t.Fatalf("%d nodes took one turn", len(taken))
	}
	duties := part[store.Duties](t, b.Store)
	for duty, want := range map[string]bool{"look": true, "another": true} {
		got, err := duties.Take(t.Context(), duty, 0)
		must(t, err)
		same(t, "a turn at "+duty+" after no time at all", got, want)
	}
}

func dutyStands(t *testing.T, b Bench) {
	duties := part[store.Duties](t, b.Store)
	stands := func() store.Duty {
		t.Helper()
		got, err := duties.Duty(t.Context(), "look")
		must(t, err)
		return got
	}
	same(t, "a duty that nobody did", stands(), store.Duty{})
	must(t, duties.Finish(t.Context(), "look", "no network"))
	same(t, "after a failure", stands(), store.Duty{Failure: "no network"})
	must(t, duties.Finish(t.Context(), "look", ""))
	if got := stands(); !got.Done || got.Failure != "" || got.Ago > time.Minute {
		t.Fatalf("after a good turn: %+v", got)
	}
	must(t, duties.Finish(t.Context(), "look", "throttled"))
	if got := stands(); !got.Done || got.Failure != "throttled" {
		t.Fatalf("after a failure that follows a good turn: %+v", got)
	}
}

func findings(t *testing.T, b Bench) {
	kept := part[store.Findings](t, b.Store)
	note := func(f store.Finding, news bool) {
		t.Helper()
		got, err := kept.Note(t.Context(), f)
		must(t, err)
		same(t, "news of "+f.App+" "+f.Text, got, news)
	}
	first := store.Finding{App: "b", Code: "rights.missing", Text: "no right to write", Fix: "grant it", Since: noon}
	later := first
	later.Since = noon.Add(time.Hour)
	changed := later
	changed.Text = "no right to read"
	other := store.Finding{App: "a", Code: "lock", Text: "locked", Fix: "unlock", Since: noon}
	note(first, true)
	note(later, false)
	note(other, true)
	all, err := kept.Findings(t.Context())
	must(t, err)
	same(t, "the findings", all, []store.Finding{other, first})
	note(changed, true)
	must(t, kept.Forget(t.Context(), "a"))
	must(t, kept.Forget(t.Context(), "a"))
	all, err = kept.Findings(t.Context())
	must(t, err)
	same(t, "the findings after a change", all, []store.Finding{changed})
}
