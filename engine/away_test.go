package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"keyturn/engine"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/alarm"
	"keyturn/store/sqlite"
)

// away is a store that can't save now and then.
type away struct {
	*sqlite.Store
	cause error
	saves atomic.Int32
	fails func(save int32) bool
}

func (a *away) Advance(ctx context.Context, change store.Change) (renewal.Run, error) {
	if a.fails(a.saves.Add(1)) {
		return renewal.Run{}, a.cause
	}
	return a.Store.Advance(ctx, change)
}

// TestARunThatCouldNotBeLetGoIsGoneOnWith: the store is away just when a process gives a run up for now, so that the run
// stays in the hands of a process that lives, and doesn't drive it.
func TestARunThatCouldNotBeLetGoIsGoneOnWith(t *testing.T) {
	t.Parallel()
	busy := problem.Later("store.busy", "store", 0, errors.New("away"))
	full := problem.NeedsPerson("store.full", "store", "the disk is full", "free some space")
	for name, c := range map[string]struct {
		cause error
		fails func(save int32) bool
	}{
		"after a save was lost":                       {busy, func(n int32) bool { return 2 <= n && n <= 4 }},
		"after a try was counted, and then one again": {busy, func(n int32) bool { return n == 2 || 4 <= n && n <= 6 }},
		"after its disk was full for a moment":        {full, func(n int32) bool { return n == 2 }},
		"after its disk was full for a while":         {full, func(n int32) bool { return 2 <= n && n <= 7 }},
		"after a failure that nobody knows":           {errors.New("25P02"), func(n int32) bool { return n == 2 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			b.pass(dueIn)
			u := b.unattended("a", nil)
			u = u.over(&away{Store: u.store, cause: c.cause, fails: c.fails})
			stop := u.serve(t)
			defer stop()
			u.await(t, "verified")
		})
	}
}

// silent is a store that doesn't answer in time, once, when it is to save that something happened.
type silent struct {
	*sqlite.Store
	kind string
	once atomic.Bool
}

func (s *silent) Advance(ctx context.Context, change store.Change) (renewal.Run, error) {
	for _, event := range change.Told.Events {
		if event.Kind == s.kind && s.once.CompareAndSwap(false, true) {
			return renewal.Run{}, context.DeadlineExceeded
		}
	}
	return s.Store.Advance(ctx, change)
}

// TestAStoreThatWasAwayIsNoReasonToAskAPerson, whatever else failed just then.
func TestAStoreThatWasAwayIsNoReasonToAskAPerson(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{
		"while a failed try was counted":     "retry",
		"while a new credential was noted":   "issued",
		"while the end of a state was saved": "settled",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			b.pass(dueIn)
			if kind == "retry" {
				b.world.Fail = map[string]error{"connection": problem.Later(problem.Unreachable, "connection", 0, errors.New("no answer"))}
			}
			u := b.unattended("a", nil)
			options, away := u.Options, &silent{Store: u.store, kind: kind}
			watch := options.Watch
			options.Watch = func(event renewal.Event) {
				if event.Kind == "parked" {
					b.world.Allow("connection")
				}
				watch(event)
			}
			options.Store = away
			u.Engine = engine.New(options)
			stop := u.serve(t)
			defer stop()
			u.await(t, "verified")
			if !away.once.Load() {
				t.Errorf("nothing of kind %q was ever saved", kind)
			}
		})
	}
}

// unheard is a store whose answer to a claim is lost, once, after it was kept.
type unheard struct {
	*sqlite.Store
	once atomic.Bool
}

func (u *unheard) Claim(ctx context.Context, id, node string) (renewal.Run, error) {
	run, err := u.Store.Claim(ctx, id, node)
	if err == nil && u.once.CompareAndSwap(false, true) {
		return renewal.Run{}, problem.Later("store.busy", "store", 0, errors.New("away"))
	}
	return run, err
}

// TestARunWhoseClaimWasNotAnsweredIsGoneOnWith: the store says that it is in the hands of this process, which lives.
func TestARunWhoseClaimWasNotAnsweredIsGoneOnWith(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil)
	u = u.over(&unheard{Store: u.store})
	stop := u.serve(t)
	defer stop()
	u.await(t, "verified")
}

// deaf is an alarm clock whose every ring somebody else hears, who drives nothing.
type deaf struct{ engine.Waker }

func (deaf) Wake(context.Context, string) error { return nil }

// TestWhatAProcessDroppedNeedsNoAlarmOfItsOwn: another machine may hear it, which leaves a run alone that is in the hands of
// a process that lives.
func TestWhatAProcessDroppedNeedsNoAlarmOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil)
	u = u.over(&unheard{Store: u.store})
	stop := u.serveBy(t, deaf{sqlite.NewWaker(u.store, alarm.Options{})})
	defer stop()
	u.await(t, "verified")
}

// TestAWordWhoseEndWasNotSavedHoldsNobodyUp: the store is away just when the run is let go of after a person's word.
func TestAWordWhoseEndWasNotSavedHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, s, _ := b.under(strict)
	options, gone := e.Options, &away{Store: s, cause: problem.Later("store.busy", "store", 0, errors.New("away")), fails: func(int32) bool { return false }}
	options.Store = gone
	e = engine.New(options)
	clock := serve(t, e)
	run, _, err := e.Open(t.Context(), b.world.Setup(), b.plan())
	if err != nil {
		t.Fatal(err)
	}
	if err := clock.work(clock.ctx, run.ID, run.Version); err != nil {
		t.Fatal(err)
	}
	before := gone.saves.Load()
	gone.fails = func(n int32) bool { return n == before+3 } // the door is opened, the word is kept
	if _, err := e.Tell(t.Context(), run.ID, engine.Any, approve); err == nil {
		t.Fatal("every save went through")
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		run, err := s.Run(t.Context(), run.ID)
		if err != nil || time.Now().After(end) {
			t.Fatalf("the run is in the hands of %q: %v", run.Node, err)
		}
		if run.Node == "" && run.Order.AllowedBy == "Ada" {
			return
		}
	}
}

// mute is a store in which a process can say once that it lives.
type mute struct {
	*sqlite.Store
	said atomic.Bool
}

func (m *mute) Serve(ctx context.Context, node string, ttl time.Duration) error {
	if m.said.CompareAndSwap(false, true) {
		return m.Store.Serve(ctx, node, ttl)
	}
	return problem.Later("store.busy", "store", 0, errors.New("away"))
}

// stuck is an alarm clock that starts only when it is too late.
type stuck struct{ engine.Waker }

func (stuck) Start(ctx context.Context, _ func(context.Context, string, int64) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestServingThatLosesItsLeaseWhileItBeginsSaysSo, so that it begins again, as after any other loss.
func TestServingThatLosesItsLeaseWhileItBeginsSaysSo(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil)
	if err := u.over(&mute{Store: u.store}).Serve(t.Context(), stuck{}); !errors.Is(err, engine.ErrLeaseLost) {
		t.Errorf("serving ended with: %v", err)
	}
}
