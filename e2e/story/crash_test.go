//go:build unix

package story_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/store/postgrestest"
)

var (
	allCrashes = flag.Bool("crashes", false, "fill the whole crash table on both stores, rather than a third of it on PostgreSQL")
	crashSeed  = flag.Uint64("crashseed", 0, "which third of the crash table is filled on PostgreSQL; 0 = drawn")
)

// TestCrashTable kills the real program with SIGKILL at each point of each row, starts it again, and asks how it ends.
func TestCrashTable(t *testing.T) {
	t.Parallel()
	table := newTable(t, chart{"crash table", rows(), "each on SQLite and on PostgreSQL"})
	clouds := newFleet(t)
	for store, chosen := range map[string][]cell{"SQLite": cells(rows()), "PostgreSQL": onPostgres(t)} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() { assertServerKeptNothing(t) }) // while the databases are there
			for _, cell := range chosen {
				t.Run(cell.String(), func(t *testing.T) {
					t.Parallel()
					c := newCrash(t, clouds, cell, store == "PostgreSQL")
					c.run()
					table.fill(t, cell, c.outcome())
				})
			}
		})
	}
}

// onPostgres are the cells that are filled on PostgreSQL.
func onPostgres(t *testing.T) []cell {
	return drawn(t, cells(rows()), 3)
}

var drawOnce sync.Once

// drawn is one cell in so many, other ones each time; with -crashes, all are.
func drawn(t *testing.T, all []cell, in int) []cell {
	if *allCrashes {
		return all
	}
	drawOnce.Do(func() {
		if *crashSeed == 0 {
			*crashSeed = rand.Uint64()
		}
	})
	t.Logf("of the table, one cell in %d is drawn by -crashseed %d", in, *crashSeed)
	draw := rand.New(rand.NewPCG(*crashSeed, 2026))
	draw.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all[:(len(all)+in-1)/in]
}

// fleet lends clouds to tests, one at a time each.
type fleet struct {
	t    *testing.T
	args []string   // of the cloud
	mu   sync.Mutex // one makes something at a time, on behalf of the fleet's own test
	idle chan *cloud
	free chan string // databases
}

func newFleet(t *testing.T, args ...string) *fleet {
	return &fleet{t: t, args: append(args, "--gentle"), idle: make(chan *cloud, 64), free: make(chan string, 64)}
}

// lend is a cloud as it is at its start, until the test ends.
func (f *fleet) lend(t *testing.T) *cloud {
	var c *cloud
	select {
	case c = <-f.idle:
	default:
		f.mu.Lock()
		c = startCloud(f.t, f.args...)
		f.mu.Unlock()
	}
	lent := &cloud{c.Cloud, t}
	lent.ask("DELETE", "/_sim/faults", nil, nil)
	lent.ask("POST", "/_sim/reset", nil, nil)
	lent.ask("DELETE", "/_sim/log", nil, nil)
	t.Cleanup(func() { f.idle <- c })
	return lent
}

// lendDatabase is the address of a database that holds nothing but Keyturn's tables, until the test ends.
func (f *fleet) lendDatabase(t *testing.T) (address string) {
	select {
	case address = <-f.free:
		postgrestest.Run(t, address, `DO $$ BEGIN EXECUTE (
			SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') FROM pg_tables
			WHERE schemaname = 'public' AND tablename NOT LIKE '%migration'); END $$`)
	default:
		f.mu.Lock()
		address = postgrestest.Database(f.t)
		f.mu.Unlock()
	}
	t.Cleanup(func() { f.free <- address })
	return address
}

// crash is one cell at work.
type crash struct {
	*testing.T
	cell
	subject
	cloud    *cloud
	m        *machine
	database string // address, where the store is in one
	before   truth
	old      password // the one that is replaced
	room     string   // key id of another one that goes first; "" = none
	more     []string // arguments of renew that the story found out

	state    string  // of the run, as last saved
	acted    bool    // the effect has happened, and nothing was saved since
	spoiled  bool    // the reply was spoiled
	early    bool    // the kill before the row's own is over
	killed   bool    // it is done
	gated    bool    // the gate was passed
	chance   *chance // what goes wrong in the place of the cell's kill; nil = that
	doubtful bool    // it waits for what may still arrive
	asked    int     // how many secrets were asked for
	between  func()  // is called when the program was killed at the cell's point; nil = nothing more happens then
}

// subject is the application that is renewed.
type subject struct {
	name     string        // in the configuration
	clientID string        // with what follows it in a sign-in
	bothWork func()        // asserts what holds at any time
	whole    func()        // asserts what holds at the end
	soon     time.Duration // after which somebody comes back for the first time
	later    time.Duration // and then
}

func newCrash(t *testing.T, clouds *fleet, cell cell, inDatabase bool) *crash {
	t.Helper()
	c := &crash{T: t, cell: cell, cloud: clouds.lend(t), early: cell.first == ""}
	edits := append(append(slices.Clone(cell.edits), atOnce...), "minimum: 14d", "minimum: 2d")
	if !cell.evident {
		edits = append(edits, "evidence: preferred", "evidence: time")
	}
	if inDatabase {
		var where, password string
		c.database = clouds.lendDatabase(t)
		where, password = withoutPassword(t, c.database)
		c.m = newMachine(t, c.cloud, append(edits, "store: keyturn.db", "store: "+where)...)
		c.m.env = []string{password}
	} else {
		c.m = newMachine(t, c.cloud, edits...)
	}
	if cell.prepare != nil {
		cell.prepare(c)
	}
	c.before = c.cloud.state()
	found, held := c.before.provisionAssist(t), c.before.places(t)["vault"]
	c.old = found.Passwords[slices.IndexFunc(found.Passwords, func(p password) bool { return p.Value == held })]
	c.subject = subject{name: app, clientID: found.AppID, bothWork: c.assertBothWork, whole: c.assertWhole, soon: 6 * day, later: 2 * day}
	return c
}

// run drives the renewal to the cell's point, kills it there, and lets others go on to the end.
func (c *crash) run() {
	c.Helper()
	for turn, passes := 0, 0; !c.over(); turn++ {
		if turn == 24 {
			c.Fatalf("the renewal isn't done (killed: %v; %v): %+v", c.killed, c.chance, c.m.runs())
		}
		switch {
		case c.turn() || c.over():
		case c.doubtful:
			c.cloud.advance(20 * time.Minute) // in which whatever was sent last arrives
		default:
			c.pass(passes)
			passes++
		}
	}
	if !c.killed && c.chance == nil {
		c.Fatal("the point was never reached")
	}
	c.whole()
}

// pass lets time pass between two turns: first the overlap and the reports' lag, then what the reports still take.
func (c *crash) pass(n int) {
	if n == 0 {
		c.cloud.advance(c.soon)
		return
	}
	c.cloud.advance(c.later)
}

// turn runs one command that begins the renewal or goes on with it, and reports whether that was killed.
func (c *crash) turn() (killed bool) {
	c.Helper()
	args := append([]string{"renew", c.subject.name, "--yes", "--wait", "0"}, append(slices.Clone(c.renew), c.more...)...)
	r, killed := c.m.watched(c.at, args...)
	c.doubtful = strings.Contains(r.stdout+r.stderr, " may still ")
	switch {
	case killed:
		c.letGo()
		if c.killed && c.between != nil {
			c.between()
			c.between = nil
		}
	case r.code != 0 && r.code != 2 && c.chance == nil:
		c.Fatalf("keyturn %v: exit %d\n%s\n%s", args, r.code, r.stdout, tail(r.stderr))
	}
	c.bothWork()
	return killed
}

func (c *crash) over() bool { return c.state == "done" }

// letGo lets the lease of a killed process end at once in a shared database, where only its ten seconds tell of its end;
// TestNodesDieAndHang waits for them.
func (c *crash) letGo() {
	if c.database != "" {
		postgrestest.Run(c.T, c.database, "UPDATE node SET alive_until = now()")
	}
}

// at says what becomes of the program at one of its steps.
func (c *crash) at(s step) verdict {
	mark, act := c.isMark(s), c.isAct(s)
	said := goOn
	switch {
	case c.chance != nil:
		if said = c.chance.at(c, s); said == kill {
			c.follow(s, false, false)
			return kill
		}
	case !c.early:
		if s.At == "after" && s.is(c.first) && c.isOurs(s) && c.state != "" {
			c.early = true
			return kill
		}
	case c.killed:
	case c.point == s.At+" mark" && mark,
		c.point == "after act" && act && s.At == "after",
		c.point == "before advance" && c.acted && s.Kind == "save" && s.At == "before":
		c.killed, c.acted = true, false
		return kill
	}
	if act && c.early && s.At == "before" && !c.spoiled && c.reply != "arrives" {
		c.spoil(s)
		said = alone
	}
	c.follow(s, mark, act)
	return said
}

// follow keeps what a step tells of the renewal.
func (c *crash) follow(s step, mark, act bool) {
	if s.At == "before" {
		if s.is(removes) && c.state == "retiring" && !c.gated {
			c.Errorf("a secret is removed although the gate wasn't passed")
		}
		return
	}
	switch s.Kind {
	case "request":
		c.acted = c.acted || act && c.early
	case "claim":
		c.state = s.State
	case "begin", "save":
		c.acted = c.acted || c.act == "" && mark
		c.state = s.State
		c.gated = c.gated || s.tells("gate done")
		if s.tells("issue intended") {
			c.asked++
		}
	}
}

func (c *crash) isMark(s step) bool {
	if c.mark == "begin" {
		return s.Kind == "begin"
	}
	return s.Kind == "save" && c.state == c.row.state && c.mark != "" && s.tells(c.mark)
}

func (c *crash) isAct(s step) bool {
	return c.act != "" && c.state == c.row.state && s.is(c.act) && c.isOurs(s)
}

// isOurs reports whether a request isn't a sign-in of Keyturn itself.
func (c *crash) isOurs(s step) bool { return s.As == "" || s.As == c.clientID }

// spoil lets the reply of the request that comes next go wrong.
func (c *crash) spoil(s step) {
	c.spoiled = true
	c.fault(s, faultOf(c.reply))
}

// fault lets the request that comes next, and no other, go wrong by a rule.
func (c *crash) fault(s step, rule map[string]any) {
	method, where, _ := strings.Cut(s.Act, " ")
	host, path, _ := strings.Cut(where, "/")
	rule["host"], rule["method"], rule["path"], rule["count"] = host, method, path, 1
	c.cloud.faults(rule)
}

// outcome is how the renewal went on: with the secret that it had made, or with another one.
func (c *crash) outcome() string {
	made := 1
	if c.first != "" {
		made = 2
	}
	if c.asked > made {
		return "anew"
	}
	return "same"
}
