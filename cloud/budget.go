package cloud

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"

	"keyturn/problem"
)

// How many writes one identity may make in one tenant: 3,000 in two and a half minutes. A burst and what time brings while
// it is used up stay below that in any such stretch; what is left is for writes that were drawn late and arrived early.
// Source: https://learn.microsoft.com/graph/throttling-limits, read 2026-11-25.
const (
	GraphWriteEvery = 51 * time.Millisecond
	GraphWriteBurst = 50
)

// Budget is what all processes that share a store may ask of Microsoft Graph together, in shares of one write each.
type Budget interface {
	// Draw takes up to want shares. With none to be had it says how long until there is one.
	Draw(ctx context.Context, want int) (got int, wait time.Duration, err error)
	// Hold keeps everybody from asking anything for the next d.
	Hold(ctx context.Context, d time.Duration) error
	// Held returns for how long nobody may ask anything; 0 = one may.
	Held(ctx context.Context) (time.Duration, error)
}

const (
	// firstShares are a process's own: what one renewal needs, so that a command that makes one asks no store.
	firstShares = 3
	// batch is how many shares are drawn at once, and pace how long at least is waited for more where there were none.
	batch = 10
	pace  = 250 * time.Millisecond
	// heldAgain is how often is asked whether another process was told to wait.
	heldAgain = time.Second
	// longestLine is how long a request waits here; what would wait longer is given back to be tried later.
	longestLine = 30 * time.Second
	// unsaid is how long a service that is asked too much is left alone when it doesn't say.
	unsaid = 10 * time.Second
)

// Share makes the requests to Microsoft Graph keep to what other processes leave. Call it before the first request.
func (s *Session) Share(b Budget) { s.purse.shared, s.purse.asked = b, time.Now() }

type urgencyKey struct{}

// Urgent marks what is done for a credential that ends then: what ends first is asked for first.
func Urgent(ctx context.Context, end time.Time) context.Context {
	return context.WithValue(ctx, urgencyKey{}, end)
}

// purse is this process's part of a budget. All of its times are the machine's own.
type purse struct {
	shared Budget // nil = nobody shares, and nothing is kept to

	mu      sync.Mutex
	used    int // of the first shares
	left    int // drawn and not used
	until   time.Time
	asked   time.Time // when others' holds were last asked for
	line    line
	drawing bool
}

// pass returns once Graph may be asked: when nobody was told to wait, and for a write when there is a share for it. Its
// error means that nothing was sent.
func (p *purse) pass(ctx context.Context, write bool) error {
	if p.shared == nil {
		return nil
	}
	if err := p.waitOut(ctx, p.held(ctx)); err != nil || !write {
		return err
	}
	return p.take(ctx)
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
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return crowded(0, context.Cause(ctx))
	}
}

// crowded is a request that wasn't sent.
func crowded(after time.Duration, cause error) error {
	if cause == nil {
		cause = errors.New("it takes no more requests for the moment")
	}
	return problem.Later(problem.Throttled, "Microsoft Graph", after, cause)
}

// take uses one share, in the order of urgency among those of this process who wait.
func (p *purse) take(ctx context.Context) error {
	p.mu.Lock()
	if p.used < firstShares {
		p.used++
		p.mu.Unlock()
		return nil
	}
	if p.left > 0 && len(p.line) == 0 {
		p.left--
		p.mu.Unlock()
		return nil
	}
	end, _ := ctx.Value(urgencyKey{}).(time.Time)
	w := &waiter{end: end, served: make(chan error, 1)}
	heap.Push(&p.line, w)
	if !p.drawing {
		p.drawing = true
		go p.draw(context.WithoutCancel(ctx))
	}
	p.mu.Unlock()
	select {
	case err := <-w.served:
		return err
	case <-ctx.Done():
		p.leave(w)
		return crowded(0, context.Cause(ctx))
	}
}

// leave takes one who gave up out of the line; a share that it was served just now is another's.
func (p *purse) leave(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.at >= 0 {
		heap.Remove(&p.line, w.at)
		return
	}
	if <-w.served == nil {
		p.left++
	}
}

// draw draws shares until nobody waits.
func (p *purse) draw(ctx context.Context) {
	for p.waiting() {
		asked, cancel := context.WithTimeout(ctx, longestLine)
		got, wait, err := p.shared.Draw(asked, batch)
		cancel()
		if err == nil && wait > longestLine {
			err = crowded(wait, nil)
		}
		p.serve(got, err)
		if wait > 0 {
			time.Sleep(min(max(wait, pace), heldAgain))
		}
	}
}

// waiting reports whether anybody waits; if nobody does, the drawing ends.
func (p *purse) waiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drawing = len(p.line) > 0
	return p.drawing
}

// serve hands shares out, or the failure to get any.
func (p *purse) serve(got int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left += got
	for len(p.line) > 0 && (p.left > 0 || err != nil) {
		w := heap.Pop(&p.line).(*waiter)
		if err == nil {
			p.left--
		}
		w.served <- err
	}
}

// waiter is one request that waits for a share.
type waiter struct {
	end    time.Time // of the credential that it is for; zero = not known, after all others
	served chan error
	at     int // its place in the line; -1 = served
}

// line is a heap of those who wait, the most urgent first.
type line []*waiter

func (l line) Len() int { return len(l) }
func (l line) Less(i, j int) bool {
	return !l[i].end.IsZero() && (l[j].end.IsZero() || l[i].end.Before(l[j].end))
}
func (l line) Swap(i, j int) { l[i], l[j] = l[j], l[i]; l[i].at, l[j].at = i, j }

// Push adds one; for container/heap only.
func (l *line) Push(x any) {
	w := x.(*waiter)
	w.at = len(*l)
	*l = append(*l, w)
}

// Pop takes the last one; for container/heap only.
func (l *line) Pop() any {
	old := *l
	last := old[len(old)-1]
	old[len(old)-1] = nil
	last.at, *l = -1, old[:len(old)-1]
	return last
}
