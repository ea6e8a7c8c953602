package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/engine"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
	"keyturn/store/sqlite"
)

// righted is an issuer whose identity has the rights, or lacks one.
type righted struct {
	issuer.Issuer
	lacks bool
}

func (r righted) Check(context.Context, credential.App) ([]check.Check, error) {
	if r.lacks {
		return []check.Check{check.Fail("graph.role", "app", "role.missing", "no right to write", "grant it")}, nil
	}
	return []check.Check{check.Pass("graph.role", "app", "has the right")}, nil
}

// as is a process in which a person is signed in, or nobody is.
func (b *bench) as(person string, lacks bool) (*engine.Engine, *sqlite.Store, stage.Setup) {
	e, s := b.process(renewal.NewID(), nil, nil)
	setup := b.world.Setup()
	setup.Person, setup.Issuer = person, righted{setup.Issuer, lacks}
	e.Setup = func(context.Context, string) (stage.Setup, error) { return setup, nil }
	return e, s, setup
}

// begunBy begins a renewal that parks in its overlap.
func (b *bench) begunBy(person string) renewal.Run {
	b.t.Helper()
	e, _, setup := b.as(person, false)
	plan, err := stage.MakePlan(b.t.Context(), setup, stage.Request{}, b.clock().Now)
	if err != nil || plan.Order.Person != person {
		b.t.Fatalf("%q, %v", plan.Order.Person, err)
	}
	run, err := e.Renew(b.t.Context(), setup, plan, time.Minute)
	if err != nil || run.State != renewal.Overlapping || run.Door != renewal.Wait {
		b.t.Fatalf("%s behind %q: %v", run.State, run.Door, err)
	}
	b.pass(2 * time.Hour)
	return run
}

func TestWhatAPersonBeganWaitsForTheNextSignIn(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	run := b.begunBy("browser")
	alone, kept, _ := b.as("", true)
	_, err := alone.Resume(t.Context(), run.ID, time.Minute, nil)
	if !problem.Is(err, "signin.needed") || !strings.Contains(err.Error(), "no right to write") {
		t.Fatalf("unattended: %v", err)
	}
	parked, err := kept.Run(t.Context(), run.ID)
	if err != nil || parked.State != renewal.Overlapping || parked.Door != renewal.Person || parked.Reason.Code != "signin.needed" ||
		parked.Reason.Fix != "sign in again: keyturn resume "+run.App+" --sign-in browser. Both secrets go on working meanwhile" {
		t.Fatalf("%s behind %q: %+v, %v", parked.State, parked.Door, parked.Reason, err)
	}
	if live := b.world.Live(); live[stagetest.OldKey] == "" || len(live) != 3 {
		t.Errorf("live %v", live)
	}
	again, _, _ := b.as("device", false)
	run, err = again.Resume(t.Context(), run.ID, time.Minute, nil)
	b.assertRenewed(run, err)
}

func TestAnIdentityWithEveryRightFinishesWhatAPersonBegan(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	run := b.begunBy("password")
	alone, _, _ := b.as("", false)
	run, err := alone.Resume(t.Context(), run.ID, time.Minute, nil)
	b.assertRenewed(run, err)
}

// What was begun unattended is nobody's but the identity's, whatever it lacks: that shows where it is needed.
func TestWhatNobodyBeganAsksForNobody(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	run := b.begunBy("")
	alone, _, _ := b.as("", true)
	run, err := alone.Resume(t.Context(), run.ID, time.Minute, nil)
	b.assertRenewed(run, err)
}
