package world_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/simulator/world"
)

func newWorld(t *testing.T, settings world.Settings) *world.World {
	t.Helper()
	w := world.New(settings)
	t.Cleanup(w.Close)
	return w
}

func TestAdvanceRunsEventsAtTheirOwnInstants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Settings{Seed: 1})
	start := w.Now()
	var seen []string
	note := func(name string, due time.Time) func(time.Time) {
		return func(now time.Time) {
			if !now.Equal(due) || !w.Now().Equal(due) {
				t.Errorf("%s is due at %s, told %s, the clock shows %s", name, due, now, w.Now())
			}
			seen = append(seen, name)
		}
	}
	w.Lock()
	w.At(start.Add(2*time.Hour), note("second", start.Add(2*time.Hour)))
	w.At(start.Add(time.Hour), func(now time.Time) {
		note("first", start.Add(time.Hour))(now)
		w.At(now.Add(30*time.Minute), note("between", start.Add(90*time.Minute)))
	})
	w.At(start.Add(2*time.Hour), note("after second", start.Add(2*time.Hour)))
	w.At(start.Add(9*time.Hour), note("later", start.Add(9*time.Hour)))
	w.Unlock()
	w.Advance(3 * time.Hour)
	if got := strings.Join(seen, ","); got != "first,between,second,after second" {
		t.Errorf("ran %s", got)
	}
	if moved := w.Now().Sub(start); moved < 3*time.Hour || moved > 3*time.Hour+time.Minute {
		t.Errorf("the clock moved by %s", moved)
	}
}

func TestTheClockGoesOnByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Settings{Seed: 1})
	done := make(chan time.Time)
	due := w.Now().Add(20 * time.Millisecond)
	w.Lock()
	w.At(due, func(now time.Time) { go func() { done <- now }() })
	w.Unlock()
	if got := <-done; !got.Equal(due) {
		t.Errorf("ran at %s, due at %s", got, due)
	}
}

func TestTheClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Settings{Seed: 1})
	var group sync.WaitGroup
	var again func(now time.Time)
	again = func(now time.Time) { w.At(now.Add(700*time.Millisecond), again) }
	w.Lock()
	w.At(w.Now().Add(time.Minute), again)
	w.Unlock()
	group.Go(func() {
		for range 200 {
			w.Advance(time.Second)
		}
	})
	last := w.Now()
	for range 20_000 {
		now := w.Now()
		if now.Before(last) {
			t.Fatalf("from %s back to %s", last, now)
		}
		last = now
	}
	group.Wait()
}

func TestNewIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Settings{Seed: 3})
	other := newWorld(t, world.Settings{Seed: 3})
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	w.Lock()
	other.Lock()
	defer w.Unlock()
	defer other.Unlock()
	for range 100 {
		id := w.NewID()
		if !form.MatchString(id) || id != other.NewID() {
			t.Fatalf("id %s", id)
		}
	}
}

func TestPropagation(t *testing.T) {
	t.Parallel()
	ten := 10 * time.Minute
	tests := map[string]struct {
		settings  world.Settings
		value     string
		low, high time.Duration
	}{
		"drawn":                            {world.Settings{}, "", 4 * time.Second, 50 * time.Second},
		"none when gentle":                 {world.Settings{Gentle: true}, "", 0, 0},
		"as set":                           {world.Settings{Propagation: &ten}, "", ten, ten},
		"as set, gentle too":               {world.Settings{Gentle: true, Propagation: &ten}, "", ten, ten},
		"the switch wins":                  {world.Settings{Propagation: &ten}, "3s", 3 * time.Second, 3 * time.Second},
		"the switch for this region":       {world.Settings{}, "us-east=1m, eu-west=7s,2s", 7 * time.Second, 7 * time.Second},
		"the switch for the other regions": {world.Settings{}, "us-east=1m,2s", 2 * time.Second, 2 * time.Second},
		"a switch that cannot be read":     {world.Settings{Propagation: &ten}, "soon", ten, ten},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.settings)
			w.Lock()
			defer w.Unlock()
			if err := w.SetSwitch(world.PropagationSwitch, tc.value); err != nil {
				t.Fatal(err)
			}
			for range 200 {
				if d := w.PropagationDelay("eu-west"); d < tc.low || d > tc.high {
					t.Fatalf("drew %s, want %s to %s", d, tc.low, tc.high)
				}
			}
		})
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Settings{})
	w.Lock()
	defer w.Unlock()
	var heard []string
	w.Declare("lamp", "a lamp", func(value string) { heard = append(heard, value) })
	if err := w.SetSwitch("lamp", "bright"); err != nil || w.Switch("lamp") != "bright" {
		t.Errorf("set: %v, %q", err, w.Switch("lamp"))
	}
	if err := w.SetSwitch("lamp", "off"); err != nil || w.Switch("lamp") != "" {
		t.Errorf("off: %v, %q", err, w.Switch("lamp"))
	}
	if err := w.SetSwitch("lump", "on"); err == nil || !strings.Contains(err.Error(), "lamp") {
		t.Errorf("unknown: %v", err)
	}
	if !slices.Equal(heard, []string{"bright", ""}) || w.SwitchHelp("lamp") != "a lamp" || w.Switch("lump") != "" {
		t.Errorf("heard %q", heard)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Settings{})
	rules := []world.Fault{
		{Host: "a.example", Method: "post", Path: "/ADD", Count: 2, Kind: world.FaultReplyLost},
		{Kind: world.FaultLatency, Delay: world.Delay(time.Second)},
	}
	if err := w.AddFaults(rules); err != nil {
		t.Fatal(err)
	}
	want := []world.FaultKind{world.FaultReplyLost, world.FaultReplyLost, world.FaultLatency}
	for i, kind := range want {
		if got, ok := w.TakeFault("A.example", "POST", "/x/addPassword?y"); !ok || got.Kind != kind {
			t.Errorf("take %d: %v %v", i, got.Kind, ok)
		}
	}
	if left := w.Faults(); len(left) != 1 {
		t.Errorf("left %v", left)
	}
	if err := w.AddFaults([]world.Fault{{Path: "/x", Kind: world.FaultThrottle}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := w.TakeFault("b", "GET", "/x"); got.Kind != world.FaultThrottle {
		t.Errorf("the newest rule is not the first: %v", got)
	}
	if err := w.AddFaults(nil); err != nil || len(w.Faults()) != 0 {
		t.Errorf("clear: %v, %v", err, w.Faults())
	}
	for name, bad := range map[string]world.Fault{
		"unknown kind": {Kind: "boom"}, "negative count": {Kind: world.FaultLatency, Count: -1}, "a status that is none": {Kind: world.FaultErrorAfter, Status: 200},
	} {
		if err := w.AddFaults([]world.Fault{{Kind: world.FaultLatency}, bad}); err == nil || !strings.Contains(err.Error(), "rule 1") || len(w.Faults()) != 0 {
			t.Errorf("%s: %v, %v in force", name, err, w.Faults())
		}
	}
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, world.Settings{})
	log := w.Log()
	body := strings.Repeat("x", world.LogBodyLimit)
	for i := range 100_500 {
		e := &world.Entry{Path: fmt.Sprint(i)}
		if i%50 == 0 {
			e.RequestBody = body
		}
		log.Add(e)
	}
	entries := log.Entries()
	if len(entries) != 100_000 || entries[0].Path != "500" || entries[len(entries)-1].Path != "100499" {
		t.Errorf("%d entries, %s to %s", len(entries), entries[0].Path, entries[len(entries)-1].Path)
	}
	bytes := 0
	for _, e := range entries {
		bytes += len(e.RequestBody)
	}
	if bytes == 0 || bytes > 256<<20 {
		t.Errorf("%d bytes of bodies", bytes)
	}
	log.Clear()
	if len(log.Entries()) != 0 {
		t.Error("entries after clearing")
	}
}
