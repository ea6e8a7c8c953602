// Package transfer copies all that one store remembers into an empty one, and makes sure that nothing was lost on the
// way. It knows no database: it reads through the contract and hands what it reads to a [store.Importer]. It must not
// be used while anybody works on the old store, whose runs would then be driven twice; it refuses where it can see that.
//
// Start at [Copy].
package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// Source is a store to be copied.
type Source interface {
	store.Reader
	store.Ledger
}

// Report says what was copied.
type Report struct {
	store.Tally
	// Broken has the first bad entry of each application whose audit log doesn't hold. It was copied as it is.
	Broken map[string]int64
}

// Codes of the problems of a copy.
const (
	codeInUse = "store.inuse" // somebody works on the old store
	codeLost  = "store.lost"  // the new store counts something else than the old one
)

// far is later than any run waits for.
var far = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// Copy copies everything from one store to another in one transaction: runs, attempts, deliveries, events, audit entries
// and, where the old store has them, findings and notices, all as they are. Sightings aren't: the next look makes them
// anew. Wakes of parked runs are set anew; now is policy's time.
// It fails with a problem of class Person, and changes nothing, when the new store holds anything, when somebody works on
// the old one, and when counts or heads of the audit log differ in the end.
func Copy(ctx context.Context, from Source, to store.Importer, now time.Time) (Report, error) {
	c := &copying{from: from, report: Report{Broken: map[string]int64{}}}
	if err := c.begin(ctx); err != nil {
		return Report{}, err
	}
	if err := to.Import(ctx, c.content(ctx), now); err != nil {
		return Report{}, fmt.Errorf("copy the store: %w", err)
	}
	return c.report, nil
}

// copying is one copy under way.
type copying struct {
	from   Source
	runs   []renewal.Run // newest first
	apps   []string
	report Report
}

// begin reads the runs, and refuses a store that somebody works on.
func (c *copying) begin(ctx context.Context) (err error) {
	if c.runs, err = c.readRuns(ctx); err != nil {
		return err
	}
	apps := map[string]bool{}
	for _, run := range c.runs {
		apps[run.App] = true
	}
	c.apps = slices.Sorted(maps.Keys(apps))
	if servers, ok := c.from.(interface {
		Served(ctx context.Context) (bool, error)
	}); ok {
		served, err := servers.Served(ctx)
		if err != nil {
			return fmt.Errorf("ask who serves the store: %w", err)
		}
		if served {
			return inUse("a `keyturn serve` is alive")
		}
	}
	return c.undriven(ctx)
}

// undriven refuses a store in which a living node drives a run: such a run isn't due, whatever the time.
func (c *copying) undriven(ctx context.Context) error {
	free, err := c.from.Runs(ctx, store.Filter{Due: far, Limit: math.MaxInt32})
	if err != nil {
		return fmt.Errorf("look for runs that somebody drives: %w", err)
	}
	due := map[string]bool{}
	for _, run := range free {
		due[run.ID] = true
	}
	for _, run := range c.runs {
		if !run.State.Ended() && run.Node != "" && run.Door != renewal.Person && !due[run.ID] {
			return inUse("the renewal of " + run.App + " is being driven")
		}
	}
	return nil
}

func inUse(what string) error {
	return problem.NeedsPerson(codeInUse, "store", what+": a Keyturn works on the store that is to be copied",
		"stop every `keyturn serve` and `keyturn renew` on it, then copy again")
}

func (c *copying) readRuns(ctx context.Context) ([]renewal.Run, error) {
	runs, err := c.from.Runs(ctx, store.Filter{Limit: math.MaxInt32})
	if err != nil {
		return nil, fmt.Errorf("read the runs to be copied: %w", err)
	}
	return runs, nil
}

// accept compares what was saved with what was read, and what was read with what there is now.
func (c *copying) accept(ctx context.Context, saved store.Tally) error {
	var lost []string
	for _, table := range []struct {
		name      string
		want, got int
	}{
		{"runs", c.report.Runs, saved.Runs},
		{"attempts", c.report.Attempts, saved.Attempts},
		{"deliveries", c.report.Deliveries, saved.Deliveries},
		{"events", c.report.Events, saved.Events},
		{"audit entries", c.report.Entries, saved.Entries},
		{"findings", c.report.Findings, saved.Findings},
		{"notices", c.report.Postings, saved.Postings},
		{"API tokens", c.report.Tokens, saved.Tokens},
	} {
		if table.want != table.got {
			lost = append(lost, fmt.Sprintf("%d %s, %d were read", table.got, table.name, table.want))
		}
	}
	if !maps.Equal(c.report.Heads, saved.Heads) {
		lost = append(lost, "other ends of the audit log")
	}
	if len(lost) > 0 {
		return problem.NeedsPerson(codeLost, "store", "the new store would have "+strings.Join(lost, "; "),
			"nothing was copied; keep the old store and report this")
	}
	return c.unchanged(ctx)
}

// unchanged refuses the copy when the old store moved on meanwhile.
func (c *copying) unchanged(ctx context.Context) error {
	now, err := c.readRuns(ctx)
	if err != nil {
		return err
	}
	same := slices.EqualFunc(c.runs, now, func(a, b renewal.Run) bool { return a.ID == b.ID && a.Version == b.Version })
	if !same {
		return inUse("renewals went on while they were copied")
	}
	return nil
}

// verify notes where the audit log of app doesn't hold, and its head.
func (c *copying) verify(app string, chain []audit.Entry) {
	if at := audit.Verify(chain); at != 0 {
		c.report.Broken[app] = at
	}
	if len(chain) > 0 {
		c.report.Heads[app] = slices.MaxFunc(chain, func(a, b audit.Entry) int { return cmp.Compare(a.Number, b.Number) }).Digest
	}
}

// errStop ends a sequence whose reader has enough.
var errStop = errors.New("enough was read")
