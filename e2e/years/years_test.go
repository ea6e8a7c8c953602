// Package years_test lets years pass in minutes: the real engine, stages and store renew the secrets of an organisation
// again and again, through windows, freezes and faults, while its consumers sign in all the time and must never fail.
//
// `make years` takes a thousand applications; a draw that failed is repeated with -draws.
package years_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"keyturn/simulator/world"
	"keyturn/vault"
)

var (
	size  = flag.Int("apps", 200, "applications")
	span  = flag.Int("years", 10, "years that pass")
	life  = flag.Int("life", 3, "years that a secret lives")
	draws = flag.Uint64("draws", 0, "repeat the draws of an earlier run; 0 draws anew")
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// lookEvery is how often the tenant is looked at. What is due is known by its date, so that more often finds nothing.
const lookEvery = 10 * day

func TestYearsInMinutes(t *testing.T) {
	seed := *draws
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("%d applications, %d years; repeat with: go test ./e2e/years -apps %d -years %d -draws %d", *size, *span, *size, *span, seed)
	f := newFleet(t, fmt.Sprintf("large:%d", *size), seed,
		"lifetime: 180d", fmt.Sprintf("lifetime: %dd", *life*365),
		"renewBefore: 30d", "renewBefore: 60d\n  window: { cron: 0 22 * * 1-5, length: 6h, timezone: Europe/Berlin }\n  freezes: ["+freezes()+"]",
		"settle: { successes: 5, over: 60s }", "settle: { successes: 3, over: 0s }",
	)
	before := f.truth()
	served := make(chan error, 1)
	go func() { served <- f.engine.Serve(t.Context(), f.alarm) }()
	<-f.alarm.ready
	c := &chances{random: rand.New(rand.NewPCG(seed, 1))}
	began := time.Now()
	f.live(t.Context(), c, before)
	close(f.stop)
	if err := <-served; err != nil {
		t.Errorf("serving ended with %v", err)
	}
	f.assertWell(before)
	f.assertRenewed()
	f.assertAudit()
	t.Logf("%d years in %s; %d faults", *span, time.Since(began).Round(time.Second), c.made)
}

// freezes are three weeks around each new year.
func freezes() (list string) {
	for y := 2026; y < 2026+*span+2; y++ {
		list += fmt.Sprintf(" { from: %d-12-18, to: %d-01-07, reason: end of year },", y, y+1)
	}
	return list[:len(list)-1] + " "
}

// live lets the years pass: a look at the tenant every few days, each run when its time comes, a fault now and then, and
// the truth judged every quarter.
func (f *fleet) live(ctx context.Context, c *chances, before truth) {
	f.t.Helper()
	start := f.now()
	end := start.Add(time.Duration(*span) * year)
	judged := start
	for look := start; f.now().Before(end) && !f.t.Failed(); {
		if !f.now().Before(look) {
			c.disturb(f)
			f.must(f.engine.Look(ctx))
			look = f.now().Add(lookEvery)
		}
		f.must(f.alarm.ring(ctx))
		if f.now().Sub(judged) > year/4 {
			judged = f.now()
			f.must(f.engine.Prune(ctx))
			f.assertWell(before)
			f.assertBounded()
		}
		next, err := f.alarm.next(ctx)
		f.must(err)
		if next.IsZero() || look.Before(next) {
			next = look
		}
		f.pass(next)
	}
	f.sim.Advance(14 * day) // what was removed last must be missed by nobody
}

// pass lets time pass up to an instant. The session learns of it by an answer's date, as it does of a machine's clock that
// is wrong; the Key Vault client keeps its tokens by the machine's clock, for which no time has passed, and is made anew.
func (f *fleet) pass(until time.Time) {
	f.t.Helper()
	f.sim.Advance(max(until.Sub(f.now()), 0))
	f.sim.World().Log().Clear() // years of requests would fill the memory
	answer, err := f.session.Client().Get(f.session.Hosts().Login + "/" + f.sim.Sample().Tenant + "/v2.0/.well-known/openid-configuration")
	f.must(err)
	_ = answer.Body.Close()
	f.vault = vault.New(f.session)
}

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("%s: %v", f.now().Format(time.DateOnly), err)
	}
}

// chances makes things go wrong, repeatably.
type chances struct {
	random *rand.Rand
	made   int
}

// disturb lets one of the next writes go wrong: refused, failed before or after its effect, its answer lost, or slowed
// down by throttling. Reads repeat by the machine's own time, so that only few of theirs fail.
func (c *chances) disturb(f *fleet) {
	kinds := []world.FaultKind{world.FaultErrorBefore, world.FaultErrorAfter, world.FaultReplyLost}
	paths := []struct{ method, path string }{
		{"POST", "/addPassword"}, {"POST", "/removePassword"}, {"PUT", "/secrets/"}, {"PUT", "/connections/"}, {"PUT", "/variables/"}, {"PATCH", "/variables/"},
	}
	if c.random.IntN(2) == 0 {
		return
	}
	at := paths[c.random.IntN(len(paths))]
	fault := world.Fault{Method: at.method, Path: at.path, Count: 1 + c.random.IntN(2), Kind: kinds[c.random.IntN(len(kinds))]}
	f.must(f.sim.World().AddFaults([]world.Fault{fault}))
	c.made += fault.Count
}
