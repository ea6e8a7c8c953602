package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/engine"
	"keyturn/notice"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// dayOfEnd is when the old secret of a new world ends.
const dayOfEnd = dueIn + 29*24*time.Hour

// tells makes a process that works by itself keep notices.
func (u unattended) tells() unattended {
	u.Notify.On = true
	return u
}

// glance lets the process look at the tenant; whether that goes well is another matter.
func (u unattended) glance(t *testing.T) {
	t.Helper()
	if err := u.Look(t.Context()); err != nil && problem.Of(err).Class != problem.Retry {
		t.Fatal(err)
	}
}

// notices returns what the outbox holds as "kind code", in order.
func (u unattended) notices(t *testing.T) []string {
	t.Helper()
	all, err := u.store.Postings(t.Context(), store.PostingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, p := range slices.Backward(all) {
		list = append(list, strings.TrimSpace(string(p.Kind)+" "+p.Code))
	}
	return list
}

// said returns the newest notice.
func (u unattended) said(t *testing.T) notice.Notice {
	t.Helper()
	all, err := u.store.Postings(t.Context(), store.PostingFilter{})
	if err != nil || len(all) == 0 {
		t.Fatalf("nothing was said: %v", err)
	}
	return all[0].Notice
}

// arrived marks everything in the outbox as sent.
func (u unattended) arrived(t *testing.T) {
	t.Helper()
	if err := u.store.Beat(t.Context(), "postman", time.Hour); err != nil {
		t.Fatal(err)
	}
	some, err := u.store.Collect(t.Context(), "postman", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range some {
		p.State = store.PostingSent
		if err := u.store.Settle(t.Context(), "postman", p, 0); err != nil {
			t.Fatal(err)
		}
	}
}

func wantNotices(t *testing.T, when string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s people are told %q, want %q", when, got, want)
	}
}

func TestPeopleAreToldOnceOfWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	var broken atomic.Bool
	broken.Store(true)
	requests := 0
	u := b.unattended("a", func() error {
		if broken.Load() {
			requests++
			shut := problem.NeedsPerson(problem.Firewall, "vault kv", "it doesn't answer to this network address", "let this machine in")
			shut.RequestID = fmt.Sprint("request-", requests)
			return shut
		}
		return nil
	}).tells()
	for range 3 {
		u.glance(t)
		b.pass(time.Hour)
	}
	wantNotices(t, "after three looks", u.notices(t), "attention firewall")
	found, err := u.store.Findings(t.Context())
	if err != nil || len(found) != 1 || b.clock().Now().Sub(found[0].Since) != 3*time.Hour {
		t.Errorf("found %+v: %v", found, err)
	}
	n := u.said(t)
	if n.Subject != "app app" || n.Fix != "let this machine in" || !strings.Contains(n.Title, "app needs you: vault kv") {
		t.Errorf("said %+v", n)
	}
	u.arrived(t)
	broken.Store(false)
	u.glance(t)
	wantNotices(t, "when it is mended", u.notices(t), "attention firewall", "recovered")
	u.glance(t)
	wantNotices(t, "once it is over", u.notices(t), "attention firewall", "recovered")
}

func TestPeopleAreToldAgainAsTheEndComesNear(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.world.Fail = map[string]error{"connection": problem.NeedsPerson(problem.Locked, "connection", "a lock forbids writing", "remove the lock")}
	b.pass(dueIn)
	u := b.unattended("a", nil).tells()
	if err := u.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := b.runs(u.store)[0]
	if run.Door != renewal.Person {
		t.Fatalf("door %q", run.Door)
	}
	end := run.Order.RetiresEnd
	wantNotices(t, "in good time", u.notices(t), "attention lock")
	if n := u.said(t); !n.By.Equal(end) || !strings.Contains(n.Title, end.Format("2 January 2006")) || n.Run != run.ID || n.App != appName {
		t.Errorf("said %+v", n)
	}
	u.arrived(t)
	for _, c := range []struct {
		left time.Duration
		want []string
	}{
		{8 * 24 * time.Hour, []string{"attention lock"}},
		{6 * 24 * time.Hour, []string{"attention lock", "expiring expiry.near"}},
		{time.Hour, []string{"attention lock", "expiring expiry.near"}},
		{-time.Hour, []string{"attention lock", "expiring expiry.near", "expiring expiry.passed"}},
	} {
		b.pass(end.Add(-c.left).Sub(b.clock().Now()))
		u.glance(t)
		wantNotices(t, fmt.Sprint(c.left, " before the end"), u.notices(t), c.want...)
		u.arrived(t)
	}
	b.world.Fail = nil
	if _, err := u.Resume(t.Context(), run.ID, time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	if said := u.notices(t); len(said) != 4 || said[3] != "recovered" {
		t.Errorf("in the end people are told %q", said)
	}
}

func TestARunThatNeedsAPersonIsToldInTheSameTransaction(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.world.Fail = map[string]error{"connection": problem.NeedsPerson(problem.Locked, "connection", "a lock forbids writing", "remove the lock")}
	e, s := b.process("a", nil, nil)
	e.Notify.On = true
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
	if err != nil || run.Door != renewal.Person {
		t.Fatalf("door %q: %v", run.Door, err)
	}
	all, err := s.Postings(t.Context(), store.PostingFilter{})
	if err != nil || len(all) != 1 || all[0].Code != problem.Locked || all[0].Run != run.ID || !all[0].At.Equal(run.UpdatedAt) {
		t.Fatalf("kept %+v: %v", all, err)
	}
	if _, err := e.Abort(t.Context(), run.ID, "anna"); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Postings(t.Context(), store.PostingFilter{}); err != nil || len(all) != 0 {
		t.Errorf("nobody was told of anything, and %+v is left: %v", all, err)
	}
}

func TestWhatAPersonAbortedIsToldUntilItsEnd(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil).tells()
	u.glance(t)
	if _, err := u.Abort(t.Context(), b.runs(u.store)[0].ID, "anna"); err != nil {
		t.Fatal(err)
	}
	u.glance(t)
	wantNotices(t, "after the abort", u.notices(t), "attention run.aborted")
	b.pass(dayOfEnd - dueIn - 3*24*time.Hour)
	u.glance(t)
	wantNotices(t, "three days before the end", u.notices(t), "attention run.aborted", "expiring expiry.near")
	if n := u.said(t); n.Fix != "keyturn renew app" {
		t.Errorf("said %+v", n)
	}
}

func TestWithoutNotifiersNothingIsKept(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", func() error { return problem.NeedsPerson(problem.Firewall, "vault kv", "shut", "open") })
	u.glance(t)
	wantNotices(t, "without notifiers", u.notices(t))
	u.tells().glance(t)
	wantNotices(t, "once there are some", u.notices(t), "attention firewall")
}

func TestWhatIsWrongWithKeyturnItselfIsToldOnceForAll(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	var broken atomic.Bool
	broken.Store(true)
	looked := 0
	u := b.unattended("a", func() error {
		if broken.Load() {
			return problem.NeedsPerson("identity.expired", "sign-in of Keyturn", "its secret has expired", "make a new one")
		}
		return nil
	}).tells()
	u.Rounds.Apps = []string{appName, "other", "third"}
	u.Notify.Looked = func(context.Context) { looked++ }
	u.glance(t)
	u.glance(t)
	wantNotices(t, "while the identity is broken", u.notices(t), "attention identity.expired")
	if n := u.said(t); n.Subject != "keyturn rights" || n.App != "" || looked != 0 {
		t.Errorf("%d heartbeats, said %+v", looked, n)
	}
	if err := u.Ready(t.Context()); !problem.Is(err, "identity.expired") || problem.Of(err).Fix != "make a new one" {
		t.Errorf("while the identity is broken: ready? %v", err)
	}
	u.arrived(t)
	broken.Store(false)
	u.glance(t)
	wantNotices(t, "when it works again", u.notices(t), "attention identity.expired", "recovered")
	if err := u.Ready(t.Context()); err != nil {
		t.Errorf("when it works again: %v", err)
	}
	if looked != 1 {
		t.Errorf("%d heartbeats after a good look", looked)
	}
}

func TestAHeartbeatFollowsEachGoodLookAlone(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	var away atomic.Bool
	u := b.unattended("a", func() error {
		if away.Load() {
			return problem.Later(problem.Unreachable, "graph", 0, errors.New("no such host"))
		}
		return nil
	})
	looked := 0
	u.Notify.Looked = func(context.Context) { looked++ }
	for look, c := range []struct {
		away bool
		want int
	}{{false, 1}, {true, 1}, {true, 1}, {false, 2}} {
		away.Store(c.away)
		u.glance(t)
		if looked != c.want {
			t.Fatalf("%d heartbeats after look %d, want %d", looked, look, c.want)
		}
	}
}

func TestADayWithoutALookIsTold(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	var away atomic.Bool
	u := b.unattended("a", func() error {
		if away.Load() {
			return problem.Later(problem.Unreachable, "graph", 0, errors.New("no such host"))
		}
		return nil
	}).tells()
	u.glance(t)
	away.Store(true)
	u.glance(t)
	wantNotices(t, "after a failed look", u.notices(t))
	b.alter("UPDATE duty SET done_at = done_at - 25 * 3600 * 1000000")
	u.glance(t)
	u.glance(t)
	wantNotices(t, "after a day", u.notices(t), "attention look.stale")
	u.arrived(t)
	away.Store(false)
	u.glance(t)
	wantNotices(t, "when it is there again", u.notices(t), "attention look.stale", "recovered")
}

func TestKeyturnsOwnCredentialIsWatched(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil).tells()
	by := b.clock().Now().Add(time.Hour)
	worry, failure := engine.Worry{Code: "self.ending", Text: "the secret ends", Fix: "make a new one", By: by}, error(nil)
	u.Notify.Own = func(context.Context) (engine.Worry, error) { return worry, failure }
	u.glance(t)
	u.glance(t)
	wantNotices(t, "before it ends", u.notices(t), "expiring self.ending")
	u.arrived(t)
	failure = errors.New("not now")
	u.glance(t)
	worry, failure = engine.Worry{}, nil
	u.glance(t)
	wantNotices(t, "when there is a new one", u.notices(t), "expiring self.ending", "recovered")
}

func TestAnExcludedApplicationIsToldOfInItsLastWeek(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil).tells()
	end, asked := b.clock().Now().Add(9*24*time.Hour), 0
	u.Rounds.Excluded = map[string]string{"theirs": "its pipeline renews it"}
	u.Rounds.Glance = func(context.Context, string) (credential.App, error) {
		asked++
		return credential.App{Name: "Theirs", Credentials: []credential.Credential{{KeyID: "key", Kind: credential.Password, End: end}}}, nil
	}
	for range 4 {
		u.glance(t)
		b.pass(12 * time.Hour)
	}
	wantNotices(t, "nine to seven days before", u.notices(t))
	if asked != 2 {
		t.Errorf("asked %d times in two days", asked)
	}
	page, err := u.store.Sightings(t.Context(), store.SightingFilter{Now: b.clock().Now(), App: "theirs"})
	if err != nil || len(page.Sightings) != 1 {
		t.Fatalf("seen: %+v, %v", page, err)
	}
	if seen := page.Sightings[0]; seen.State != store.SightingExcluded || !seen.Expires.Equal(end) || seen.Name != "Theirs" || len(seen.Credentials) != 1 {
		t.Errorf("seen %+v", seen)
	}
	b.pass(24 * time.Hour)
	u.glance(t)
	wantNotices(t, "in the last week", u.notices(t), "expiring expiry.near")
	if n := u.said(t); !strings.Contains(n.Text, "its pipeline renews it") || !n.By.Equal(end) {
		t.Errorf("said %+v", n)
	}
	u.arrived(t)
	end = end.Add(180 * 24 * time.Hour)
	b.pass(24 * time.Hour)
	u.glance(t)
	wantNotices(t, "when the pipeline has renewed it", u.notices(t), "expiring expiry.near", "recovered")
}

func TestARenewalThatIsNotThroughIsToldOfNearTheEnd(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.world.Fail = map[string]error{"connection": problem.Later(problem.Unreachable, "connection", 0, errors.New("no such host"))}
	b.pass(dayOfEnd - 6*24*time.Hour)
	u := b.unattended("a", nil).tells()
	if err := u.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.glance(t)
	wantNotices(t, "just after it was begun", u.notices(t))
	b.pass(25 * time.Hour)
	u.glance(t)
	wantNotices(t, "a day later", u.notices(t), "expiring expiry.near")
	u.arrived(t)
	b.world.Fail = nil
	if err := u.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNotices(t, "when it went through", u.notices(t), "expiring expiry.near", "recovered")
}

// alter runs plain SQL on the store.
func (b *bench) alter(statement string) {
	b.t.Helper()
	alterStore(b.t, b.path, statement)
}
