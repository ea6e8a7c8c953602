package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/engine"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
	"keyturn/store/alarm"
	"keyturn/store/sqlite"
)

// bench is one store with a world beside it, and as many processes as a test wants.
type bench struct {
	t     *testing.T
	world *stagetest.World
	path  string
	mu    sync.Mutex
	now   time.Time
}

func setUp(t *testing.T) *bench {
	t.Helper()
	w := stagetest.New(true)
	return &bench{t: t, world: w, path: filepath.Join(t.TempDir(), "keyturn.db"), now: w.Time}
}

func (b *bench) clock() stage.Clock {
	return stage.Clock{
		Now: func() time.Time {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.now
		},
		Sleep: func(ctx context.Context, d time.Duration) error {
			b.pass(d)
			return ctx.Err()
		},
	}
}

// pass lets the policy's time go by at once.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// process is an engine with a handle of its own on the store.
func (b *bench) process(node string, watch func(renewal.Event), stop <-chan struct{}) (*engine.Engine, *sqlite.Store) {
	b.t.Helper()
	s, err := sqlite.Open(b.t.Context(), b.path, sqlite.Options{AllowMigrate: true})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	if watch == nil {
		watch = func(renewal.Event) {}
	}
	return engine.New(engine.Options{
		Store: s, Node: node, Clock: b.clock(), Watch: watch, Stop: stop,
		Setup: func(context.Context, string) (stage.Setup, error) { return b.world.Setup(), nil },
	}), s
}

func (b *bench) plan() stage.Plan {
	b.t.Helper()
	plan, err := stage.MakePlan(b.t.Context(), b.world.Setup(), stage.Request{}, b.clock().Now)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := plan.Obstacle(); err != nil {
		b.t.Fatal(err)
	}
	return plan
}

func (b *bench) assertRenewed(run renewal.Run, err error) {
	b.t.Helper()
	if err != nil || run.State != renewal.Done || run.Outcome != renewal.Renewed {
		b.t.Fatalf("run is %s %s (%s): %v", run.State, run.Outcome, run.Reason.Text, err)
	}
	if live := b.world.Live(); len(live) != 2 || live[stagetest.OldKey] != "" || live[stagetest.ForeignKey] == "" {
		b.t.Errorf("live secrets %v, want the new one and the foreign one", live)
	}
	if failing := b.world.Failing(); len(failing) > 0 {
		b.t.Errorf("consumers of %v fail", failing)
	}
}

func TestRenewStaysAsLongAsItMay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		patience time.Duration
		state    renewal.State
	}{
		"long enough for the overlap: done": {patience: 2 * time.Hour, state: renewal.Done},
		"too short: parked in the overlap":  {patience: time.Minute, state: renewal.Overlapping},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			e, _ := b.process("a", nil, nil)
			run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), c.patience)
			if err != nil || run.State != c.state {
				t.Fatalf("state %s, want %s: %v", run.State, c.state, err)
			}
			if run.State != renewal.Done && (run.Door != renewal.Wait || run.Node != "") {
				t.Errorf("parked with door %q in the hands of %q", run.Door, run.Node)
			}
		})
	}
}

func TestAFailingPlaceIsTriedAgainAndThenAPersonIsAsked(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.world.Fail = map[string]error{"connection": &problem.Error{Class: problem.Retry, Code: problem.Throttled, Message: "slow down"}}
	retries := 0
	e, s := b.process("a", func(event renewal.Event) {
		if event.Kind == "retry" {
			retries++
		}
	}, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), 2*time.Hour)
	if err != nil || run.Door != renewal.Person || run.State != renewal.Delivering {
		t.Fatalf("run is %s behind door %q: %v", run.State, run.Door, err)
	}
	if retries != 4 || run.Reason.Code != problem.Throttled || run.Reason.Fix == "" {
		t.Errorf("%d retries, reason %+v", retries, run.Reason)
	}
	if b.world.Live()[stagetest.OldKey] == "" || len(b.world.Failing()) > 0 {
		t.Error("the old secret must go on working")
	}
	before, err := s.History(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.world.Fail = nil
	run, err = e.Resume(t.Context(), run.ID, 2*time.Hour, nil)
	b.assertRenewed(run, err)
	if run.Attempt != len(before.Attempts) {
		t.Errorf("attempt %d, want the same credential as before: %d", run.Attempt, len(before.Attempts))
	}
}

func TestAPermanentFailureIsNotRepeated(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.world.Fail = map[string]error{"connection": problem.NeedsPerson(problem.Locked, "connection", "locked", "grant it")}
	e, _ := b.process("a", nil, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), 2*time.Hour)
	if err != nil || run.Door != renewal.Person || run.Tries != 0 || run.Reason.Fix != "grant it" {
		t.Fatalf("door %q after %d tries, reason %+v: %v", run.Door, run.Tries, run.Reason, err)
	}
}

// TestARightGrantedAMomentAgoIsTriedAgain: rights are seen by the plan, so a refusal may only be late news.
func TestARightGrantedAMomentAgoIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.world.Fail = map[string]error{"connection": problem.NeedsPerson(problem.Denied, "connection", "no right to write", "grant it")}
	e, _ := b.process("a", func(event renewal.Event) {
		if event.Kind == "retry" {
			b.world.Allow("connection")
		}
	}, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), 2*time.Hour)
	b.assertRenewed(run, err)
}

func TestTwoProcessesRenewOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	plan := b.plan()
	var wait sync.WaitGroup
	runs := make([]renewal.Run, 4)
	for i := range runs {
		e, _ := b.process(string(rune('a'+i)), nil, nil)
		wait.Go(func() {
			run, err := e.Renew(t.Context(), b.world.Setup(), plan, time.Minute)
			if err != nil {
				t.Error(err)
			}
			runs[i] = run
		})
	}
	wait.Wait()
	for _, run := range runs {
		if run.ID != runs[0].ID || run.State != renewal.Overlapping {
			t.Fatalf("run %s is %s, the first one's %s", run.ID, run.State, runs[0].ID)
		}
	}
	e, _ := b.process("last", nil, nil)
	run, err := e.Resume(t.Context(), runs[0].ID, 2*time.Hour, nil)
	b.assertRenewed(run, err)
}

func TestAPlanFromBeforeTheLastRenewalIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, _ := b.process("a", nil, nil)
	early, late := b.plan(), b.plan()
	first, err := e.Renew(t.Context(), b.world.Setup(), early, 2*time.Hour)
	b.assertRenewed(first, err)
	second, err := e.Renew(t.Context(), b.world.Setup(), late, 2*time.Hour)
	b.assertRenewed(second, err)
	if second.ID != first.ID {
		t.Errorf("a second renewal began from a plan that the first one had outdated")
	}
}

func TestStoppingParksAndAnotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	stop := make(chan struct{})
	e, _ := b.process("a", func(event renewal.Event) {
		if event.Kind == "issued" {
			close(stop)
		}
	}, stop)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), 2*time.Hour)
	if err != nil || run.Door != renewal.Retry || run.Node != "" {
		t.Fatalf("door %q in the hands of %q: %v", run.Door, run.Node, err)
	}
	other, _ := b.process("b", nil, nil)
	run, err = other.Resume(t.Context(), run.ID, 2*time.Hour, nil)
	b.assertRenewed(run, err)
}

func TestAStrangersChangeIsAPersonsBusiness(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, _ := b.process("a", nil, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
	if err != nil || run.State != renewal.Overlapping {
		t.Fatalf("run is %s: %v", run.State, err)
	}
	b.world.Overwrite("connection", b.world.Live()[stagetest.OldKey])
	b.pass(2 * time.Hour)
	run, err = e.Resume(t.Context(), run.ID, 0, nil)
	if err != nil || run.Door != renewal.Person || run.Reason.Code != problem.Drift {
		t.Fatalf("door %q, reason %+v: %v", run.Door, run.Reason, err)
	}
	if b.world.Live()[stagetest.OldKey] == "" {
		t.Fatal("the old secret was removed although a place uses it")
	}
	run, err = e.Resume(t.Context(), run.ID, 2*time.Hour, func(ctx context.Context, j *stage.Job) error { return stage.Overwrite(ctx, j, "Ada") })
	b.assertRenewed(run, err)
}

// TestASecretThatWasRemovedIsNotWrittenAgain: whoever put the old value back removed the new secret too.
func TestASecretThatWasRemovedIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, s := b.process("a", nil, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
	if err != nil || run.State != renewal.Overlapping {
		t.Fatalf("run is %s: %v", run.State, err)
	}
	history, err := s.History(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	old := b.world.Live()[stagetest.OldKey]
	for _, place := range []string{"custodian", "connection", "variable"} {
		b.world.Overwrite(place, old)
	}
	if err := b.world.Remove(t.Context(), credential.App{}, credential.Credential{KeyID: history.Attempts[0].KeyID}); err != nil {
		t.Fatal(err)
	}
	run, err = e.Resume(t.Context(), run.ID, 2*time.Hour, func(ctx context.Context, j *stage.Job) error { return stage.Overwrite(ctx, j, "Ada") })
	if !problem.Is(err, problem.Drift) || run.Door != renewal.Person {
		t.Fatalf("door %q: %v", run.Door, err)
	}
	if failing := b.world.Failing(); len(failing) > 0 {
		t.Errorf("a secret that is gone was written: consumers of %v fail", failing)
	}
}

func TestServeIsWokenByTheAlarm(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, _ := b.process("cli", nil, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
	if err != nil || run.State != renewal.Overlapping {
		t.Fatalf("run is %s: %v", run.State, err)
	}
	b.pass(2 * time.Hour)
	stop, done := make(chan struct{}), make(chan struct{})
	server, s := b.process("server", func(event renewal.Event) {
		if event.Kind == "done" {
			close(done)
		}
	}, stop)
	served := make(chan error, 1)
	go func() { served <- server.Serve(t.Context(), sqlite.NewWaker(s, alarm.Options{})) }()
	select {
	case <-done:
	case err := <-served:
		t.Fatalf("serving ended early: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("nobody woke the run")
	}
	close(stop)
	if err := <-served; err != nil {
		t.Error(err)
	}
	run, err = s.Run(t.Context(), run.ID)
	b.assertRenewed(run, err)
}

func TestAbortRemovesWhatNobodyCanKnow(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	stop := make(chan struct{})
	e, _ := b.process("a", func(event renewal.Event) {
		if event.Kind == "issued" {
			close(stop)
		}
	}, stop)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), 0)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := b.process("b", nil, nil)
	run, err = other.Abort(t.Context(), run.ID, "Ada")
	if err != nil || run.State != renewal.Aborted {
		t.Fatalf("run is %s: %v", run.State, err)
	}
	if live := b.world.Live(); len(live) != 2 || live[stagetest.OldKey] == "" {
		t.Errorf("live secrets %v, want the old one and the foreign one", live)
	}
	if _, err := other.Resume(t.Context(), "nothing", 0, nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("resuming a run that isn't there: %v", err)
	}
}
