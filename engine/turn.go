package engine

import (
	"context"
	"sync"
)

// turns say which runs this process drives because their alarm rang, and which ones a person has a word for: that word
// waits for the effect in hand, and nobody goes on with the run before it was heard.
type turns struct {
	mu   sync.Mutex
	runs map[string]*turn
}

type turn struct {
	halt, done chan struct{}
	told       bool // a person's
}

// take gives the run's turn to whoever drives it; false while somebody else has it. leave gives it back.
func (t *turns) take(run string) (leave func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.runs[run] != nil {
		return nil, false
	}
	return t.put(run, &turn{halt: make(chan struct{}), done: make(chan struct{})}), true
}

// put is called with the lock held.
func (t *turns) put(run string, mine *turn) (leave func()) {
	if t.runs == nil {
		t.runs = map[string]*turn{}
	}
	t.runs[run] = mine
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.runs, run)
		close(mine.done)
	}
}

// seize takes the turn for a person's word: whoever drives the run is asked to stop after the effect in hand, and waited
// for until ctx ends.
func (t *turns) seize(ctx context.Context, run string) (leave func(), err error) {
	for {
		t.mu.Lock()
		held := t.runs[run]
		if held == nil {
			leave = t.put(run, &turn{halt: make(chan struct{}), done: make(chan struct{}), told: true})
			t.mu.Unlock()
			return leave, nil
		}
		if !held.told {
			select {
			case <-held.halt:
			default:
				close(held.halt)
			}
		}
		t.mu.Unlock()
		select {
		case <-held.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// halted is closed once the run is to be stopped for a person's word; nil where nobody drives it by its alarm.
func (t *turns) halted(run string) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if held := t.runs[run]; held != nil && !held.told {
		return held.halt
	}
	return nil
}
