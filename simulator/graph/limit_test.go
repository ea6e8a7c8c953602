package graph_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"keyturn/simulator/directory"
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

// TestSmallerLimits are those beside an app's own writes.
func TestSmallerLimits(t *testing.T) {
	t.Parallel()
	application := func(b *bench) string { return "/v1.0/applications/" + b.app.ObjectID }
	for name, c := range map[string]struct {
		method, body string
		path         func(b *bench) string
		most         int
		mute         bool
	}{
		"writes to a registration for personal accounts": {
			http.MethodPatch, `{"notes":"x"}`, func(b *bench) string { return "/v1.0/applications/" + b.other.ObjectID }, 60, false,
		},
		"making registrations for personal accounts": {
			http.MethodPost, `{"displayName":"x","signInAudience":"AzureADandPersonalMicrosoftAccount"}`, func(*bench) string { return "/v1.0/applications" }, 60, false,
		},
		"reads that select keys": {http.MethodGet, "", func(b *bench) string { return application(b) + "?$select=id,keyCredentials" }, 150, false},
		"reports":                {http.MethodGet, "", func(*bench) string { return "/v1.0/auditLogs/signIns?$top=1" }, 5, false},
		"policies of access":     {http.MethodGet, "", func(*bench) string { return "/v1.0/identity/conditionalAccess/policies" }, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Settings{Gentle: true})
			b.limit(t, "on")
			for i := range c.most {
				if got := b.do(t, "all", c.method, c.path(b), c.body); got.status >= 400 {
					t.Fatalf("request %d: %d %s", i, got.status, got.message())
				}
			}
			refused := b.do(t, "all", c.method, c.path(b), c.body)
			if refused.status != http.StatusTooManyRequests || (refused.header.Get("Retry-After") == "") != c.mute {
				t.Errorf("beyond: %d, Retry-After %q", refused.status, refused.header.Get("Retry-After"))
			}
			if got := b.do(t, "all", http.MethodGet, application(b), ""); got.status != http.StatusOK {
				t.Errorf("a read of another kind: %d", got.status)
			}
		})
	}
}

func TestABiggerTenantMayReadMore(t *testing.T) {
	t.Parallel()
	for users, want := range map[int]float64{1: 3500, 50: 5000, 501: 8000} {
		b := newBench(t, world.Settings{Gentle: true})
		b.limit(t, "on")
		b.w.Lock()
		b.tenant.Users = make([]*directory.User, users)
		b.w.Unlock()
		b.do(t, "all", http.MethodGet, "/v1.0/applications/"+b.app.ObjectID, "")
		b.w.Lock()
		if got := graph.Left(b.s) + 2; got != want {
			t.Errorf("%d users: %v units, want %v", users, got, want)
		}
		b.w.Unlock()
	}
}

// TestHowMuchOfALimitIsUsedIsTold from four fifths on, and what was refused and why.
func TestHowMuchOfALimitIsUsedIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.limit(t, "10/15s")
	write := func() reply {
		return b.do(t, "all", http.MethodPost, "/v1.0/applications/"+b.app.ObjectID+"/addPassword", `{}`)
	}
	for i := range 10 {
		got, want := write().header.Get("x-ms-throttle-limit-percentage"), ""
		if i >= 7 {
			want = "0." + strconv.Itoa(i+1) + "0"
		}
		if i == 9 {
			want = "1.00"
		}
		if got != want {
			t.Errorf("write %d: %q of the limit, want %q", i+1, got, want)
		}
	}
	refused := write().header
	if got, want := refused.Get("x-ms-throttle-scope"), "Tenant_Application/Write/"+b.caller.AppID+"/"+b.tenant.ID; got != want {
		t.Errorf("scope %q, want %q", got, want)
	}
	if got := refused.Get("x-ms-throttle-information"); got != "WriteLimitExceeded" {
		t.Errorf("why: %q", got)
	}
	if got := b.do(t, "all", http.MethodGet, "/v1.0/applications/"+b.app.ObjectID, "").header.Get("x-ms-resource-unit"); got != "2" {
		t.Errorf("a read costs %q", got)
	}
}

// TestWhatMayWaitIsRefusedFirst, while other reads of the same caller go on.
func TestWhatMayWaitIsRefusedFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.limit(t, "on")
	read := func(priority string) int {
		r := httptest.NewRequest(http.MethodGet, "https://graph.microsoft.com/v1.0/applications/"+b.app.ObjectID, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+b.tokens["all"])
		r.Header.Set("x-ms-throttle-priority", priority)
		return b.serve(t, r).status
	}
	_ = read("") // from here on the caller is counted
	for name, c := range map[string]struct {
		priority string
		left     float64 // of 3,500 units
		status   int
	}{
		"low, with enough left":    {"Low", 1000, http.StatusOK},
		"low, with little left":    {"Low", 300, http.StatusTooManyRequests},
		"normal, with little left": {"", 300, http.StatusOK},
		"high, with little left":   {"High", 300, http.StatusOK},
		"normal, with none left":   {"Normal", 1, http.StatusTooManyRequests},
		"high, with none left":     {"High", 1, http.StatusTooManyRequests}, // the limit is the same
	} {
		b.w.Lock()
		graph.Leave(b.s, c.left)
		b.w.Unlock()
		if got := read(c.priority); got != c.status {
			t.Errorf("%s: %d", name, got)
		}
	}
}
