package graph_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"keyturn/simulator/graph"
	"keyturn/simulator/world"
)

func (b *bench) limit(t *testing.T, value string) {
	t.Helper()
	b.w.Lock()
	defer b.w.Unlock()
	if err := b.w.SetSwitch(graph.SwitchLimits, value); err != nil {
		t.Fatal(err)
	}
}

// TestWritesBeyondTheLimitAreRefused until the oldest of the window is old enough; reads and other callers go on.
func TestWritesBeyondTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.limit(t, "3/15s")
	path := "/v1.0/applications/" + b.app.ObjectID + "/addPassword"
	write := func(who string) reply { return b.do(t, who, http.MethodPost, path, `{}`) }
	for range 3 {
		if got := write("all"); got.status != http.StatusOK {
			t.Fatalf("within the limit: %d", got.status)
		}
		b.w.Advance(time.Second)
	}
	refused := write("all")
	seconds, err := strconv.Atoi(refused.header.Get("Retry-After"))
	if refused.status != http.StatusTooManyRequests || err != nil || seconds < 11 || seconds > 13 {
		t.Fatalf("beyond: %d, Retry-After %q", refused.status, refused.header.Get("Retry-After"))
	}
	if got := write("owner"); got.status != http.StatusOK {
		t.Errorf("another caller: %d", got.status)
	}
	if got := b.do(t, "all", http.MethodGet, "/v1.0/applications/"+b.app.ObjectID, ""); got.status != http.StatusOK {
		t.Errorf("a read: %d", got.status)
	}
	b.w.Advance(time.Duration(seconds) * time.Second)
	if got := write("all"); got.status != http.StatusOK {
		t.Errorf("after the time to wait: %d", got.status)
	}
	if got := write("all"); got.status != http.StatusTooManyRequests {
		t.Errorf("one more at once: %d; only one of the three is old enough", got.status)
	}
}

// TestMicrosoftsLimitsHold in an unkind world, and in a gentle one when told so.
func TestMicrosoftsLimitsHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings world.Settings
		value    string
		limited  bool
	}{
		"an unkind world":              {world.Settings{}, "", true},
		"an unkind world without them": {world.Settings{}, "none", false},
		"a gentle world":               {world.Settings{Gentle: true}, "", false},
		"a gentle world with them":     {world.Settings{Gentle: true}, "on", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.settings)
			b.limit(t, c.value)
			path := "/v1.0/applications/" + b.app.ObjectID
			read := func() int { return b.do(t, "all", http.MethodGet, path, "").status }
			_ = read() // from here on the caller is counted, where anybody is
			b.w.Lock()
			graph.Drain(b.s)
			b.w.Unlock()
			refused := 0
			for range 5 { // one alone is chance
				if read() == http.StatusTooManyRequests {
					refused++
				}
			}
			if limited := refused == 5; limited != c.limited {
				t.Errorf("limited: %v", limited)
			}
		})
	}
}
