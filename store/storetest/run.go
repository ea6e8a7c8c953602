package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/store"
	"keyturn/store/alarm"
)

func roundTrip(t *testing.T, b Bench) {
	given, want := full[renewal.Run](rough), full[renewal.Run](noon)
	want.Version = 1 // whatever was given
	saved, err := b.Store.Begin(t.Context(), given, store.Told{})
	must(t, err)
	got, err := b.Store.Run(t.Context(), want.ID)
	must(t, err)
	same(t, "the run begun", saved, want)
	same(t, "the run read", got, want)

	bare := renewal.Run{ID: want.ID, App: want.App, ClientID: want.ClientID, State: renewal.Planned, Node: want.Node, Version: 1, CreatedAt: noon}
	bare = advance(t, b.Store, store.Change{Run: bare})
	got, err = b.Store.Run(t.Context(), want.ID)
	must(t, err)
	same(t, "the bare run read", got, bare)

	given.Version, want.Version = 2, 3
	saved = advance(t, b.Store, store.Change{Run: given})
	got, err = b.Store.Run(t.Context(), want.ID)
	must(t, err)
	same(t, "the run advanced", saved, want)
	same(t, "the advanced run read", got, want)
}

// rough is noon as a careless caller might give it.
var rough = noon.Add(321 * time.Nanosecond).In(time.FixedZone("elsewhere", 2*60*60))

// full is a T with something in every field, so that a field a store forgets shows; every time in it is at.
func full[T any](at time.Time) T {
	var whole T
	fill(reflect.ValueOf(&whole).Elem(), "T", at)
	return whole
}

func fill(v reflect.Value, name string, at time.Time) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("the “" + name + "”")
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(name)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), name+" 0", at)
		fill(v.Index(1), name+" 1", at)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(at))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name, at)
		}
	default:
		panic("storetest: teach fill about " + v.Kind().String() + " for " + name)
	}
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// noSecret checks by type that a step has no field that could carry a secret.
func noSecret(t *testing.T, _ Bench) {
	seen := map[reflect.Type]bool{}
	var look func(at reflect.Type, path string)
	look = func(at reflect.Type, path string) {
		if at == reflect.TypeFor[secret.Value]() {
			t.Errorf("%s holds a secret", path)
		}
		if seen[at] || at == reflect.TypeFor[time.Time]() {
			return
		}
		seen[at] = true
		switch at.Kind() {
		case reflect.Struct:
			for i := range at.NumField() {
				look(at.Field(i).Type, path+"."+at.Field(i).Name)
			}
		case reflect.Slice, reflect.Array, reflect.Pointer, reflect.Map:
			look(at.Elem(), path)
		case reflect.Interface:
			t.Errorf("%s may hold anything", path)
		}
	}
	look(reflect.TypeFor[store.Change](), "store.Change")
}

func oneOpenRun(t *testing.T, b Bench) {
	other := b.Again(t)
	var wait sync.WaitGroup
	ids, errs := make([]string, 20), make([]error, 20)
	for i := range ids {
		s := b.Store
		if i%2 == 1 {
			s = other
		}
		wait.Go(func() {
			run, err := s.Begin(t.Context(), fresh("app"), told(i))
			ids[i], errs[i] = run.ID, err
		})
	}
	wait.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, store.ErrOpen) {
			t.Errorf("begin %d: %v", i, err)
		}
		if ids[i] != ids[0] {
			t.Errorf("begin %d returned run %s, begin 0 %s", i, ids[i], ids[0])
		}
	}
	if won != 1 {
		t.Errorf("%d begins won, want 1", won)
	}
	found, err := b.Store.Events(t.Context(), "", 0)
	must(t, err)
	if len(found) != 1 {
		t.Errorf("%d events were saved, want that of the winner alone", len(found))
	}
}

func nextRun(t *testing.T, b Bench) {
	first := end(t, b.Store, begin(t, b.Store, "app"))
	second := begin(t, b.Store, "app")
	if first.ID == second.ID || first.Node != "" {
		t.Fatalf("after %+v came %+v", first, second)
	}
	begin(t, b.Store, "another app")
}

func notFound(t *testing.T, b Bench) {
	_, err := b.Store.Run(t.Context(), "nothing")
	wantErr(t, "read", err, store.ErrNotFound)
	_, err = b.Store.Claim(t.Context(), "nothing", node)
	wantErr(t, "claim", err, store.ErrNotFound)
	wantErr(t, "wake", b.Waker(t, alarm.Options{}).Wake(t.Context(), "nothing"), store.ErrNotFound)
	h, err := b.Store.History(t.Context(), "nothing")
	must(t, err)
	same(t, "history", h, store.History{})
	_, err = b.Store.Advance(t.Context(), store.Change{Run: fresh("app")})
	wantErr(t, "advance", err, store.ErrFenced)
}

func fenced(t *testing.T, b Bench) {
	mine := begin(t, b.Store, "app")
	theirs, err := b.Again(t).Claim(t.Context(), mine.ID, "node-2") // node-1 never said that it lives
	must(t, err)
	if theirs.Version <= mine.Version || theirs.Node != "node-2" {
		t.Fatalf("claimed %+v over %+v", theirs, mine)
	}
	disguised := mine
	disguised.Version = theirs.Version
	stale := theirs
	stale.Version--
	nobody := theirs
	nobody.Node = ""
	for what, run := range map[string]renewal.Run{
		"the former driver": mine, "it, with the new version": disguised, "an old version": stale, "nobody": nobody,
	} {
		_, err := b.Store.Advance(t.Context(), store.Change{Run: run, Told: told(1), Attempts: []renewal.Attempt{{N: 1}}})
		wantErr(t, what, err, store.ErrFenced)
	}
	h, err := b.Store.History(t.Context(), mine.ID)
	must(t, err)
	same(t, "the history after only fenced steps", h, store.History{})
	advance(t, b.Store, store.Change{Run: theirs})
}

func held(t *testing.T, b Bench) {
	run := begin(t, b.Store, "app")
	must(t, b.Store.Beat(t.Context(), node, store.LongestLease))
	got, err := b.Again(t).Claim(t.Context(), run.ID, "node-2")
	wantErr(t, "claim", err, store.ErrHeld)
	same(t, "the held run", got, run)
	advance(t, b.Store, store.Change{Run: run}) // its driver notices nothing
}

func claimAfterDeath(t *testing.T, b Bench) {
	run := begin(t, b.Store, "app")
	must(t, b.Store.Beat(t.Context(), node, store.LongestLease))
	must(t, b.Store.Beat(t.Context(), node, time.Microsecond)) // a later beat counts alone
	deadline := time.Now().Add(5 * time.Second)
	for {
		_, err := b.Store.Claim(t.Context(), run.ID, "node-2")
		if err == nil {
			return
		}
		wantErr(t, "claim", err, store.ErrHeld)
		if time.Now().After(deadline) {
			t.Fatal("a node that lived for a microsecond still holds its run")
		}
	}
}

func leave(t *testing.T, b Bench) {
	run := begin(t, b.Store, "app")
	must(t, b.Store.Beat(t.Context(), node, store.LongestLease))
	must(t, b.Store.Leave(t.Context(), node))
	must(t, b.Store.Leave(t.Context(), node))
	_, err := b.Store.Claim(t.Context(), run.ID, "node-2")
	must(t, err)
}

func claimRace(t *testing.T, b Bench) {
	run := park(t, b.Store, begin(t, b.Store, "app"), noon)
	other := b.Again(t)
	var wait sync.WaitGroup
	kept := make([]bool, 10)
	for i := range kept {
		s := b.Store
		if i%2 == 1 {
			s = other
		}
		wait.Go(func() {
			mine := fmt.Sprint("racer ", i)
			if err := s.Beat(t.Context(), mine, store.LongestLease); err != nil {
				t.Error(err)
			}
			claimed, err := s.Claim(t.Context(), run.ID, mine)
			if err != nil && !errors.Is(err, store.ErrHeld) {
				t.Error(err)
			}
			if err == nil {
				_, err = s.Advance(t.Context(), store.Change{Run: claimed})
				kept[i] = err == nil
			}
		})
	}
	wait.Wait()
	winners := 0
	for _, k := range kept {
		if k {
			winners++
		}
	}
	if winners != 1 {
		t.Fatalf("%d nodes kept the run, want 1", winners)
	}
}

func released(t *testing.T, b Bench) {
	mine := begin(t, b.Store, "app")
	must(t, b.Store.Beat(t.Context(), node, store.LongestLease))
	run := park(t, b.Store, mine, noon.Add(time.Hour))
	if run.Node != "" {
		t.Fatalf("a released run is in the hands of %q", run.Node)
	}
	_, err := b.Store.Advance(t.Context(), store.Change{Run: run})
	wantErr(t, "a step of nobody", err, store.ErrFenced)
	_, err = b.Store.Claim(t.Context(), run.ID, "node-2")
	must(t, err)
}

// dueOrder: what ends first is shown first, and what replaces nothing before all.
func dueOrder(t *testing.T, b Bench) {
	for app, end := range map[string]time.Time{"late": noon.Add(72 * time.Hour), "soon": noon.Add(time.Hour), "nothing": {}, "middle": noon.Add(24 * time.Hour)} {
		run := fresh(app)
		run.Node, run.Order.RetiresEnd = "", end
		_, err := b.Store.Begin(t.Context(), run, store.Told{})
		must(t, err)
	}
	runs, err := b.Store.Runs(t.Context(), store.Filter{Due: noon, Limit: 3})
	must(t, err)
	var order []string
	for _, run := range runs {
		order = append(order, run.App)
	}
	same(t, "the order", strings.Join(order, " "), "nothing soon middle")
}
