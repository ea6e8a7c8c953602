//go:build unix

package story_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"keyturn/store/postgrestest"
)

// sharing is a fresh database as the machines' store: what keyturn.yaml names, and what their environment adds to it,
// because a password stands in no file.
func sharing(t *testing.T) (where, password string) {
	t.Helper()
	return withoutPassword(t, postgrestest.Database(t))
}

// withoutPassword takes a database's address apart into what may stand in a file and what may not.
func withoutPassword(t *testing.T, database string) (where, password string) {
	t.Helper()
	address, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	password, _ = address.User.Password()
	address.User = url.User(address.User.Username())
	return address.String(), "PGPASSWORD=" + password
}

// nodes are n machines that share one store. edits are those of newMachine.
func nodes(t *testing.T, c *cloud, n int, edits ...string) []*machine {
	t.Helper()
	where, password := sharing(t)
	var all []*machine
	for range n {
		m := newMachine(t, c, append([]string{"store: keyturn.db", "store: " + where + "\nserve: { every: 10s }"}, edits...)...)
		m.env = append(m.env, password)
		all = append(all, m)
	}
	return all
}

// TestNodesShareTheWork: one machine is asked to renew, another one that serves finishes it, and all of them tell the
// same.
func TestNodesShareTheWork(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	all := nodes(t, cloud, 2, atOnce...)
	before := cloud.state()
	asked := all[0].want(2, "renew", app, "--yes", "--wait", "0") // 2: nobody serves yet
	if !strings.Contains(asked.stdout+asked.stderr, "kept until") {
		t.Errorf("renew says:\n%s\n%s", asked.stdout, tail(asked.stderr))
	}
	d := all[1].serve()
	d.until("the end", 12*time.Hour, all[0].stateIs("done"))
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Errorf("the daemon ended with %v:\n%s", err, tail(d.said.String()))
	}
	cloud.advance(14 * day)
	for _, m := range all {
		m.want(0, "audit", "verify")
		if runs := m.runs(); len(runs) != 1 || runs[0].Outcome != "renewed" {
			t.Errorf("runs %+v", runs)
		}
		m.want(0, "show", m.runs()[0].ID)
		assertNoSecretLeft(t, m)
	}
	assertRenewed(t, before, cloud.state(), expectation{})
}

// TestNodesDieAndHang: of four that serve, the one that drives is killed, or hangs until long after it was taken over
// from; another goes on within seconds, and nothing is done twice.
func TestNodesDieAndHang(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "suspended, and back late": syscall.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			all := nodes(t, cloud, 4, "settle: { successes: 5, over: 60s }", "settle: { successes: 5, over: 4s }")
			before := cloud.state()
			var serving []*daemon
			for _, m := range all {
				serving = append(serving, m.serve())
			}
			serving[0].until("the state to be stopped in", 0, all[0].stateIs("settling", "delivering", "overlapping"))
			driver := driverOf(t, all[0], serving)
			if err := driver.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			other := serving[0]
			if other == driver {
				other = serving[1]
			}
			stopped := time.Now()
			other.until("the overlap", 0, other.m.stateIs("overlapping"))
			if took := time.Since(stopped); took > recovery+untilOverlap+busy {
				t.Errorf("the run was through after %s, want at most %s", took.Round(time.Second), recovery+untilOverlap+busy)
			} else {
				t.Logf("the run was through after %s", took.Round(100*time.Millisecond))
			}
			if signal == syscall.SIGSTOP {
				_ = driver.cmd.Process.Signal(syscall.SIGCONT)
			}
			other.until("the end", 12*time.Hour, other.m.stateIs("done"))
			for _, d := range serving {
				_ = d.end(os.Kill)
			}
			cloud.advance(14 * day)
			assertRenewed(t, before, cloud.state(), expectation{})
			all[0].want(0, "audit", "verify")
		})
	}
}

// recovery is within what another machine has taken over, as is promised: a lease of 10 s, a look every 2 s, an alarm that
// may come a second late, and 2 s more. untilOverlap is what the renewal takes afterwards, its settling of 4 s among it. busy is
// by what everything may be late because other tests use the machine; the bench has it to itself.
const (
	recovery     = 15 * time.Second
	untilOverlap = 6 * time.Second
	busy         = 10 * time.Second
)

// driverOf finds which of the daemons drives the open run: a node's name holds its process id.
func driverOf(t *testing.T, m *machine, serving []*daemon) *daemon {
	t.Helper()
	runs := m.runs()
	if len(runs) == 0 {
		t.Fatal("no run")
	}
	for _, d := range serving {
		if strings.Contains(runs[0].Node, fmt.Sprintf("-%d-", d.cmd.Process.Pid)) {
			return d
		}
	}
	return serving[0] // parked meanwhile: nobody drives it
}

// TestTheStoreMovesToADatabase in the middle of a renewal, which is finished from there.
func TestTheStoreMovesToADatabase(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, atOnce...)
	where, password := sharing(t)
	m.env = append(m.env, password)
	before := cloud.state()
	m.want(2, "renew", app, "--yes", "--wait", "0")
	m.want(0, "migrate", "--check")
	if r := m.want(0, "store", "copy", "--to", where); !strings.Contains(r.stdout, "copied 1 runs") {
		t.Errorf("store copy says:\n%s", r.stdout)
	}
	if r := m.want(1, "store", "copy", "--to", where); !strings.Contains(r.stderr, "next:") {
		t.Errorf("a second copy says:\n%s", tail(r.stderr))
	}
	m.edit("store: keyturn.db", "store: "+where)
	for tries := 0; tries < 10 && !m.stateIs("done")(); tries++ {
		cloud.advance(8 * day) // the overlap, and then the report's lag
		m.run("resume", app)
	}
	if runs := m.runs(); len(runs) != 1 || runs[0].State != "done" {
		t.Errorf("runs %+v", runs)
	}
	m.want(0, "audit", "verify")
	cloud.advance(14 * day)
	assertRenewed(t, before, cloud.state(), expectation{})
	assertNoSecretLeft(t, m)
}

// TestADatabaseThatCantBeUsed is told in one message with the next step, and never its password.
func TestADatabaseThatCantBeUsed(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	where, password := sharing(t)
	for name, c := range map[string]struct {
		store, env string
		code       int
		says       []string
	}{
		"nobody listens":               {"postgres://keyturn@127.0.0.1:1/keyturn", password, 1, []string{"127.0.0.1:1"}},
		"no such database":             {where + "_gone", password, 1, []string{"_gone"}},
		"a password in the address":    {strings.Replace(where, "@", ":hunter2hunter2@", 1), "", 1, []string{"a password stands in the address", "PGPASSWORD"}},
		"an address that can't be one": {"postgres://[", "", 1, []string{"can't be understood"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, cloud, "store: keyturn.db", "store: "+c.store)
			m.env = append(m.env, c.env)
			for _, command := range [][]string{{"renew", app, "--yes"}, {"status", "--offline"}, {"migrate"}} {
				r := m.run(command...)
				if r.code != c.code || strings.Contains(r.stdout+r.stderr, "hunter2") {
					t.Errorf("keyturn %v: exit %d\n%s", command, r.code, tail(r.stderr))
				}
				for _, text := range c.says {
					if !strings.Contains(r.stderr, text) {
						t.Errorf("keyturn %v doesn't say %q:\n%s", command, text, tail(r.stderr))
					}
				}
			}
			if s := cloud.state(); len(s.provisionAssist(t).Passwords) != 1 {
				t.Error("something was made")
			}
		})
	}
}
