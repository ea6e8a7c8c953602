package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"keyturn/store"
)

// dropped are runs that this process stopped driving without being able to save that it let go of them. Their rows may
// still say that they are in its hands, and since it lives, nobody else would take them.
type dropped struct {
	mu   sync.Mutex
	runs map[string]bool
}

func (d *dropped) add(run string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.runs == nil {
		d.runs = map[string]bool{}
	}
	d.runs[run] = true
}

// all returns the runs, and forgets them.
func (d *dropped) all() map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.runs
	d.runs = nil
	return all
}

// wakeDropped wakes what this process dropped. What became of such a run is found out when it is claimed: another process
// may have it by now.
func (e *Engine) wakeDropped(ctx context.Context, waker Waker) error {
	var errs []error
	for run := range e.dropped.all() {
		err := waker.Wake(ctx, run)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			continue
		}
		e.dropped.add(run)
		errs = append(errs, fmt.Errorf("wake run %s: %w", run, err))
	}
	return errors.Join(errs...)
}
