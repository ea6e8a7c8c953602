package engine_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
)

// refused is what a proxy says that forbids a host.
func refused(subject string) error {
	return &problem.Error{
		Class: problem.Retry, Code: problem.Between, Subject: subject,
		Message: "the proxy p:1 answered 403 to a connection to kv.vault.azure.net", Fix: "have kv.vault.azure.net allowed at the proxy",
	}
}

func TestPeopleAreToldWithinMinutesOfAProxyThatRefusesALook(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	var broken atomic.Bool
	u := b.unattended("a", func() error {
		if broken.Load() {
			return refused("graph")
		}
		return nil
	}).tells()
	u.glance(t)
	broken.Store(true)
	u.glance(t)
	wantNotices(t, "at once", u.notices(t))
	b.pass(2 * time.Minute)
	u.glance(t)
	u.glance(t)
	wantNotices(t, "after two minutes", u.notices(t), "attention network.between")
	if n := u.said(t); n.Subject != "keyturn way" || n.Fix != "have kv.vault.azure.net allowed at the proxy" || !strings.Contains(n.Text, "by itself") {
		t.Errorf("said %+v", n)
	}
	if err := u.Ready(t.Context()); !problem.Is(err, problem.Between) {
		t.Errorf("while the proxy refuses: ready? %v", err)
	}
	u.arrived(t)
	broken.Store(false)
	u.glance(t)
	wantNotices(t, "when it lets through", u.notices(t), "attention network.between", "recovered")
	if err := u.Ready(t.Context()); err != nil {
		t.Errorf("when it lets through: ready? %v", err)
	}
}

func TestPeopleAreToldWithinMinutesOfAProxyThatHoldsUpARenewal(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pass(dueIn)
	u := b.unattended("a", nil).tells()
	b.world.Fail = map[string]error{"connection": refused("connection")}
	began := b.clock().Now()
	for range 4 {
		if err := u.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		run := b.runs(u.store)[0]
		if run.Door != renewal.Retry || !strings.Contains(run.Reason.Fix, "allowed at the proxy") {
			t.Fatalf("door %q with the fix %q", run.Door, run.Reason.Fix)
		}
		if len(u.notices(t)) > 0 {
			break
		}
		b.pass(run.WakeAt.Sub(b.clock().Now()))
	}
	wantNotices(t, "while the proxy refuses", u.notices(t), "attention network.between")
	if took := b.clock().Now().Sub(began); took > 5*time.Minute {
		t.Errorf("people were told after %s", took)
	}
	u.arrived(t)
	b.world.Fail = nil
	b.pass(time.Hour)
	if err := u.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNotices(t, "when it lets through", u.notices(t), "attention network.between", "recovered")
	if run := b.runs(u.store)[0]; run.DeliveredAt.IsZero() {
		t.Errorf("the renewal didn't go on by itself: %s, %s", run.State, run.Reason.Text)
	}
}
