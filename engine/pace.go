package engine

import (
	"context"
	"sync"
	"time"

	"keyturn/store"
)

const (
	// inLine is how many renewals may be begun and in nobody's hands before the look at the tenant waits: enough that
	// nobody who drives has to wait for it, few enough that each is still driven by the plan that the look has made.
	// Without it, ten thousand that are due at once would all be planned twice.
	inLine = planned
	// paceEvery is how often the line is looked at while it is full, and longestPace how long the look waits for a line
	// that nobody shortens.
	paceEvery   = 250 * time.Millisecond
	longestPace = time.Minute
)

// pace keeps the look at the tenant from running far ahead of those who drive what it begins.
type pace struct {
	mu   sync.Mutex
	room int // how many may be begun before the line is looked at again
}

// begun takes one place in the line.
func (p *pace) begun() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.room--
}

func (p *pace) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room
}

func (p *pace) set(room int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.room = room
}

// makeRoom waits while more renewals are begun than are taken, whoever takes them. Where this process doesn't serve, they
// are driven after the look, and nothing is waited for.
func (e *Engine) makeRoom(ctx context.Context) {
	if !e.serving.Load() || e.pace.left() > 0 {
		return
	}
	for end := time.Now().Add(longestPace); time.Now().Before(end); {
		due, err := e.Store.Runs(ctx, store.Filter{Open: true, Due: e.Clock.Now(), Limit: inLine/2 + 1})
		if err != nil {
			break // whoever needs the store next says so
		}
		if len(due) <= inLine/2 { // not for each single one
			e.pace.set(inLine - len(due))
			return
		}
		timer := time.NewTimer(paceEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
	e.pace.set(lookAtOnce)
}
