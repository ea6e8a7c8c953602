package engine_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyturn/engine"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
	"keyturn/store"
	"keyturn/store/alarm"
	"keyturn/store/sqlite"
)

const appName = "app"

// unattended is a process that makes rounds, with the number of times it has read the application.
type unattended struct {
	*engine.Engine
	store *sqlite.Store
	reads *atomic.Int32
	stop  chan struct{}
	seen  chan string // kinds of events
}

// unattended makes a process that works by itself. fail, if not nil, is asked before each reading.
func (b *bench) unattended(node string, fail func() error) unattended {
	b.t.Helper()
	s, err := sqlite.Open(b.t.Context(), b.path, sqlite.Options{AllowMigrate: true})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	u := unattended{store: s, reads: new(atomic.Int32), stop: make(chan struct{}), seen: make(chan string, 1000)}
	setup := func(context.Context, string) (stage.Setup, error) { return b.world.Setup(), nil }
	u.Engine = engine.New(engine.Options{
		Store: s, Node: node, Clock: b.clock(), Watch: func(event renewal.Event) { u.seen <- event.Kind }, Stop: u.stop, Setup: setup,
		Rounds: engine.Rounds{Apps: []string{b.world.Setup().App}, Every: time.Second, Plan: func(ctx context.Context, _ string) (stage.Setup, stage.Plan, error) {
			u.reads.Add(1)
			if fail != nil {
				if err := fail(); err != nil {
					return stage.Setup{}, stage.Plan{}, err
				}
			}
			plan, err := stage.MakePlan(ctx, b.world.Setup(), stage.Request{}, b.clock().Now)
			return b.world.Setup(), plan, err
		}},
	})
	return u
}

// over is the process with another store before its own.
func (u unattended) over(s engine.Store) unattended {
	options := u.Options
	options.Store = s
	u.Engine = engine.New(options)
	return u
}

// await returns when the process has told of an event of that kind.
func (u unattended) await(t *testing.T, kind string) {
	t.Helper()
	end := time.After(time.Minute)
	for {
		select {
		case seen := <-u.seen:
			if seen == kind {
				return
			}
		case <-end:
			t.Fatalf("no event %q", kind)
		}
	}
}

// serve runs the process until the returned function is called.
func (u unattended) serve(t *testing.T) (stop func()) {
	t.Helper()
	return u.serveBy(t, sqlite.NewWaker(u.store, alarm.Options{}))
}

// serveBy is serve by another alarm clock.
func (u unattended) serveBy(t *testing.T, waker engine.Waker) (stop func()) {
	t.Helper()
	served := make(chan error, 1)
	go func() { served <- u.Serve(t.Context(), waker) }()
	return sync.OnceFunc(func() {
		close(u.stop)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func (b *bench) runs(s *sqlite.Store) []renewal.Run {
	b.t.Helper()
	runs, err := s.Runs(b.t.Context(), store.Filter{})
	if err != nil {
		b.t.Fatal(err)
	}
	return runs
}

// dueIn is when the old secret of a new world is within 30 days of its end.
const dueIn = 171 * 24 * time.Hour

func TestServingRenewsByItselfWhatIsDue(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil)
	stop := u.serve(t)
	defer stop()
	u.await(t, "parked")
	if served, err := u.store.Served(t.Context()); err != nil || !served {
		t.Errorf("served %v: %v", served, err)
	}
	b.pass(2 * time.Hour)
	u.await(t, "done")
	stop()
	runs := b.runs(u.store)
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	b.assertRenewed(runs[0], nil)
	if err := u.Ready(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
	if served, err := u.store.Served(t.Context()); err != nil || served {
		t.Errorf("served %v after stopping: %v", served, err)
	}
}

func TestSeveralNodesBeginWhatIsDueOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	var nodes []unattended
	for _, name := range []string{"a", "b", "c"} {
		nodes = append(nodes, b.unattended(name, nil))
	}
	var group sync.WaitGroup
	for _, u := range nodes {
		for range 3 {
			group.Go(func() {
				if err := u.Look(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	if runs := b.runs(nodes[0].store); len(runs) != 1 || runs[0].Node != "" || runs[0].State != renewal.Planned {
		t.Fatalf("runs %+v", runs)
	}
}

func TestCallingOnceAgainAndAgainRenews(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for range 4 { // each call is a process of its own
		if err := b.unattended(renewal.NewID(), nil).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(60 * 24 * time.Hour)
	}
	u := b.unattended("last", nil)
	runs := b.runs(u.store)
	if len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	if err := u.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.assertRenewed(b.runs(u.store)[0], nil)
}

func TestWhatStandsInTheWayIsNotedOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	denied := problem.NeedsPerson(problem.Denied, "connection", "no right to write", "grant it")
	var mended atomic.Bool
	u := b.unattended("a", func() error {
		if mended.Load() {
			return nil
		}
		return denied
	})
	for range 3 {
		if err := u.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Hour)
	}
	found, err := u.store.Findings(t.Context())
	if err != nil || len(found) != 1 || found[0].Code != problem.Denied || found[0].Fix != "grant it" {
		t.Fatalf("findings %+v: %v", found, err)
	}
	if since := b.clock().Now().Sub(found[0].Since); since != 3*time.Hour {
		t.Errorf("seen first %s ago", since)
	}
	if runs := b.runs(u.store); len(runs) != 0 {
		t.Errorf("runs %+v", runs)
	}
	mended.Store(true)
	if err := u.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := u.store.Findings(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("findings %+v after it was mended: %v", found, err)
	}
	if runs := b.runs(u.store); len(runs) != 1 {
		t.Errorf("%d runs after it was mended", len(runs))
	}
}

func TestWhatAPersonAbortedIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil)
	if err := u.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Abort(t.Context(), b.runs(u.store)[0].ID, "Ada"); err != nil {
		t.Fatal(err)
	}
	if err := u.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := u.store.Findings(t.Context())
	if err != nil || len(found) != 1 || found[0].Code != "run.aborted" {
		t.Errorf("findings %+v: %v", found, err)
	}
	if runs := b.runs(u.store); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}

func TestWhatIsNotDueIsReadOnceADayAndTheTenantEachTime(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil)
	u.Rounds.Apps = []string{appName, "other"}
	for look, want := range []int32{2, 3, 4} { // both, and then the one that wasn't read for longest
		if err := u.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := u.reads.Load(); got != want {
			t.Errorf("look %d: %d readings, want %d", look, got, want)
		}
		b.pass(time.Hour)
	}
	b.pass(25 * time.Hour)
	if err := u.Look(t.Context()); err != nil || u.reads.Load() != 6 {
		t.Errorf("%d readings after a day, want 6: %v", u.reads.Load(), err)
	}
}

func TestReadyTellsTheTruth(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	var broken atomic.Bool
	broken.Store(true)
	u := b.unattended("a", func() error {
		if broken.Load() {
			return problem.Later(problem.Unreachable, "graph.microsoft.com", 0, errors.New("no such host"))
		}
		return nil
	})
	wantCode := func(when, code string) {
		t.Helper()
		if err := u.Ready(t.Context()); !problem.Is(err, code) && (err != nil || code != "") {
			t.Errorf("%s: %v, want %q", when, err, code)
		}
	}
	wantCode("before the first look", "look.none")
	if err := u.Look(t.Context()); !problem.Is(err, problem.Unreachable) {
		t.Errorf("the look: %v", err)
	}
	wantCode("after a look that failed", "look.none")
	if found, err := u.store.Findings(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("no network is nobody's finding: %+v, %v", found, err)
	}
	broken.Store(false)
	if err := u.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCode("after a good look", "")
	_ = u.store.Close()
	wantCode("without a store", "store.unreachable")
}

func TestAnOutageAsksNobodyWhileSomebodyComesBack(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	b.world.Fail = map[string]error{"connection": problem.Later(problem.Unreachable, "connection", 0, errors.New("no such host"))}
	for range 8 {
		if err := b.unattended(renewal.NewID(), nil).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(2 * time.Hour)
	}
	u := b.unattended("a", nil)
	if run := b.runs(u.store)[0]; run.Door != renewal.Retry || run.Tries <= 4 {
		t.Fatalf("after hours: door %q after %d tries", run.Door, run.Tries)
	}
	for range 40 {
		if err := u.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(2 * time.Hour)
	}
	if run := b.runs(u.store)[0]; run.Door != renewal.Person {
		t.Fatalf("after days: door %q after %d tries", run.Door, run.Tries)
	}
	b.world.Fail = nil
	if err := u.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if run := b.runs(u.store)[0]; run.State != renewal.Overlapping {
		t.Errorf("when it is over, the run is %s behind door %q", run.State, run.Door)
	}
	if b.world.Live()[stagetest.OldKey] == "" || len(b.world.Failing()) > 0 {
		t.Error("the old secret must go on working")
	}
}

func TestARunThatCannotBeSetUpIsLetGo(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, s := b.process("a", nil, nil)
	run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cause error
		door  renewal.Door
	}{
		"no network":                    {problem.Later(problem.Unreachable, "login", 0, errors.New("no such host")), renewal.Retry},
		"not in the configuration more": {problem.NeedsPerson("app.unknown", appName, "not an application", "add it"), renewal.Person},
	} {
		e.Setup = func(context.Context, string) (stage.Setup, error) { return stage.Setup{}, c.cause }
		if _, err := e.Resume(t.Context(), run.ID, 0, nil); !errors.Is(err, c.cause) {
			t.Errorf("%s: %v", name, err)
		}
		got, err := s.Run(t.Context(), run.ID)
		if err != nil || got.Door != c.door || got.Node != "" {
			t.Errorf("%s: door %q in the hands of %q: %v", name, got.Door, got.Node, err)
		}
	}
}

// TestALookGoesOnWithARunWhoseSecretSomebodyRemoved: every consumer holds it, so that run can't wait for the end of its overlap.
func TestALookGoesOnWithARunWhoseSecretSomebodyRemoved(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil)
	once := func() renewal.Run {
		t.Helper()
		if err := u.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		return b.runs(u.store)[0]
	}
	once()
	if run := once(); run.State != renewal.Overlapping {
		t.Fatalf("the run is %s", run.State)
	}
	b.world.TakeAway("new-key-1")
	if len(b.world.Failing()) == 0 {
		t.Fatal("nobody fails: the test looks at too little")
	}
	b.pass(10 * time.Minute)
	if run := once(); run.Attempt != 2 || run.State != renewal.Overlapping || len(b.world.Failing()) > 0 {
		t.Errorf("the run is %s at attempt %d; consumers of %v fail", run.State, run.Attempt, b.world.Failing())
	}
}
