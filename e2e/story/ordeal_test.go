//go:build unix

package story_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestAnOrdeal lets many things go wrong with one renewal, one after another and at once: commands are killed, stopped and
// suspended at any of their steps while requests fail in every way that the cloud knows, other commands run beside them, the
// disk is full, rights are missing, the configuration is another one for a while, days go by. The truth is judged after every
// deed, and so is what each command says. When all is well again, the renewal ends, and it is whole. The n-th ordeal is the
// same in every run of the tests, as far as the program's own goroutines are.
func TestAnOrdeal(t *testing.T) {
	t.Parallel()
	unkind := newFleet(t)
	unkind.args = []string{"--propagation", "2s"}
	clouds := map[string]*fleet{"gentle": newFleet(t), "unkind": unkind, "add-in": newFleet(t, "--seed", "helpdesk"), "in Azure": newFleet(t, "--seed", "helpdesk-azure")}
	for n := 1; n <= *chances/6; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			newOrdeal(t, clouds, uint64(n)).run()
		})
	}
}

// ordeal is one renewal to which everything happens.
type ordeal struct {
	*crash
	draw    *rand.Rand
	addIn   bool           // it is a SharePoint add-in's
	moved   time.Duration  // how far the clock was moved
	edited  [2]string      // what the configuration says, and in place of what; "" = it is right
	many    bool           // it is a whole organisation's
	vault   string         // its host
	steps   int            // so many of a command are within what may happen to it
	others  sync.WaitGroup // commands beside the one that is driven
	decided bool           // a person ended a renewal, or took what is there for the new one: secrets stay

	mu     sync.Mutex // of all that follows, and of crash
	turned []string   // switches
	told   []string
}

// newOrdeal draws an application and its cloud.
func newOrdeal(t *testing.T, clouds map[string]*fleet, n uint64) *ordeal {
	t.Helper()
	o := &ordeal{draw: rand.New(rand.NewPCG(n, 1126)), vault: "kv-provassist.vault.azure.net", steps: 70}
	t.Cleanup(o.tell)
	chosen := cell{row: row{name: "an ordeal"}, reply: "arrives"}
	switch o.draw.IntN(8) {
	case 0:
		o.addIn, o.crash = true, newAddInCrash(t, clouds["add-in"], chosen)
		return o
	case 1:
		o.addIn, o.crash = true, newAzureAddIn(t, clouds["in Azure"])
		return o
	}
	stories := slices.DeleteFunc(rows(), func(r row) bool {
		return r.without["overlap"] || r.without["old removed"] || r.prepare != nil
	})
	chosen.story = stories[o.draw.IntN(len(stories))].story
	chosen.first = ""
	where := "gentle"
	if o.draw.IntN(4) == 0 {
		where = "unkind"
	}
	o.crash = newCrash(t, clouds[where], chosen, o.draw.IntN(6) == 0)
	return o
}

// newAzureAddIn is an add-in whose secrets are settings of a web app.
func newAzureAddIn(t *testing.T, clouds *fleet) *crash {
	t.Helper()
	c := &crash{T: t, cloud: clouds.lend(t)}
	c.m = newMachine(t, c.cloud, atOnce...)
	before, old := c.cloud.addIn(), c.cloud.sites()
	c.subject = subject{
		name: addIn, soon: 2 * day, later: 8 * day, bothWork: func() { c.assertAddInWorks(before) },
		whole: func() {
			c.cloud.advance(14 * day)
			assertAzureAddInRenewed(t, c.cloud, before, old)
			if failed := c.cloud.state().failures(); len(failed) > 0 {
				c.Errorf("the add-in failed: %v", failed)
			}
			c.m.want(0, "audit", "verify")
			assertNoSecretLeft(t, c.m)
		},
	}
	return c
}

func (o *ordeal) note(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// tell shows what happened when it ended badly.
func (o *ordeal) tell() {
	if o.crash != nil && o.Failed() {
		o.Log(strings.Join(o.told, "\n"))
	}
}

func (o *ordeal) run() {
	for range 3 + o.draw.IntN(6) {
		o.deed()
		o.judge()
		if o.Failed() {
			return
		}
	}
	o.note("all is well again")
	o.cloud.ask("DELETE", "/_sim/faults", nil, nil)
	o.mend()
	o.finish()
}

// deed is one thing that happens, and perhaps what puts right what went wrong before.
func (o *ordeal) deed() {
	switch o.draw.IntN(12) {
	case 0:
		o.pass(1 + o.draw.IntN(60))
	case 1:
		o.drawEdit()
	case 2, 3, 4:
		o.drive(time.Duration(1+o.draw.IntN(5))*time.Second, "serve", "--listen", "none")
	default:
		o.drive(0, o.drawCommand()...)
	}
	if o.draw.IntN(3) == 0 {
		o.note("requests go well")
		o.cloud.ask("DELETE", "/_sim/faults", nil, nil)
	}
	if o.draw.IntN(2) == 0 {
		o.mend()
	}
}

// pass lets hours go by, nine days in all at most: what nobody had the time to renew must not end.
func (o *ordeal) pass(hours int) {
	by := time.Duration(hours) * time.Hour
	if o.moved += by; o.moved > 9*day {
		return
	}
	o.note("%s go by", by)
	o.cloud.advance(by)
}

// mend puts the configuration and the world right.
func (o *ordeal) mend() {
	o.mu.Lock()
	turned := o.turned
	o.turned = nil
	o.mu.Unlock()
	for _, name := range turned {
		o.cloud.turn(name, "off")
	}
	if o.edited[0] != "" {
		o.m.edit(o.edited[0], o.edited[1])
		o.edited = [2]string{}
	}
	o.note("the world and the configuration are right")
}

// longest is how long a command may take.
const longest = 150 * time.Second

// drive runs one command. Misfortunes happen to it at its steps; one that would go on for ever is asked to end after a while.
func (o *ordeal) drive(end time.Duration, args ...string) {
	o.Helper()
	h := o.begin(args)
	troubles := o.drawMisfortunes(h)
	defer o.limit(h, args)()
	if end > 0 {
		defer time.AfterFunc(end, func() { _ = h.cmd.Process.Signal(syscall.SIGTERM) }).Stop()
	}
	said, n := hang, 0
	for said == hang {
		said = h.watch(func(s step) verdict {
			o.follows(s)
			if n++; troubles[n] == nil {
				return goOn
			}
			o.note("step %d (%s %s %s%v %s):", n, s.At, s.Kind, s.Act, s.Told, s.State)
			return troubles[n]()
		})
	}
	r := h.end()
	defer o.others.Wait()
	if said == kill {
		o.letGo()
		return
	}
	o.weigh(args, r)
}

// begin starts a command, now and then on a disk that is nearly full.
func (o *ordeal) begin(args []string) *held {
	o.Helper()
	room := o.draw.IntN(2000)
	if room > 120 || o.database != "" {
		o.note("keyturn %s", strings.Join(args, " "))
		return o.m.hold(args...)
	}
	o.note("with room for %d KiB: keyturn %s", room, strings.Join(args, " "))
	return o.m.holdOnFullDisk(room, args...)
}

// attend runs a command to which nothing happens.
func (o *ordeal) attend(args ...string) {
	h := o.m.hold(args...)
	defer o.limit(h, args)()
	h.watch(func(s step) verdict {
		o.follows(s)
		return goOn
	})
	o.weigh(args, h.end())
}

// limit ends a command that takes too long, and has it say where it is.
func (o *ordeal) limit(h *held, args []string) (stop func()) {
	timer := time.AfterFunc(longest, func() {
		o.Errorf("keyturn %v takes more than %s", args, longest)
		_ = h.cmd.Process.Signal(syscall.SIGQUIT)
	})
	return func() { timer.Stop() }
}

func (o *ordeal) follows(s step) {
	if o.many {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.follow(s, false, false)
}

// weigh judges how a command ended by itself, and what it said.
func (o *ordeal) weigh(args []string, r result) {
	o.Helper()
	told := said(r.stderr)
	o.note("keyturn %v: exit %d\n\t%s", args, r.code, strings.ReplaceAll(told, "\n", "\n\t"))
	wrong := o.edited[0] != ""
	switch {
	case r.code == 0, r.code == 2, r.code == 64 && wrong:
	case r.code != 1 && r.code != 77:
		o.Errorf("keyturn %v: exit %d\n%s", args, r.code, told)
	case !wrong && !strings.Contains(told, "next: ") && !strings.Contains(told, "keyturn: stopped"):
		o.Errorf("keyturn %v: exit %d, and nothing says what next:\n%s", args, r.code, told)
	}
	for _, noise := range []string{"%!", "<nil>", "context canceled", "context deadline", "goroutine ", "panic:", "invalid character", "unexpected EOF"} {
		if strings.Contains(told, noise) {
			o.Errorf("keyturn %v says %q:\n%s", args, noise, told)
		}
	}
}

// said is what was printed for people.
func said(stderr string) string {
	var told []string
	for line := range strings.Lines(stderr) {
		if !isLog(line) && !isProgress(line) {
			told = append(told, strings.TrimRight(line, "\n"))
		}
	}
	return strings.Join(told, "\n")
}

// judge asks for the truth.
func (o *ordeal) judge() {
	o.Helper()
	o.bothWork()
	if o.edited[0] == "" && len(o.m.runs()) > 0 {
		o.m.want(0, "audit", "verify")
	}
	if o.addIn {
		return
	}
	now := o.cloud.state()
	for name, failed := range now.failures() {
		o.Errorf("%s failed %d times", name, failed)
	}
	if was, is := o.before.foreign(o.T), now.foreign(o.T); !maps.Equal(was, is) {
		o.Errorf("what is foreign was %v, is %v", was, is)
	}
	held := byKey(now.provisionAssist(o.T).Passwords)
	for id, p := range byKey(o.before.provisionAssist(o.T).Passwords) {
		if _, there := held[id]; !there && id != o.old.KeyID {
			o.Errorf("the foreign secret %s (%s) was removed", id, p.DisplayName)
		}
	}
}

// finish comes back until the renewal is done, as a person would who reads what they are told.
func (o *ordeal) finish() {
	o.Helper()
	for asked, turn := 0, 0; turn < 20 && asked < 3 && !o.Failed(); turn++ {
		o.attend("renew", o.name, "--yes", "--wait", "0")
		o.judge()
		last := o.m.lastRun()
		switch {
		case last.State == "done":
			o.assertWholeAgain()
			return
		case last.Door == "person":
			asked++
		case last.Reason.Code == "throttled": // that goes by the machine's own time
			time.Sleep(4 * time.Second)
			continue
		}
		o.cloud.advance(o.later)
	}
	o.Errorf("it doesn't end: %+v", o.m.lastRun())
}

func (o *ordeal) assertWholeAgain() {
	o.Helper()
	if !o.decided {
		o.whole()
		return
	}
	o.cloud.advance(longAfter)
	o.judge()
	o.assertNothingKept()
	held := map[string]bool{}
	for _, value := range o.cloud.state().places(o.T) {
		held[value] = true
	}
	if len(held) != 1 {
		o.Errorf("%d values are in the places", len(held))
	}
}
