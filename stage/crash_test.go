package stage

import (
	"fmt"
	"testing"

	"keyturn/renewal"
)

// TestKilledAnywhere kills the process at every point of a renewal, lets another one go on and kills that one too at
// every point, and asks each time: one new secret, the old one gone, nothing foreign touched, every place on the new
// value, no orphan, and no instant at which a consumer would have failed.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for name, custodian := range map[string]bool{"with a custodian": true, "without one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			points := 0
			for first := 1; ; first++ {
				if !killedAt(t, custodian, first) {
					break
				}
				for second := 1; killedAt(t, custodian, first, second); second++ {
					points++
				}
			}
			if points < 400 {
				t.Fatalf("only %d pairs of points were passed: the test looks at too little", points)
			}
		})
	}
}

// killedAt drives one renewal through processes that die at the given points, one after the other, and then one that
// doesn't. It returns false when the last point was never reached.
func killedAt(t *testing.T, custodian bool, points ...int) (died bool) {
	t.Helper()
	w := newWorld()
	if !custodian {
		delete(w.places, "custodian")
	}
	s := w.setup(custodian)
	request := Request{}
	if !custodian {
		request.Replace = oldKey
	}
	plan, err := w.begin(s, request)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range append(points, 0) {
		w.dieAt = at
		died, err = w.process(s, plan)
		plan = nil
		if failing := w.consumers(); len(failing) > 0 {
			t.Fatalf("killed at points %v (%s): consumers of %v fail", points, w.run.State, failing)
		}
		if !died {
			break
		}
	}
	if err != nil {
		t.Fatalf("killed at points %v: %v (run %+v)", points, err, w.run)
	}
	w.assertWhole(t, fmt.Sprint("killed at points ", points))
	return w.deaths == len(points)
}

// TestReplyLost loses the reply of one or two effects in a row, wherever they are.
func TestReplyLost(t *testing.T) {
	t.Parallel()
	for first := 1; first <= 6; first++ {
		for _, lose := range [][]int{{first}, {first, first + 1}, {first, first + 1, first + 2}} {
			t.Run(fmt.Sprint("effects ", lose), func(t *testing.T) {
				t.Parallel()
				w := newWorld()
				s := w.setup(true)
				plan, err := w.begin(s, Request{})
				if err != nil {
					t.Fatal(err)
				}
				w.lose = lose
				if _, err := w.process(s, plan); err != nil {
					t.Fatal(err)
				}
				w.assertWhole(t, "reply lost")
			})
		}
	}
}

func (w *world) assertWhole(t *testing.T, when string) {
	t.Helper()
	if w.run.State != renewal.Done || w.run.Outcome != renewal.Renewed {
		t.Errorf("%s: the run is %s, %s", when, w.run.State, w.run.Outcome)
	}
	live := w.live()
	if _, ok := live[foreignKey]; !ok {
		t.Errorf("%s: a foreign secret was removed", when)
	}
	if _, ok := live[oldKey]; ok {
		t.Errorf("%s: the old secret is still there", when)
	}
	if len(live) != 2 {
		t.Errorf("%s: %d secrets are live, want the new one and the foreign one: %v", when, len(live), live)
	}
	held := map[string]bool{}
	for _, p := range w.places {
		held[p.value] = true
	}
	if len(held) != 1 {
		t.Errorf("%s: the places hold %d different values", when, len(held))
	}
	if failing := w.consumers(); len(failing) > 0 {
		t.Errorf("%s: consumers of %v fail", when, failing)
	}
}
