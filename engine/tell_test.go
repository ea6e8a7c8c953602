package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"keyturn/engine"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

// approve is what a person says of the run that waits for them.
func approve(ctx context.Context, j *stage.Job) error { return stage.Approve(ctx, j, "Ada") }

// ringing is an alarm clock that a test rings by hand.
type ringing struct {
	rung chan string
	work func(ctx context.Context, run string, version int64) error
	ctx  context.Context
}

func (r *ringing) Wake(_ context.Context, run string) error {
	select {
	case r.rung <- run:
	default:
	}
	return nil
}

func (r *ringing) Start(ctx context.Context, work func(context.Context, string, int64) error) error {
	r.ctx, r.work = ctx, work
	return nil
}

func (*ringing) Stop(context.Context) error { return nil }

// serve lets e serve with an alarm clock of the test until the test ends.
func serve(t *testing.T, e *engine.Engine) *ringing {
	t.Helper()
	clock := &ringing{rung: make(chan string, 100)}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	started := make(chan struct{})
	e.Pulse = sync.OnceFunc(func() { close(started) })
	group.Go(func() {
		if err := e.Serve(ctx, clock); err != nil {
			t.Error(err)
		}
	})
	<-started
	t.Cleanup(func() { cancel(); group.Wait() })
	return clock
}

func TestAWordIsHeardOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, s, _ := b.under(strict)
	clock := serve(t, e)
	setup, _ := e.Setup(t.Context(), "")
	plan, err := stage.MakePlan(t.Context(), setup, stage.Request{AskedBy: "Bob", AskedAs: "issuer|bob", ByPerson: true}, b.clock().Now)
	if err != nil {
		t.Fatal(err)
	}
	run, begun, err := e.Open(t.Context(), setup, plan)
	if err != nil || !begun || run.Node != "" || run.Order.AskedBy != "Bob" {
		t.Fatalf("begun %v in the hands of %q for %q: %v", begun, run.Node, run.Order.AskedBy, err)
	}
	again, begun, err := e.Open(t.Context(), setup, plan)
	if err != nil || begun || again.ID != run.ID {
		t.Fatalf("a second run %s, begun %v: %v", again.ID, begun, err)
	}
	if rung := <-clock.rung; rung != run.ID {
		t.Fatalf("%s was rung for", rung)
	}
	if err := clock.work(clock.ctx, run.ID, run.Version); err != nil {
		t.Fatal(err)
	}
	run, err = s.Run(t.Context(), run.ID)
	if err != nil || run.Door != renewal.Person {
		t.Fatalf("it waits at %q, not for a person: %v", run.Door, err)
	}
	if _, err := e.Tell(t.Context(), run.ID, run.Version-1, approve); !problem.Is(err, "run.changed") {
		t.Errorf("a word for an older version: %v", err)
	}
	told, err := e.Tell(t.Context(), run.ID, run.Version, approve)
	if err != nil || told.Order.AllowedBy != "Ada" || told.Node != "" || told.Door != renewal.Retry {
		t.Fatalf("approved by %q, in the hands of %q, door %q: %v", told.Order.AllowedBy, told.Node, told.Door, err)
	}
	if _, err := e.Tell(t.Context(), run.ID, run.Version, approve); !problem.Is(err, "run.changed") {
		t.Errorf("the same word twice: %v", err)
	}
}

func TestAWordStopsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	e, s := b.process("a", func(event renewal.Event) {
		if event.Kind == "settling" || event.Kind == "issued" {
			once.Do(func() { close(entered); <-release })
		}
	}, nil)
	clock := serve(t, e)
	run, _, err := e.Open(t.Context(), b.world.Setup(), b.plan())
	if err != nil {
		t.Fatal(err)
	}
	driven := make(chan error, 1)
	go func() { driven <- clock.work(clock.ctx, run.ID, run.Version) }()
	<-entered
	now, err := s.Run(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Tell(t.Context(), run.ID, now.Version, approve); !problem.Is(err, "run.held") {
		t.Errorf("a word for a run under way: %v", err)
	}
	aborted := make(chan renewal.Run, 1)
	go func() {
		run, err := e.Tell(t.Context(), run.ID, engine.Any, func(ctx context.Context, j *stage.Job) error { return stage.Abort(ctx, j, "Ada") })
		if err != nil {
			t.Error(err)
		}
		aborted <- run
	}()
	select {
	case <-aborted:
		t.Error("it was aborted while an effect was in hand")
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	if run := <-aborted; run.State != renewal.Aborted {
		t.Errorf("it is %s", run.State)
	}
	if err := <-driven; err != nil {
		t.Errorf("whoever drove it: %v", err)
	}
	if live := b.world.Live(); len(live) != 2 {
		t.Errorf("live secrets %v, want the old one and the foreign one", live)
	}
	if open, err := s.Runs(t.Context(), store.Filter{Open: true}); err != nil || len(open) > 0 {
		t.Errorf("%d runs are open: %v", len(open), err)
	}
}
