package metric_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"keyturn/metric"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/sqlite"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const look = "look at the tenant"

func open(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keyturn.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func told(kept any, traffic *metric.Traffic) *metric.Metrics {
	return metric.New(metric.Options{
		Release: "v1", Traffic: traffic, Store: kept, Look: look, Every: time.Hour, Now: func() time.Time { return noon },
		Held: func(context.Context) (time.Duration, error) { return 7 * time.Second, nil },
	})
}

func application(name string, ends time.Time) store.Sighting {
	return store.Sighting{
		App: name, ClientID: "c", Seen: noon, DueAt: ends.AddDate(0, 0, -30), Expires: ends, Credentials: []store.SeenCredential{
			{KeyID: name + "-old", Kind: "secret", End: ends, InUse: true}, {KeyID: name + "-cert", Kind: "certificate", End: ends},
		},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill gives a store something of everything that is told.
func fill(t *testing.T, s *sqlite.Store) {
	t.Helper()
	ctx := t.Context()
	unclear := application("c", noon.AddDate(0, 0, 3))
	unclear.State, unclear.Credentials[0].InUse = store.SightingUnclear, false
	must(t, s.Sight(ctx, []store.Sighting{application("a", noon.AddDate(0, 2, 0)), application("b", noon.AddDate(0, 0, -1)), unclear}, 0))
	for app, door := range map[string]renewal.Door{"a": renewal.Person, "b": renewal.Open} {
		run, err := s.Begin(ctx, renewal.Run{ID: app, App: app, State: renewal.Planned, Node: "n", CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(-time.Hour)}, store.Told{})
		must(t, err)
		run.Door, run.Tries = door, 5
		_, err = s.Advance(ctx, store.Change{Run: run})
		must(t, err)
	}
	_, err := s.Note(ctx, store.Finding{App: "c", Code: "due.unclear", Text: "t", Fix: "f", Since: noon})
	must(t, err)
	must(t, s.Finish(ctx, look, "no network"))
}

const storeTold = `
# HELP keyturn_applications Applications looked after, by how they stand: expired, due, fine or unclear.
# TYPE keyturn_applications gauge
keyturn_applications{state="due"} 0
keyturn_applications{state="expired"} 1
keyturn_applications{state="fine"} 1
keyturn_applications{state="unclear"} 1
# HELP keyturn_credential_expiry_timestamp_seconds When a secret or certificate of an application ends, as last seen. in_use is true for the one that consumers use.
# TYPE keyturn_credential_expiry_timestamp_seconds gauge
keyturn_credential_expiry_timestamp_seconds{app="a",in_use="false",key_id="a-cert",kind="certificate"} 1.8008784e+09
keyturn_credential_expiry_timestamp_seconds{app="a",in_use="true",key_id="a-old",kind="secret"} 1.8008784e+09
keyturn_credential_expiry_timestamp_seconds{app="b",in_use="false",key_id="b-cert",kind="certificate"} 1.7955216e+09
keyturn_credential_expiry_timestamp_seconds{app="b",in_use="true",key_id="b-old",kind="secret"} 1.7955216e+09
keyturn_credential_expiry_timestamp_seconds{app="c",in_use="false",key_id="c-cert",kind="certificate"} 1.7958672e+09
keyturn_credential_expiry_timestamp_seconds{app="c",in_use="false",key_id="c-old",kind="secret"} 1.7958672e+09
# HELP keyturn_credential_renewal_timestamp_seconds When the secret in use is to be renewed, or was to be. key_id is empty where it isn't known which one is in use.
# TYPE keyturn_credential_renewal_timestamp_seconds gauge
keyturn_credential_renewal_timestamp_seconds{app="a",key_id="a-old"} 1.7982864e+09
keyturn_credential_renewal_timestamp_seconds{app="b",key_id="b-old"} 1.7929296e+09
keyturn_credential_renewal_timestamp_seconds{app="c",key_id=""} 1.7932752e+09
# HELP keyturn_findings Applications that can't be renewed by themselves, by the reason's code.
# TYPE keyturn_findings gauge
keyturn_findings{code="due.unclear"} 1
# HELP keyturn_graph_held_seconds For how long no process on this store sends anything to Microsoft Graph, because it throttled; 0 when they may.
# TYPE keyturn_graph_held_seconds gauge
keyturn_graph_held_seconds 7
# HELP keyturn_look_interval_seconds The time between looks at the tenant, as configured.
# TYPE keyturn_look_interval_seconds gauge
keyturn_look_interval_seconds 3600
# HELP keyturn_look_success 1 when the last look at the tenant succeeded.
# TYPE keyturn_look_success gauge
keyturn_look_success 0
# HELP keyturn_outbox_age_seconds Since the oldest notice that is still to be sent was kept; 0 when there is none.
# TYPE keyturn_outbox_age_seconds gauge
keyturn_outbox_age_seconds 0
# HELP keyturn_outbox_notices Notices that wait in the outbox: pending, of these failing, and given up.
# TYPE keyturn_outbox_notices gauge
keyturn_outbox_notices{state="failing"} 0
keyturn_outbox_notices{state="given up"} 0
keyturn_outbox_notices{state="pending"} 0
# HELP keyturn_run_stuck_seconds For how long the renewal that has stood still for longest could have gone on or, at the door person, has waited for somebody.
# TYPE keyturn_run_stuck_seconds gauge
keyturn_run_stuck_seconds{door="open"} 3600
keyturn_run_stuck_seconds{door="person"} 3600
keyturn_run_stuck_seconds{door="retry"} 0
keyturn_run_stuck_seconds{door="wait"} 0
# HELP keyturn_run_tries The most failed tries in a row of a renewal that hasn't ended.
# TYPE keyturn_run_tries gauge
keyturn_run_tries{door="open"} 5
keyturn_run_tries{door="person"} 5
keyturn_run_tries{door="retry"} 0
keyturn_run_tries{door="wait"} 0
# HELP keyturn_runs Renewals that haven't ended, by state and door. The door is open, retry, wait or person.
# TYPE keyturn_runs gauge
keyturn_runs{door="open",state="planned"} 1
keyturn_runs{door="person",state="planned"} 1
# HELP keyturn_store_up 1 when the store answered this scrape's questions.
# TYPE keyturn_store_up gauge
keyturn_store_up 1
`

func TestWhatTheStoreKnowsIsTold(t *testing.T) {
	t.Parallel()
	s := open(t)
	fill(t, s)
	m := told(s, metric.NewTraffic())
	var names []string
	for _, line := range strings.Split(storeTold, "\n") {
		if words := strings.Fields(line); len(words) > 3 && words[1] == "TYPE" {
			names = append(names, words[2])
		}
	}
	if err := testutil.GatherAndCompare(m.Registry(), strings.NewReader(storeTold), names...); err != nil {
		t.Error(err)
	}
	if lint, err := testutil.GatherAndLint(m.Registry()); err != nil || len(lint) > 0 {
		t.Errorf("%v: %v", lint, err)
	}
	must(t, s.Finish(t.Context(), look, ""))
	if err := testutil.GatherAndCompare(m.Registry(), strings.NewReader(`
# HELP keyturn_look_success 1 when the last look at the tenant succeeded.
# TYPE keyturn_look_success gauge
keyturn_look_success 1
`), "keyturn_look_success"); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(m.Registry(), "keyturn_look_age_seconds"); n != 1 || err != nil {
		t.Errorf("the look's age is told %d times: %v", n, err)
	}
}

// What is told of single applications is kept from one scrape to the next; what was seen meanwhile must be told all the same.
func TestWhatIsSeenBetweenScrapesIsTold(t *testing.T) {
	t.Parallel()
	s, now := open(t), noon
	asked := &counted{Store: s}
	m := metric.New(metric.Options{Release: "v1", Traffic: metric.NewTraffic(), Store: asked, Look: look, Every: time.Hour, Now: func() time.Time { return now }})
	at := func(app string, seen time.Time, ends int) store.Sighting {
		one := application(app, noon.AddDate(0, 0, ends))
		one.Seen = seen
		return one
	}
	for _, step := range []struct {
		name  string
		do    func()
		tells string
		whole int // how often everything has been read by then
	}{
		{"the first", func() { must(t, s.Sight(t.Context(), []store.Sighting{at("a", noon, 1), at("b", noon, 2)}, 0)) }, "a 1 b 2", 1},
		{"nothing new", func() { now = now.Add(time.Minute) }, "a 1 b 2", 1},
		{"one seen again, with another end", func() { must(t, s.Sight(t.Context(), []store.Sighting{at("a", noon.Add(time.Second), 3)}, 0)) }, "a 3 b 2", 2},
		{"one gone", func() { must(t, s.Retain(t.Context(), []string{"a"})) }, "a 3", 3},
		{"seen by a clock that is behind", func() { must(t, s.Sight(t.Context(), []store.Sighting{at("a", noon, 4)}, 0)) }, "a 4", 4},
		{"by one that was behind before", func() {
			must(t, s.Sight(t.Context(), []store.Sighting{at("b", noon.Add(time.Hour), 1)}, 0))
			scrape(t, m)
			must(t, s.Sight(t.Context(), []store.Sighting{at("a", noon.Add(time.Minute), 5)}, 0))
			now = now.Add(10 * time.Minute)
		}, "a 5 b 1", 6},
		{"nothing new again", func() { now = now.Add(time.Minute) }, "a 5 b 1", 6},
	} {
		step.do()
		page, told := scrape(t, m), ""
		for _, app := range []string{"a", "b"} {
			for days := 1; days <= 5; days++ {
				if strings.Contains(page, fmt.Sprintf("key_id=\"%s-old\",kind=\"secret\"} %v\n", app, float64(noon.AddDate(0, 0, days).Unix()))) {
					told += fmt.Sprint(" ", app, " ", days)
				}
			}
		}
		if told != " "+step.tells || asked.whole != step.whole {
			t.Errorf("%s: it tells%s after everything was read %d times, want %s after %d", step.name, told, asked.whole, step.tells, step.whole)
		}
	}
}

// counted is a store that counts how often everything is read.
type counted struct {
	*sqlite.Store
	whole int
}

func (c *counted) Sightings(ctx context.Context, f store.SightingFilter) (store.SightingPage, error) {
	if f.Limit > 1 {
		c.whole++
	}
	return c.Store.Sightings(ctx, f)
}

func TestAStoreThatDoesNotAnswerIsToldAndNothingElseFails(t *testing.T) {
	t.Parallel()
	s := open(t)
	must(t, s.Close())
	page := scrape(t, told(s, metric.NewTraffic()))
	for _, want := range []string{"keyturn_store_up 0", "keyturn_build_info{", "go_goroutines", "keyturn_look_interval_seconds 3600"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q isn't told in %.500s", want, page)
		}
	}
	if strings.Contains(page, "keyturn_applications") || strings.Contains(page, "keyturn_runs") {
		t.Error("something is told that nobody knows")
	}
}

func TestWhatThisProcessDoesIsCounted(t *testing.T) {
	t.Parallel()
	traffic := metric.NewTraffic()
	traffic.Request("graph", 200, time.Second, 0)
	traffic.Request("graph", 204, time.Second, 0)
	traffic.Request("graph", 429, time.Second, 7*time.Second)
	traffic.Request("graph", 429, time.Second, 0)
	traffic.Request("vault", 0, time.Second, 0)
	traffic.Event(renewal.Event{Kind: "done", Fields: map[string]string{"outcome": "renewed"}})
	traffic.Event(renewal.Event{Kind: "aborted"})
	traffic.Event(renewal.Event{Kind: "issued"})
	page := scrape(t, told(nil, traffic))
	for _, want := range []string{
		`keyturn_requests_total{service="graph",status="2xx"} 2`, `keyturn_requests_total{service="graph",status="4xx"} 2`,
		`keyturn_requests_total{service="vault",status="none"} 1`, `keyturn_throttled_total{service="graph"} 2`,
		`keyturn_throttled_seconds_total{service="graph"} 7`, `keyturn_renewals_total{outcome="renewed"} 1`,
		`keyturn_renewals_total{outcome="added"} 0`, `keyturn_renewals_total{outcome="stopped"} 1`,
		`keyturn_request_duration_seconds_count{service="graph"} 4`,
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("%q isn't told", want)
		}
	}
}

func scrape(t testing.TB, m *metric.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.Code != http.StatusOK {
		t.Fatalf("status %d: %v", answer.Code, err)
	}
	return string(page)
}

// BenchmarkScrape is one scrape of 10,000 applications with two credentials each.
func BenchmarkScrape(b *testing.B) {
	s := open(b)
	var seen []store.Sighting
	for i := range 10_000 {
		seen = append(seen, application(fmt.Sprint("application-", i), noon.AddDate(0, 0, i%365)))
	}
	must(b, s.Sight(b.Context(), seen, 0))
	m := told(s, metric.NewTraffic())
	b.ReportAllocs()
	for b.Loop() {
		scrape(b, m)
	}
}
