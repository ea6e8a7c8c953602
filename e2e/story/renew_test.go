//go:build unix

package story_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const (
	app  = "provision-assist"
	day  = 24 * time.Hour
	soon = "settle: { successes: 5, over: 60s }" // what stands in the sample's configuration
)

// quick settles over three seconds, so that a story needn't wait a minute of real time for an unkind cloud.
var quick = []string{soon, "settle: { successes: 5, over: 3s }"}

// atOnce settles with one round, for clouds that are gentle.
var atOnce = []string{soon, "settle: { successes: 5, over: 0s }"}

// TestTheWholeRenewal follows the administrator of Provision Assist through the commands, in every seed and in a cloud
// as unkind as the real one.
func TestTheWholeRenewal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags  []string
		edits  []string
		places int
	}{
		"gently":                       {flags: []string{"--gentle"}, edits: atOnce, places: 4},
		"in an unkind cloud":           {flags: []string{"--propagation", "2s"}, edits: quick, places: 4},
		"today's release, no variable": {flags: []string{"--gentle", "--seed", "provision-assist-v2"}, edits: atOnce, places: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, c.flags...)
			m := newMachine(t, cloud, c.edits...)
			before := cloud.state()
			if got := len(before.places(t)); got != c.places {
				t.Fatalf("the sample has %d places, want %d", got, c.places)
			}
			m.want(2, "plan", app)
			// 2: the certificate of the same app is about to break, and somebody must come back for the overlap
			m.want(2, "renew", app, "--yes")
			finish(t, m)
			cloud.advance(14 * day)
			assertRenewed(t, before, cloud.state(), expectation{})
			assertNoSecretLeft(t, m)
		})
	}
}

// finish moves the clock past the overlap and the report's lag, as a daemon's alarm or a person would come back.
func finish(t *testing.T, m *machine) {
	t.Helper()
	for range 12 {
		m.cloud.advance(4 * day)
		r := m.run("resume", app)
		if r.code != 0 && r.code != 2 {
			t.Fatalf("resume: exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
		}
		if run := m.lastRun(); run.State == "done" {
			return
		}
	}
	t.Fatalf("the run isn't done after 48 days: %+v", m.lastRun())
}

// run is one run as `show -o json` tells of it.
type run struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Door    string `json:"door"`
	Outcome string `json:"outcome"`
	Retires string `json:"retires"`
	Attempt int    `json:"attempt"`
	Node    string `json:"node"`
	Reason  struct {
		Code string `json:"code"`
		Text string `json:"text"`
		Fix  string `json:"fix"`
	} `json:"reason"`
}

func (m *machine) lastRun() run {
	m.t.Helper()
	r := m.run("runs", "-o", "json")
	var runs []run
	if err := json.Unmarshal([]byte(r.stdout), &runs); err != nil || len(runs) == 0 {
		m.t.Fatalf("runs -o json: %v\n%s\n%s", err, r.stdout, tail(r.stderr))
	}
	return runs[0]
}

func TestAnExpiredSecretIsRenewedAtOnce(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle", "--seed", "provision-assist-expired")
	m := newMachine(t, cloud)
	cloud.advance(7 * day)
	before := cloud.state()
	if len(before.failures()) == 0 {
		t.Fatal("nobody fails in the sample whose secret has expired")
	}
	began := time.Now()
	r := m.run("renew", app, "--yes")
	if r.code != 0 && r.code != 2 {
		t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if run := m.lastRun(); run.State != "done" {
		t.Fatalf("the run is %+v", run)
	}
	cloud.advance(2 * time.Hour) // tokens and breaks of consumers
	fixed := cloud.state()
	cloud.advance(30 * day)
	after := cloud.state()
	for name, count := range after.failures() {
		if count > fixed.failures()[name] {
			t.Errorf("%s still fails", name)
		}
	}
	assertRenewed(t, before, after, expectation{failures: true})
	assertNoSecretLeft(t, m)
}

func TestReuseSpreadsWhatTheVaultHolds(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, atOnce...)
	before := cloud.state()
	m.want(2, "renew", app, "--yes")
	renewed := cloud.state().places(t)["vault"]
	cloud.turn("portal-edit", "provisionassist-automation="+before.places(t)["vault"])
	m.want(0, "abort", m.lastRun().ID, "--yes")
	r := m.run("renew", app, "--yes", "--reuse")
	if r.code != 0 && r.code != 2 {
		t.Fatalf("exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
	}
	after := cloud.state()
	for place, value := range after.places(t) {
		if value != renewed {
			t.Errorf("%s doesn't hold the vault's value", place)
		}
	}
	if got, want := len(after.provisionAssist(t).Passwords), len(before.provisionAssist(t).Passwords)+1; got != want {
		t.Errorf("%d secrets on the app, want %d: nothing may be issued", got, want)
	}
}

func TestTheEventsOfARenewalPipe(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, atOnce...)
	r := m.want(2, "renew", app, "--yes", "-o", "json")
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	var summary struct {
		Event   string `json:"event"`
		Run     string `json:"run"`
		Outcome string `json:"outcome"`
		Targets []struct {
			Target string `json:"target"`
			Rung   string `json:"rung"`
		} `json:"targets"`
	}
	for _, line := range lines {
		if err := json.Unmarshal([]byte(line), &summary); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
	}
	if summary.Event != "summary" || summary.Run != m.lastRun().ID || len(summary.Targets) != 4 {
		t.Errorf("the last event is %+v", summary)
	}
}
