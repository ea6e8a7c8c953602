package stage_test

import (
	"fmt"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// TestKilledAnywhere kills the process at every point of a renewal, lets another one go on and kills that one too at
// every point, and asks each time: one new secret, the old one gone, nothing foreign touched, every place on the new
// value, no orphan, and no instant at which a consumer would have failed. A power cut also takes what was saved lazily.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]scene{
		"with a custodian":                 {custodian: true},
		"without one":                      {},
		"by a power cut, with a custodian": {custodian: true, dark: true},
		"by a power cut, without one":      {dark: true},
		"where the app has room for two":   {custodian: true, tight: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			points := 0
			for first := 1; ; first++ {
				if !c.killedAt(t, first) {
					break
				}
				for second := 1; c.killedAt(t, first, second); second++ {
					points++
				}
			}
			if points < 400 {
				t.Fatalf("only %d pairs of points were passed: the test looks at too little", points)
			}
		})
	}
}

// scene is in what world a process dies, and how.
type scene struct{ custodian, dark, tight bool }

// killedAt drives one renewal through processes that die at the given points, one after the other, and then one that
// doesn't. It returns false when the last point was never reached.
func (c scene) killedAt(t *testing.T, points ...int) (died bool) {
	t.Helper()
	w := stagetest.New(c.custodian)
	w.Dark = c.dark
	if c.tight {
		w.Tighten()
	}
	request := stage.Request{}
	if !c.custodian {
		request.Replace = stagetest.OldKey
	}
	plan, err := w.Begin(request)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range append(points, 0) {
		w.DieAt = at
		died, err = w.Process(plan)
		plan = nil
		if failing := w.Failing(); len(failing) > 0 {
			t.Fatalf("killed at points %v (%s): consumers of %v fail", points, w.Run.State, failing)
		}
		if !died {
			break
		}
	}
	if err != nil {
		t.Fatalf("killed at points %v: %v (run %+v)", points, err, w.Run)
	}
	assertWhole(t, w, fmt.Sprint("killed at points ", points))
	return w.Deaths == len(points)
}

// TestReplyLost loses the reply of one or two effects in a row, wherever they are.
func TestReplyLost(t *testing.T) {
	t.Parallel()
	for first := 1; first <= 6; first++ {
		for _, lose := range [][]int{{first}, {first, first + 1}, {first, first + 1, first + 2}} {
			t.Run(fmt.Sprint("effects ", lose), func(t *testing.T) {
				t.Parallel()
				w := stagetest.New(true)
				plan, err := w.Begin(stage.Request{})
				if err != nil {
					t.Fatal(err)
				}
				w.Lose = lose
				if _, err := w.Process(plan); err != nil {
					t.Fatal(err)
				}
				assertWhole(t, w, "reply lost")
			})
		}
	}
}

// TestALateOrphanIsFound: a secret whose reply was lost turns up only when the renewal could long be done.
func TestALateOrphanIsFound(t *testing.T) {
	t.Parallel()
	for name, overlap := range map[string]time.Duration{"during the overlap": time.Hour, "where there is hardly an overlap": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := stagetest.New(true)
			w.Lose, w.Late, w.Overlap = []int{1}, 12*time.Minute, overlap
			plan, err := w.Begin(stage.Request{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Process(plan); err != nil {
				t.Fatal(err)
			}
			assertWhole(t, w, "late orphan")
		})
	}
}

// TestALifeThatAnUnreadablePolicyRefusesIsHalved until the tenant takes it, and the run says so. Where the policy can be read
// by then, its life is asked for.
func TestALifeThatAnUnreadablePolicyRefusesIsHalved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		longest time.Duration
		told    bool
		works   bool
		days    int // of the new secret's life; 0 = as it comes
	}{
		"ninety days are allowed":                         {longest: 90 * 24 * time.Hour, works: true},
		"thirty days are allowed":                         {longest: 30 * 24 * time.Hour, works: true},
		"thirty days, and the policy can be read by then": {longest: 30 * 24 * time.Hour, told: true, works: true, days: 29},
		"hardly a day is allowed":                         {longest: 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := stagetest.New(true)
			w.Longest, w.Told = c.longest, c.told
			plan, err := w.Begin(stage.Request{})
			if err != nil {
				t.Fatal(err)
			}
			began := w.Time
			_, err = w.Process(plan)
			if (err == nil) != c.works {
				t.Fatalf("works = %v, want %v: %v", err == nil, c.works, err)
			}
			if c.works {
				assertWhole(t, w, name)
			}
			if life := int(w.Run.Order.End.Sub(began).Hours() / 24); c.days > 0 && life != c.days {
				t.Errorf("the new secret lives for %d days, want %d", life, c.days)
			}
			if len(w.Run.Order.Notes) == 0 {
				t.Error("nobody was told that the life was cut")
			}
		})
	}
}

func assertWhole(t *testing.T, w *stagetest.World, when string) {
	t.Helper()
	if w.Run.State != renewal.Done || w.Run.Outcome != renewal.Renewed {
		t.Errorf("%s: the run is %s, %s", when, w.Run.State, w.Run.Outcome)
	}
	live := w.Live()
	if w.Tight() {
		live[stagetest.ForeignKey] = "there never was one"
	}
	if _, ok := live[stagetest.ForeignKey]; !ok {
		t.Errorf("%s: a foreign secret was removed", when)
	}
	if _, ok := live[stagetest.OldKey]; ok {
		t.Errorf("%s: the old secret is still there", when)
	}
	if len(live) != 2 {
		t.Errorf("%s: %d secrets are live, want the new one and the foreign one: %v", when, len(live), live)
	}
	if held := w.Values(); len(held) != 1 {
		t.Errorf("%s: the places hold %d different values", when, len(held))
	}
	if failing := w.Failing(); len(failing) > 0 {
		t.Errorf("%s: consumers of %v fail", when, failing)
	}
}
