package simulator_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator"
	"keyturn/simulator/world"
)

type truth struct {
	Now     time.Time
	Tenants []struct {
		ID, Domain   string
		Applications []struct {
			AppID, ObjectID, DisplayName string
			Passwords                    []struct {
				KeyID, DisplayName, Value string
				UsableFrom                time.Time
			}
		}
	}
	Consumers []map[string]any
}

func (r *rig) truth(t testing.TB) truth {
	t.Helper()
	status, text := r.control(t, http.MethodGet, "/_sim/state", "")
	var state truth
	if err := json.Unmarshal([]byte(text), &state); err != nil || status != http.StatusOK {
		t.Fatalf("state: %d %v", status, err)
	}
	return state
}

// passwords counts what an app holds in truth.
func (r *rig) passwords(t testing.TB, objectID string) int {
	t.Helper()
	for _, a := range r.truth(t).Tenants[0].Applications {
		if a.ObjectID == objectID {
			return len(a.Passwords)
		}
	}
	t.Fatalf("no app %s", objectID)
	return 0
}

// TestThePartsOfTheTruth: who asks for less gets less.
func TestThePartsOfTheTruth(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	all := r.truth(t)
	app := all.Tenants[0].Applications[0].AppID
	for query, want := range map[string][2]int{ // applications and consumers
		"":                                 {len(all.Tenants[0].Applications), len(all.Consumers)},
		"?part=consumers":                  {0, len(all.Consumers)},
		"?part=tenants":                    {len(all.Tenants[0].Applications), 0},
		"?app=" + app:                      {1, 0},
		"?part=tenants,consumers&app=none": {0, 0},
	} {
		_, text := r.control(t, http.MethodGet, "/_sim/state"+query, "")
		var state truth
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			t.Fatal(err)
		}
		got := [2]int{0, len(state.Consumers)}
		if len(state.Tenants) > 0 {
			got[0] = len(state.Tenants[0].Applications)
		}
		if got != want {
			t.Errorf("%s: %v applications and consumers, want %v", query, got, want)
		}
	}
}

func TestControlRefuses(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	tests := map[string]struct {
		method, path, body string
		status             int
	}{
		"an unknown lever":             {"GET", "/_sim/what", "", 404},
		"another method":               {"PUT", "/_sim/clock", "{}", 405},
		"the clock without a body":     {"POST", "/_sim/clock", "", 400},
		"the clock without a duration": {"POST", "/_sim/clock", "{}", 400},
		"the clock with nonsense":      {"POST", "/_sim/clock", `{"advance":"soon"}`, 400},
		"the clock with a number":      {"POST", "/_sim/clock", `{"advance":5}`, 400},
		"the clock backwards":          {"POST", "/_sim/clock", `{"advance":"-1h"}`, 400},
		"the clock by a century":       {"POST", "/_sim/clock", `{"advance":"36500d"}`, 400},
		"the clock twice":              {"POST", "/_sim/clock", `{"advance":"1s"}{"advance":"1s"}`, 400},
		"faults that are no list":      {"POST", "/_sim/faults", `"x"`, 400},
		"faults of an unknown kind":    {"POST", "/_sim/faults", `[{"kind":"boom"}]`, 400},
		"faults with a misspelt key":   {"POST", "/_sim/faults", `[{"kind":"latency","hots":"x"}]`, 400},
		"faults with a bad delay":      {"POST", "/_sim/faults", `[{"kind":"latency","delay":"-1s"}]`, 400},
		"an unknown switch":            {"POST", "/_sim/switch", `{"name":"what","value":"on"}`, 400},
		"something outside the levers": {"GET", "/", "", 404},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, text := r.control(t, tc.method, tc.path, tc.body); status != tc.status {
				t.Errorf("got %d %s, want %d", status, text, tc.status)
			}
		})
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	before := r.truth(t).Now
	r.lever(t, "/_sim/clock", `{"advance":"2d"}`)
	r.lever(t, "/_sim/clock", `{"advance":"90m"}`)
	if moved := r.truth(t).Now.Sub(before); moved < 49*time.Hour+30*time.Minute || moved > 49*time.Hour+31*time.Minute {
		t.Errorf("moved by %s", moved)
	}
	got := r.do(t, http.MethodGet, v1+"/me", "", nil)
	date, err := http.ParseTime(got.header.Get("Date"))
	if err != nil || date.Sub(before) < 49*time.Hour {
		t.Errorf("the Date header says %s (%v)", date, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	token := r.token(t, graphScope)
	made := r.do(t, http.MethodPost, v1+"/applications", token, map[string]any{"displayName": "victim"})
	id := made.body["id"].(string)
	add := func() (reply, error) {
		return r.try(t.Context(), http.MethodPost, v1+"/applications/"+id+"/addPassword", map[string]any{}, func(h http.Header) {
			h.Set("Authorization", "Bearer "+token)
		})
	}
	rule := func(kind string) string {
		return `[{"host":"graph.microsoft.com","method":"POST","path":"addPassword","count":1,"kind":"` + kind + `","delay":"10ms"}]`
	}
	tests := []struct {
		kind    string
		status  int // 0: no answer
		effects int
	}{{"error-before", 503, 0}, {"error-after", 503, 1}, {"reply-lost", 0, 1}, {"throttle", 429, 0}, {"latency", 200, 1}, {"answer-cut", 200, 1}, {"page", 200, 0}}
	want := 0
	for _, tc := range tests {
		r.lever(t, "/_sim/faults", rule(tc.kind))
		got, err := add()
		want += tc.effects
		if unread := tc.status == 0 || tc.kind == "answer-cut"; (err != nil) != unread || got.status != tc.status {
			t.Errorf("%s: %d, %v", tc.kind, got.status, err)
		}
		if n := r.passwords(t, id); n != want {
			t.Errorf("%s: %d passwords, want %d", tc.kind, n, want)
		}
		if tc.kind == "throttle" && got.header.Get("Retry-After") != "1" {
			t.Errorf("throttle: Retry-After %q", got.header.Get("Retry-After"))
		}
		if got, err := add(); err != nil || got.status != http.StatusOK {
			t.Errorf("after %s: %d, %v", tc.kind, got.status, err)
		}
		want++
	}
	_, text := r.control(t, http.MethodGet, "/_sim/log?bodies=1", "")
	if strings.Count(text, `"fault":"`) != len(tests) || !strings.Contains(text, "secretText") || !strings.Contains(text, `"identity":"`+r.Sample().AdminClientID) {
		t.Error("the log does not tell what went wrong, by whom")
	}
	_, text = r.control(t, http.MethodGet, "/_sim/log", "")
	if strings.Contains(text, "secretText") {
		t.Error("bodies without being asked for")
	}
}

func TestFaultsOnEveryHost(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	token := r.token(t, "https://management.azure.com/.default")
	r.lever(t, "/_sim/faults", `{"kind":"error-before","status":502}`)
	for _, address := range []string{
		v1 + "/me", loginHost + "common/discovery/keys", "https://management.azure.com/subscriptions?api-version=2022-12-01",
		"https://" + vaultName(t, r) + ".vault.azure.net/secrets?api-version=7.4",
	} {
		if got := r.do(t, http.MethodGet, address, token, nil); got.status != http.StatusBadGateway || got.body["error"] == nil {
			t.Errorf("%s: %d %s", address, got.status, got.text)
		}
	}
	if status, _ := r.control(t, http.MethodPost, "/_sim/faults", "[]"); status != http.StatusOK {
		t.Errorf("clear: %d", status)
	}
	if got := r.do(t, http.MethodGet, v1+"/me", "", nil); got.status != http.StatusUnauthorized {
		t.Errorf("after clearing: %d", got.status)
	}
}

func TestLatencyIsAddedToEveryRequest(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true, Latency: 60 * time.Millisecond})
	begin := time.Now()
	r.do(t, http.MethodGet, v1+"/me", "", nil)
	if took := time.Since(begin); took < 60*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestAnEffectOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	token := r.token(t, graphScope)
	id := r.do(t, http.MethodPost, v1+"/applications", token, map[string]any{"displayName": "victim"}).body["id"].(string)
	r.lever(t, "/_sim/faults", `[{"path":"addPassword","count":1,"kind":"latency","delay":"300ms"}]`)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.try(ctx, http.MethodPost, v1+"/applications/"+id+"/addPassword", map[string]any{}, func(h http.Header) {
		h.Set("Authorization", "Bearer "+token)
	}); err == nil {
		t.Fatal("the caller did not give up")
	}
	for deadline := time.Now().Add(10 * time.Second); r.passwords(t, id) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the effect never came")
		}
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	r.lever(t, "/_sim/switch", `{"name":"conditional-access","value":"`+r.Sample().AdminClientID+`"}`)
	form := map[string][]string{
		"grant_type": {"client_credentials"}, "client_id": {r.Sample().AdminClientID}, "client_secret": {r.Sample().AdminSecret}, "scope": {graphScope},
	}
	ask := func() reply {
		return r.send(t, http.MethodPost, loginHost+r.Sample().Tenant+"/oauth2/v2.0/token", asValues(form), nil)
	}
	if got := ask(); !strings.Contains(got.text, "AADSTS53003") {
		t.Errorf("blocked: %d %s", got.status, got.text)
	}
	r.lever(t, "/_sim/switch", `{"name":"conditional-access","value":false}`)
	if got := ask(); got.status != http.StatusOK {
		t.Errorf("let through again: %d %s", got.status, got.text)
	}
	if _, text := r.control(t, http.MethodGet, "/_sim/switch", ""); !strings.Contains(text, `"name":"report-absent"`) {
		t.Errorf("switches: %s", text)
	}
}

func TestResetPlantsTheSameSampleAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := startWith(t, simulator.Options{Dir: dir, Settings: world.Settings{Gentle: true}})
	before, sample := r.truth(t), r.Sample()
	r.lever(t, "/_sim/clock", `{"advance":"30d"}`)
	r.do(t, http.MethodPost, v1+"/applications", r.token(t, graphScope), map[string]any{"displayName": "extra"})
	r.lever(t, "/_sim/reset", "")
	after := r.truth(t)
	if r.Sample().AdminSecret != sample.AdminSecret || len(after.Tenants[0].Applications) != len(before.Tenants[0].Applications) ||
		after.Now.Sub(before.Now) > time.Hour {
		t.Errorf("before %s %d apps, after %s %d apps", before.Now, len(before.Tenants[0].Applications), after.Now, len(after.Tenants[0].Applications))
	}
	r.token(t, graphScope)
}

func TestHostileRequestsGetAnAnswer(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	token := r.token(t, graphScope)
	id := r.do(t, http.MethodGet, v1+"/applications?$top=1", token, nil).body["value"].([]any)[0].(map[string]any)["id"].(string)
	bearer := func(h http.Header) {
		h.Set("Authorization", "Bearer "+token)
		h.Set("Content-Type", "application/json")
	}
	for _, host := range []string{v1, loginHost, "https://management.azure.com", "https://" + vaultName(t, r) + ".vault.azure.net"} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
			for _, path := range []string{"", "/", "//", "/..", "/%00", "/applications/" + id + "/addPassword", "/secrets/x", "/subscriptions/x", "/common/oauth2/v2.0/token"} {
				for _, body := range []string{"", "{", "[]", "null", `{"a":`, `"x"`, strings.Repeat("[", 20_000)} {
					got, err := r.try(t.Context(), method, host+path, body, bearer)
					if err != nil || got.status >= 500 {
						t.Errorf("%s %s%s %.20q: %d, %v", method, host, path, body, got.status, err)
					}
				}
			}
		}
	}
	if got, err := r.try(t.Context(), http.MethodPost, v1+"/applications", strings.Repeat("x", 9<<20), bearer); err != nil || got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d, %v", got.status, err)
	}
}
