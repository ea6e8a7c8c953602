package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"keyturn/renewal"
	"keyturn/stage"
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

// letDroppedGo lets go of what this process dropped. Nothing else ends that: whoever else hears the run's alarm finds it in
// the hands of a process that lives.
func (e *Engine) letDroppedGo(ctx context.Context) error {
	var errs []error
	for id := range e.dropped.all() {
		if err := e.letDropGo(ctx, id); err != nil {
			e.dropped.add(id)
			errs = append(errs, fmt.Errorf("let run %s go: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// letDropGo parks a run at the door where it stood, to be gone on with by whoever is next. One that this process drives
// again, or that isn't in its hands by now, is left alone.
func (e *Engine) letDropGo(ctx context.Context, id string) error {
	leave, idle := e.turns.take(id)
	if !idle {
		return nil
	}
	defer leave()
	run, err := e.Store.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (run.Node != e.Node || run.State.Ended()) {
		return nil
	}
	if err != nil {
		return err
	}
	pause := e.asItStood(run, renewal.Reason{
		Code: "stopped", Text: "the process that drove this run couldn't reach its store", Fix: "it is tried again by itself; or: keyturn resume " + run.App,
	})
	err = e.job(stage.Setup{App: run.App, ClientID: run.ClientID}, run).Park(ctx, pause)
	if errors.Is(err, store.ErrFenced) { // somebody has done something with it meanwhile
		return nil
	}
	return err
}

// asItStood is the pause of a run that goes on standing as it did; one that was being driven is driven on at once, for a reason.
func (e *Engine) asItStood(run renewal.Run, driven renewal.Reason) stage.Pause {
	if run.Door == renewal.Open {
		return stage.Pause{Door: renewal.Retry, Until: e.Clock.Now(), Reason: driven}
	}
	return stage.Pause{Door: run.Door, Until: run.WakeAt, Reason: run.Reason}
}
