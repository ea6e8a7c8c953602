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
	"keyturn/store/sqlite"
)

// TestASuspendedProcessGoesOn: whoever closes the lid over a renewal finds it gone on with, and needn't say anything.
func TestASuspendedProcessGoesOn(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"begun", "planned", "issued", "settled", "written", "verified", "evidence", "gate"} {
		t.Run("in "+kind, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			var e *engine.Engine
			suspended := false
			e, _ = b.process("a", func(event renewal.Event) {
				if event.Kind == kind && !suspended {
					suspended = true
					e.Suspend()
				}
			}, nil)
			run, err := e.Renew(t.Context(), b.world.Setup(), b.plan(), 3*time.Hour)
			b.assertRenewed(run, err)
			if !suspended {
				t.Error("it was never suspended")
			}
		})
	}
}

// TestASuspendedProcessKeepsAPersonsWord, which is heard once.
func TestASuspendedProcessKeepsAPersonsWord(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	e, _, renew := b.under(strict)
	run, err := renew()
	if err != nil || run.Door != renewal.Person {
		t.Fatalf("it waits at %q, not for a person: %v", run.Door, err)
	}
	heard := 0
	run, err = e.Resume(t.Context(), run.ID, time.Minute, func(ctx context.Context, j *stage.Job) error {
		if heard++; heard == 1 {
			e.Suspend()
			return ctx.Err()
		}
		return approve(ctx, j)
	})
	if err != nil || run.Order.AllowedBy != "Ada" || heard != 2 {
		t.Errorf("%q allowed it, and the word was said %d times: %v", run.Order.AllowedBy, heard, err)
	}
}

// TestASuspendedLookIsMadeAgain by the same call of serve --once, so that cron has nothing to tell.
func TestASuspendedLookIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	var u unattended
	u = b.unattended("a", func() error {
		if u.reads.Load() == 1 {
			u.Suspend()
		}
		return nil
	})
	if err := u.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.await(t, "verified")
}

// claims is a store that tells of the first claim.
type claims struct {
	*sqlite.Store
	first func()
}

func (c *claims) Claim(ctx context.Context, id, node string) (renewal.Run, error) {
	run, err := c.Store.Claim(ctx, id, node)
	c.first()
	return run, err
}

// TestAWordWaitsForAnotherProcess: a person's word is neither lost nor refused while somebody else has the run in hand.
func TestAWordWaitsForAnotherProcess(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	entered, release, stop := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var once sync.Once
	driver, _ := b.process("a", func(event renewal.Event) {
		if event.Kind == "settling" {
			once.Do(func() { close(entered); <-release })
		}
	}, stop)
	driven := make(chan error, 1)
	go func() {
		_, err := driver.Renew(t.Context(), b.world.Setup(), b.plan(), time.Minute)
		driven <- err
	}()
	<-entered
	other, s := b.process("b", nil, nil)
	runs, err := s.Runs(t.Context(), store.Filter{Open: true})
	if err != nil || len(runs) != 1 || runs[0].Node != "a" {
		t.Fatalf("the open runs are %+v: %v", runs, err)
	}
	options, asked := other.Options, make(chan struct{})
	options.Store = &claims{Store: s, first: sync.OnceFunc(func() { close(asked) })}
	other = engine.New(options)
	go func() {
		<-asked
		close(stop)
		close(release)
	}()
	run, err := other.Abort(t.Context(), runs[0].ID, "Ada")
	if err != nil || run.State != renewal.Aborted {
		t.Errorf("it is %s: %v", run.State, err)
	}
	if err := <-driven; err != nil {
		t.Errorf("whoever drove it: %v", err)
	}
	if _, err := other.Abort(t.Context(), runs[0].ID, "Ada"); !problem.Is(err, "run.ended") {
		t.Errorf("a word for a run that has ended: %v", err)
	}
	if live := b.world.Live(); len(live) != 2 {
		t.Errorf("live secrets %v, want the old one and the foreign one", live)
	}
}
