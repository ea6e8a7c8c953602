package engine_test

import (
	"errors"
	"testing"
	"time"

	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage/stagetest"
	"keyturn/store"
)

// sight is what the store knows of the application.
func (u unattended) sight(t *testing.T, b *bench) store.Sighting {
	t.Helper()
	page, err := u.store.Sightings(t.Context(), store.SightingFilter{Now: b.clock().Now(), App: appName})
	if err != nil || len(page.Sightings) != 1 {
		t.Fatalf("%d sightings: %v", len(page.Sightings), err)
	}
	return page.Sightings[0]
}

func (u unattended) look(t *testing.T) {
	t.Helper()
	if err := u.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// inUse is the key id that a sighting says is in use.
func inUse(seen store.Sighting) string {
	for _, c := range seen.Credentials {
		if c.InUse {
			return c.KeyID
		}
	}
	return ""
}

func TestWhatALookSeesFollowsARenewal(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil)
	check := func(when string, state store.SightingState, code policy.Code, used string, credentials int, proof renewal.Rung) {
		t.Helper()
		got := u.sight(t, b)
		if got.State != state || got.Code != string(code) || inUse(got) != used || len(got.Credentials) != credentials ||
			len(got.Places) != 3 || got.Places[0].Rung != proof {
			t.Errorf("%s: %+v", when, got)
		}
	}
	u.look(t)
	check("before it is due", store.SightingFine, policy.DueNot, stagetest.OldKey, 2, renewal.Unproven)
	b.pass(dueIn)
	u.look(t)
	check("when it is due", store.SightingDue, policy.DueNow, stagetest.OldKey, 2, renewal.Unproven)
	run, err := u.Resume(t.Context(), b.runs(u.store)[0].ID, time.Minute, nil)
	if err != nil || run.State != renewal.Overlapping {
		t.Fatalf("%s: %v", run.State, err)
	}
	check("as soon as the overlap begins", store.SightingFine, policy.DueNot, "new-key-1", 3, renewal.ReadBack)
	b.pass(time.Minute)
	u.look(t)
	check("in the overlap", store.SightingFine, policy.DueNot, "new-key-1", 3, renewal.ReadBack)
	if made := u.sight(t, b).Credentials[2]; made.Run != run.ID {
		t.Errorf("the new secret isn't known as ours: %+v", made)
	}
	reads := u.reads.Load()
	b.pass(2 * time.Hour)
	run, err = u.Resume(t.Context(), run.ID, time.Minute, nil)
	b.assertRenewed(run, err)
	check("as soon as it is done", store.SightingFine, policy.DueNot, "new-key-1", 2, renewal.ReadBack)
	u.look(t)
	check("afterwards", store.SightingFine, policy.DueNot, "new-key-1", 2, renewal.ReadBack)
	if got := u.reads.Load() - reads; got != 1 {
		t.Errorf("read %d times after the renewal", got)
	}
}

// A renewal by hand, on a store that no serving process looks after, leaves what its plan saw and what it did of it.
func TestARenewalByHandIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fails       error
		used        string
		credentials int
		proof       renewal.Rung
	}{
		"every place was written": {used: "new-key-1", credentials: 3, proof: renewal.ReadBack},
		"the first place refuses": {
			fails: problem.NeedsPerson(problem.Blocked, "custodian", "no", "let it"), used: stagetest.OldKey, credentials: 2, proof: renewal.Unproven,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			b.world.Fail = map[string]error{"custodian": c.fails}
			e, s := b.process("a", nil, nil)
			if _, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute); err != nil {
				t.Fatal(err)
			}
			got := unattended{Engine: e, store: s}.sight(t, b)
			if inUse(got) != c.used || len(got.Credentials) != c.credentials || len(got.Places) != 3 || got.Places[0].Rung != c.proof {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestAnApplicationThatCannotBeReadKeepsWhatWasSeen(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	var fail error
	u := b.unattended("a", func() error { return fail })
	u.look(t)
	seen := b.clock().Now()
	b.pass(25 * time.Hour)
	fail = &problem.Error{Class: problem.Retry, Code: problem.Unreachable, Err: errors.New("no network")}
	if u.Look(t.Context()) == nil {
		t.Error("no failure")
	}
	if got := u.sight(t, b); got.State != store.SightingFine || !got.Seen.Equal(seen) {
		t.Errorf("without a network: %+v", got)
	}
	fail = problem.NeedsPerson(problem.NotFound, appName, "it is gone", "look")
	u.look(t)
	got := u.sight(t, b)
	if got.State != store.SightingUnclear || got.Code != string(policy.DueUnreadable) || len(got.Credentials) != 2 || got.Expires.IsZero() {
		t.Errorf("when it is gone: %+v", got)
	}
}

func TestAnApplicationThatIsNotConfiguredAnyMoreIsNotSeen(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil)
	u.look(t)
	if err := u.store.Sight(t.Context(), []store.Sighting{{App: "by hand", Seen: b.clock().Now()}}, 0); err != nil {
		t.Fatal(err)
	}
	filter := store.SightingFilter{Now: b.clock().Now()}
	if page, err := u.store.Sightings(t.Context(), filter); err != nil || len(page.Sightings) != 2 {
		t.Fatalf("%+v: %v", page, err)
	}
	u.look(t)
	if page, err := u.store.Sightings(t.Context(), filter); err != nil || len(page.Sightings) != 1 || page.Sightings[0].App != appName {
		t.Errorf("%+v: %v", page, err)
	}
}
