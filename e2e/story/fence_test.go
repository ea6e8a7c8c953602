//go:build unix

package story_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestAnotherMachineGoesOn kills or suspends one of two machines that serve a database, in each state of a renewal. The
// other one goes on in time, and one that comes back late does nothing more.
func TestAnotherMachineGoesOn(t *testing.T) {
	t.Parallel()
	clouds := newFleet(t)
	third := rand.IntN(3)
	for name, how := range map[string]verdict{"killed": kill, "suspended": hang} {
		for i, cell := range inFlight() {
			if !*allCrashes && (i+int(how))%3 != third {
				continue
			}
			t.Run(name+" at "+cell.String(), func(t *testing.T) {
				t.Parallel()
				p := newPair(t, clouds, cell, how)
				p.loseOne()
				if how == hang {
					p.comeBack()
				}
				p.until("the end", func() bool { return p.state == "done" })
				p.assertBothWhole()
			})
		}
	}
}

// lease is how long a machine is taken for alive after its last sign of life.
const lease = 10 * time.Second

// asksRight is how a look at the tenant asks whether a version may be disabled: it names one that isn't there.
const asksRight = "PATCH kv-provassist.vault.azure.net/secrets/appSecret/00000000"

// pair is two machines that serve one database.
type pair struct {
	*crash
	how      verdict
	machines [2]*machine
	nodes    [2]*held

	mu      sync.Mutex // of all that follows, and of the cell
	lost    int        // the machine that was stopped; -1 = none yet
	at      time.Time  // when it was
	claimed time.Time  // when the other one took the renewal over
}

func newPair(t *testing.T, clouds *fleet, cell cell, how verdict) *pair {
	t.Helper()
	p := &pair{crash: newCrash(t, clouds, cell, true), how: how, lost: -1}
	p.m.edit("store: ", "serve: { every: 10s }\nstore: ")
	if p.more != nil { // only a person may name a secret that goes first
		p.m.watched(func(s step) verdict {
			if s.Kind == "begin" && s.At == "after" {
				return kill
			}
			return goOn
		}, append([]string{"renew", app, "--yes"}, p.more...)...)
		p.letGo()
		p.crash.state = "planned"
	}
	p.machines = [2]*machine{p.m, p.m.again()}
	for i, m := range p.machines {
		h := m.hold("serve", "--listen", "none")
		p.nodes[i] = h
		go h.watch(func(s step) verdict { return p.step(i, s) })
		t.Cleanup(func() { _ = h.cmd.Process.Kill() })
	}
	return p
}

// again is another machine with the same configuration.
func (m *machine) again() *machine {
	m.t.Helper()
	other := &machine{t: m.t, cloud: m.cloud, dir: m.t.TempDir(), env: m.env}
	text, err := os.ReadFile(filepath.Join(m.dir, "keyturn.yaml"))
	if err == nil {
		err = os.WriteFile(filepath.Join(other.dir, "keyturn.yaml"), text, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return other
}

// step says what becomes of a machine at one of its steps.
func (p *pair) step(node int, s step) verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := p.crash.at(s)
	switch {
	case said == kill:
		p.lost, p.at = node, time.Now()
		return p.how
	case p.lost >= 0 && p.claimed.IsZero() && s.Kind == "claim" && s.At == "after" && s.State != "":
		p.claimed = time.Now()
	}
	return said
}

// until waits until it is so, and moves the clock, far while both secrets are kept.
func (p *pair) until(what string, is func() bool) {
	p.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(250 * time.Millisecond) {
		p.mu.Lock()
		so, waiting := is(), p.state == "overlapping"
		p.mu.Unlock()
		switch {
		case so:
			return
		case time.Now().After(end):
			p.Fatalf("%s did not come; the run is %+v", what, p.m.runs())
		case waiting:
			p.cloud.advance(12 * time.Hour)
		default:
			p.cloud.advance(5 * time.Second) // what is tried again in minutes, because a token ended at such a leap, needn't take as long
		}
	}
}

// loseOne waits until one machine is stopped and the other has taken the renewal over.
func (p *pair) loseOne() {
	p.Helper()
	p.until("the point", func() bool { return p.lost >= 0 })
	p.until("the other machine", func() bool { return !p.claimed.IsZero() })
	if took := p.claimed.Sub(p.at); took > recovery+busy {
		p.Errorf("the renewal was taken over after %s, want at most %s", took, recovery+busy)
	}
}

// comeBack lets the suspended machine go on when the other one stands still, and looks at what it does before it takes
// the renewal over again in order.
func (p *pair) comeBack() {
	p.Helper()
	p.until("the other machine's rest, and the end of the first one's lease", func() bool {
		return (p.state == "overlapping" || p.state == "done") && time.Since(p.at) > lease
	})
	node := p.nodes[p.lost]
	claims := false
	if err := node.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		p.Fatal(err)
	}
	go node.watch(func(s step) verdict {
		p.mu.Lock()
		defer p.mu.Unlock()
		claims = claims || s.Kind == "claim"
		if !claims && s.At == "after" && !s.Unsent && s.Kind == "request" && !s.is(signsIn) && !s.is(asksRight) {
			p.Errorf("it came back late and sent %s", s.Act)
		}
		if claims {
			return p.crash.at(s)
		}
		return goOn
	})
	p.until("its knowing that it was away", func() bool { return strings.Contains(node.errs.String(), "serving begins again") })
}

func (p *pair) assertBothWhole() {
	p.Helper()
	for _, h := range p.nodes {
		_ = h.cmd.Process.Kill()
		h.end()
	}
	p.assertWhole()
	assertNoSecretLeft(p.T, p.machines[1])
}
