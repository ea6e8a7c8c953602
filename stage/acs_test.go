package stage_test

import (
	"fmt"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// TestAnAddInKilledAnywhere is TestKilledAnywhere for a secret that is made in two steps and kept in pairs: wherever
// processes die, the add-in knows what is signed with and has a value that is accepted, at every instant.
func TestAnAddInKilledAnywhere(t *testing.T) {
	t.Parallel()
	points := 0
	for first := 1; ; first++ {
		if !addInSurvives(t, fmt.Sprint("killed at ", first), []int{first}, nil) {
			break
		}
		for second := 1; addInSurvives(t, fmt.Sprint("killed at ", first, " and ", second), []int{first, second}, nil); second++ {
			points++
		}
	}
	if points < 400 {
		t.Fatalf("only %d pairs of points were passed: the test looks at too little", points)
	}
}

// TestAnAddInsReplyLost loses the reply of one, two or three effects in a row, wherever they are.
func TestAnAddInsReplyLost(t *testing.T) {
	t.Parallel()
	for first := 1; first <= 8; first++ {
		for _, lose := range [][]int{{first}, {first, first + 1}, {first, first + 1, first + 2}} {
			addInSurvives(t, fmt.Sprint("lost ", lose), nil, lose)
		}
	}
}

// addInSurvives drives one renewal through processes that die at the given points, and looks after each. It returns
// false when the last point was never reached.
func addInSurvives(t *testing.T, when string, points, lose []int) bool {
	t.Helper()
	w := stagetest.NewACS()
	plan, err := w.Begin(stage.Request{})
	if err != nil {
		t.Fatal(err)
	}
	w.Lose = lose
	for _, at := range append(points, 0) {
		w.DieAt = at
		died, err := w.Process(plan)
		plan = nil
		if failing := w.Failing(); len(failing) > 0 {
			t.Fatalf("%s (%s): the add-in of %v fails", when, w.Run.State, failing)
		}
		if err != nil {
			t.Fatalf("%s: %v (run %+v)", when, err, w.Run)
		}
		if !died {
			break
		}
	}
	addInWhole(t, w, when)
	return w.Deaths == len(points)
}

func addInWhole(t *testing.T, w *stagetest.World, when string) {
	t.Helper()
	if w.Run.State != renewal.Done || w.Run.Outcome != renewal.Renewed {
		t.Errorf("%s: the run is %s, %s", when, w.Run.State, w.Run.Outcome)
	}
	live := w.Live()
	if _, there := live[stagetest.OldKey]; there || len(live) != 2 || live[stagetest.ForeignKey] == "" {
		t.Errorf("%s: live are %v, want the new and the foreign one", when, live)
	}
	if left := w.Orphans(); len(left) > 0 {
		t.Errorf("%s: keys of %v are left without their password", when, left)
	}
	if w.Beside() != "" {
		t.Errorf("%s: the place still holds the old value", when)
	}
	if kept := w.Run.Order.RetiresEnd.Add(stagetest.Lingering); w.Run.EndedAt.Before(kept) {
		t.Errorf("%s: the old secret went on %s, before %s", when, w.Run.EndedAt, kept)
	}
}

// TestALeakedAddInsSecretGoesEarly: in an emergency the old secret is removed before its end, once the new one is accepted.
// ACS goes on signing with it until it hears of that, so that the place keeps it.
func TestALeakedAddInsSecretGoesEarly(t *testing.T) {
	t.Parallel()
	for at := 0; ; at++ {
		w := stagetest.NewACS()
		plan, err := w.Begin(stage.Request{Emergency: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, w.DieAt = range []int{at, 0} {
			if _, err := w.Process(plan); err != nil {
				t.Fatalf("killed at %d: %v", at, err)
			}
			plan = nil
		}
		for range 2 * int(stagetest.Spreading/stagetest.Hearing) {
			if failing := w.Failing(); len(failing) > 0 {
				t.Fatalf("killed at %d (%s): the add-in of %v fails", at, w.Run.State, failing)
			}
			w.Time = w.Time.Add(stagetest.Hearing / 2)
		}
		if _, there := w.Live()[stagetest.OldKey]; there || w.Run.State != renewal.Done || !w.Run.EndedAt.Before(w.Run.Order.RetiresEnd) {
			t.Errorf("killed at %d: %s, the old one is there: %v", at, w.Run.State, there)
		}
		if at > 0 && w.Deaths == 0 {
			break
		}
	}
}

// TestTheOldSecretStaysWhileTheServiceSignsWithIt: dates say that it may go, and a context token says otherwise.
func TestTheOldSecretStaysWhileTheServiceSignsWithIt(t *testing.T) {
	t.Parallel()
	w := stagetest.NewACS()
	plan, err := w.Begin(stage.Request{})
	if err != nil {
		t.Fatal(err)
	}
	until := w.Time.AddDate(0, 0, 25).Add(stagetest.Lingering + 72*time.Hour)
	w.Opened = func() (bool, error) {
		if w.Time.After(w.Run.Order.RetiresEnd) && w.Time.Before(until) && w.Beside() == "" {
			t.Errorf("%s: the place has let go of what the service signs with", w.Time)
		}
		return w.Time.Before(until), nil
	}
	if _, err := w.Process(plan); err != nil {
		t.Fatal(err)
	}
	addInWhole(t, w, "signed with the old one for long")
	if w.Run.EndedAt.Before(until) {
		t.Errorf("the old secret went on %s", w.Run.EndedAt)
	}
	if rungs := w.Rungs(); len(rungs) != 1 || rungs[0] != renewal.PlatformCheck {
		t.Errorf("proven: %v", rungs)
	}
}

// TestAnAddInThatRefusesPeopleIsAPersonsBusiness: nothing is removed, whatever else is in order.
func TestAnAddInThatRefusesPeopleIsAPersonsBusiness(t *testing.T) {
	t.Parallel()
	w := stagetest.NewACS()
	plan, err := w.Begin(stage.Request{})
	if err != nil {
		t.Fatal(err)
	}
	w.Opened = func() (bool, error) { return false, problem.FindKnown("context.unfit").Stops("context token", "", "") }
	_, err = w.Process(plan)
	if _, there := w.Live()[stagetest.OldKey]; !problem.Is(err, "context.unfit") || !there {
		t.Errorf("%v, the old one is there: %v", err, there)
	}
}

// TestAnOldFileThatIsPutBackIsToldWithinTheHour, while the new secret still gets known: nobody fails yet, and nobody may think
// that the place was updated.
func TestAnOldFileThatIsPutBackIsToldWithinTheHour(t *testing.T) {
	t.Parallel()
	w := stagetest.NewACS()
	plan, err := w.Begin(stage.Request{})
	if err != nil {
		t.Fatal(err)
	}
	old, back := w.Live()[stagetest.OldKey], time.Time{}
	w.Opened = func() (bool, error) {
		if back.IsZero() && !w.Run.VerifiedAt.IsZero() {
			back = w.Time
			w.Overwrite("web.config", old)
		}
		return false, nil
	}
	_, err = w.Process(plan)
	if !problem.Is(err, problem.Drift) || back.IsZero() || w.Time.After(back.Add(time.Hour)) {
		t.Errorf("put back at %s, told at %s: %v", back, w.Time, err)
	}
}

// TestAReplicaThatIsBehindIsNoStranger: a new secret that was made a moment ago may be shown without its keys, where the old one
// has ended and nobody waits for the new one to get known.
func TestAReplicaThatIsBehindIsNoStranger(t *testing.T) {
	t.Parallel()
	w := stagetest.NewACS()
	w.Time, w.Behind = w.Time.AddDate(0, 0, 26), 2
	plan, err := w.Begin(stage.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Process(plan); err != nil || w.Behind > 0 {
		t.Errorf("%v, %d looks were to come", err, w.Behind)
	}
}
