package stagetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
	"keyturn/target"
)

// Setup is the application as configured in this world.
func (w *World) Setup() stage.Setup {
	p := policy.Default()
	p.Settle = policy.Settle{Successes: 3}
	p.Overlap = policy.Overlap{Minimum: w.Overlap, Evidence: renewal.EvidenceTime}
	if w.Change != nil {
		w.Change(&p)
	}
	s := stage.Setup{App: "app", ClientID: "client", Policy: p, Issuer: w, Targets: w.targets()}
	if w.Told {
		s.Issuer = telling{w}
	}
	if w.keys != nil {
		s.Issuer = acs{w}
		s.Policy.Overlap.Evidence = renewal.EvidencePreferred
	}
	return s
}

// targets are the places of the configuration, in their order.
func (w *World) targets() (all []target.Target) {
	for _, t := range []target.Target{
		keeper{holder{w, "custodian"}},
		holder{w, "connection"},
		holder{w, "variable"},
		pairHolder{holder{w, webConfig}},
		handHolder{holder{w, byHand}},
		lateHolder{holder{w, late}},
	} {
		if w.places[t.Place().ID] != nil {
			all = append(all, t)
		}
	}
	return all
}

// Process is one life of the program: it picks the run up as saved, with no value in memory, and drives it until it
// ends, needs a person, or dies.
func (w *World) Process(plan *stage.Plan) (dead bool, err error) {
	w.dead, w.points = false, 0
	j := w.job(plan)
	for steps := 0; !j.Run.State.Ended(); steps++ {
		w.takeAway()
		pause, err := stage.Step(context.Background(), j)
		switch {
		case w.dead:
			w.die()
			return true, nil
		case steps > 200:
			return false, errors.New("the run goes round in circles at " + string(j.Run.State))
		case err != nil && problem.Of(err).Class == problem.Retry:
			w.Pass(10 * time.Second)
		case err != nil:
			return false, err
		case pause.Door == renewal.Wait:
			w.Pass(pause.Until.Sub(w.Time))
		case pause.Door != renewal.Open:
			return false, fmt.Errorf("door %s: %s", pause.Door, pause.Reason.Text)
		}
	}
	return false, nil
}

// Claim is a process that takes the run over, as saved, and dies at that point; 0 = it doesn't.
func (w *World) Claim(dieAt int, plan *stage.Plan) *stage.Job {
	w.dead, w.points, w.DieAt = false, 0, dieAt
	return w.job(plan)
}

// Died reports whether the process that claimed the run last was killed, and leaves what it leaves.
func (w *World) Died() bool {
	if w.dead {
		w.die()
	}
	return w.dead
}

// die leaves what a dead process leaves.
func (w *World) die() {
	w.Deaths++
	if w.Dark {
		w.Run, w.history = w.disk.run, clone(w.disk.history)
	}
}

// job is the run as a process that has just begun picks it up.
func (w *World) job(plan *stage.Plan) *stage.Job {
	return &stage.Job{
		Setup: w.Setup(), Book: w, Run: w.Run, History: clone(w.history), Plan: plan, Tell: func(renewal.Event) {},
		Clock: stage.Clock{Now: w.now, Sleep: w.sleep},
	}
}

// now and sleep are called side by side.
func (w *World) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Time
}

func (w *World) sleep(_ context.Context, d time.Duration) error {
	w.Pass(d)
	return nil
}

func clone(h store.History) store.History {
	return store.History{
		Attempts:   append([]renewal.Attempt(nil), h.Attempts...),
		Deliveries: append([]renewal.Delivery(nil), h.Deliveries...),
	}
}

// Begin plans and saves the run, as the engine does.
func (w *World) Begin(r stage.Request) (*stage.Plan, error) {
	if w.begun == 0 {
		w.original, w.snapshots = slices.Clone(w.app.Credentials), nil
	}
	plan, err := stage.MakePlan(context.Background(), w.Setup(), r, func() time.Time { return w.Time })
	if err != nil {
		return nil, err
	}
	if err := plan.Obstacle(); err != nil {
		return nil, err
	}
	w.history = store.History{}
	w.Run = renewal.Run{ID: fmt.Sprintf("run%s", strings.Repeat("+", w.begun)), App: "app", ClientID: "client", State: renewal.Planned, Order: plan.Order, Retires: plan.Retires, Version: 1}
	w.disk = disk{run: w.Run}
	w.begun++
	return &plan, nil
}

// Abort is a person who ends the run.
func (w *World) Abort() error {
	w.dead, w.points, w.DieAt = false, 0, 0
	return stage.Abort(context.Background(), w.job(nil), "somebody")
}

// Attempts returns the run's attempts as they are saved.
func (w *World) Attempts() []renewal.Attempt { return slices.Clone(w.history.Attempts) }

// Live returns the values that sign in, by key id.
func (w *World) Live() map[string]string { return maps.Clone(w.values) }
