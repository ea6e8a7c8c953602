package cloud

import (
	"context"
	"fmt"
	"sync"
	"time"

	"keyturn/problem"
)

// Limit is how many of some writes one identity may make in one tenant: one each Every, and Burst at once after a rest.
type Limit struct {
	Name  string // "" = all writes
	Every time.Duration
	Burst int
	// patience is how long a write waits for its turn in this process; what would wait longer is given back to be tried later.
	patience time.Duration
	first    int           // so many shares are a process's own, so that a command that makes one renewal asks no store
	batch    int           // so many shares are drawn at once
	pace     time.Duration // so long at least is waited for more where there were none
}

// Writes are 3,000 in two and a half minutes. A burst and what time brings while it is used up stay below that in any such
// stretch; what is left is for writes that were drawn late and arrived early. Those to registrations that take personal
// accounts, too, are 60 a minute of these: they are soon given back, so that they don't keep hands from others, yet as many wait
// as come back together, since alarms ring every five seconds.
// Source: https://learn.microsoft.com/graph/throttling-limits, read 2026-11-25.
var (
	Writes         = Limit{Every: 51 * time.Millisecond, Burst: 50, patience: longestLine, first: 3, batch: 10, pace: 250 * time.Millisecond}
	PersonalWrites = Limit{Name: "personal accounts", Every: 1020 * time.Millisecond, Burst: 1, patience: 6 * time.Second, batch: 1}
)

// Budget is what all processes that share a store may ask of Microsoft Graph together, in shares of one write each.
type Budget interface {
	// Draw takes up to want shares of a limit. With none to be had it says how long until there is one.
	Draw(ctx context.Context, of Limit, want int) (got int, wait time.Duration, err error)
	// Hold keeps everybody from asking anything for the next d.
	Hold(ctx context.Context, d time.Duration) error
	// Held returns for how long nobody may ask anything; 0 = one may.
	Held(ctx context.Context) (time.Duration, error)
}

const (
	// heldAgain is how often is asked whether another process was told to wait.
	heldAgain = time.Second
	// longestLine is how long a request waits here; what would wait longer is given back to be tried later.
	longestLine = 30 * time.Second
	// unsaid is how long a service that is asked too much is left alone when it doesn't say.
	unsaid = 10 * time.Second
)

// Share makes the requests to Microsoft Graph keep to what other processes leave. Call it before the first request.
func (s *Session) Share(b Budget) {
	s.purse.shared, s.purse.asked = b, time.Now()
	s.purse.all = queue{limit: Writes, shared: b}
	s.purse.personal = queue{limit: PersonalWrites, shared: b}
}

// Unpaced lets writes go on until Graph refuses one, which still holds everybody. Call it after Share.
func (s *Session) Unpaced() { s.purse.unpaced = true }

type urgencyKey struct{}

// Urgent marks what is done for a credential that ends then: what ends first is asked for first.
func Urgent(ctx context.Context, end time.Time) context.Context {
	return context.WithValue(ctx, urgencyKey{}, end)
}

type personalKey struct{}

// ForPersonal marks the writes to a registration that takes personal accounts, too.
func ForPersonal(ctx context.Context) context.Context {
	return context.WithValue(ctx, personalKey{}, true)
}

type backgroundKey struct{}

// Background marks what may come later without anybody noticing, such as looking around: Graph refuses it before all
// else where it is asked too much.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// purse is this process's part of a budget. All of its times are the machine's own.
type purse struct {
	shared  Budget // nil = nobody shares, and nothing is kept to
	unpaced bool   // no share is needed

	mu    sync.Mutex
	until time.Time
	asked time.Time // when others' holds were last asked for

	all, personal queue
}

// pass returns once Graph may be asked: when nobody was told to wait, and for a write when there is a share for it. Its
// error means that nothing was sent.
func (p *purse) pass(ctx context.Context, write bool) error {
	if p.shared == nil {
		return nil
	}
	if err := p.waitOut(ctx, p.held(ctx)); err != nil || !write || p.unpaced {
		return err
	}
	if ctx.Value(personalKey{}) != nil {
		if err := p.personal.take(ctx); err != nil {
			return err
		}
	}
	return p.all.take(ctx)
}

// held is for how long nobody may ask. Others' holds are learned of a little late; they learn of it as we did.
func (p *purse) held(ctx context.Context) time.Duration {
	p.mu.Lock()
	ask := time.Since(p.asked) >= heldAgain
	if ask {
		p.asked = time.Now()
	}
	p.mu.Unlock()
	if ask {
		if d, err := p.shared.Held(ctx); err == nil { // a store that can't be reached ends our acts in another way
			p.leaveAlone(d)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.until)
}

func (p *purse) leaveAlone(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end := time.Now().Add(d); end.After(p.until) {
		p.until = end
	}
}

// hold makes everybody wait, because Graph said so.
func (p *purse) hold(ctx context.Context, d time.Duration) {
	if p.shared == nil {
		return
	}
	p.leaveAlone(d)
	_ = p.shared.Hold(ctx, d) // who doesn't learn of it is told by Graph
}

func (p *purse) waitOut(ctx context.Context, d time.Duration) error {
	switch {
	case d <= 0:
		return nil
	case d > longestLine:
		return crowded(d, nil)
	}
	if Sleep(ctx, d) != nil {
		return crowded(0, context.Cause(ctx))
	}
	return nil
}

// crowded is a request that wasn't sent.
func crowded(after time.Duration, cause error) error {
	if cause == nil {
		cause = fmt.Errorf("it takes no more requests for %s", after.Round(time.Second))
	}
	return problem.Later(problem.Throttled, "Microsoft Graph", after, cause)
}
