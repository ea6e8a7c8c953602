package stagetest

import (
	"context"
	"slices"

	"keyturn/renewal"
	"keyturn/store"
)

// disk is the book as a power cut leaves it.
type disk struct {
	run     renewal.Run
	history store.History
}

// Advance is the book: the fence by version, then the rows.
func (w *World) Advance(_ context.Context, c store.Change) (renewal.Run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.point(); err != nil {
		return renewal.Run{}, err
	}
	if c.Run.Version != w.Run.Version {
		return renewal.Run{}, store.ErrFenced
	}
	c.Run.Version++
	w.Run = c.Run
	for _, a := range c.Attempts {
		w.history.Attempts = keep(w.history.Attempts, a, func(x renewal.Attempt) bool { return x.N == a.N })
	}
	for _, d := range c.Deliveries {
		same := func(x renewal.Delivery) bool { return x.N == d.N && x.Target == d.Target }
		w.history.Deliveries = keep(w.history.Deliveries, d, same)
	}
	if !c.Lazy {
		w.disk = disk{w.Run, clone(w.history)}
	}
	if err := w.point(); err != nil {
		return renewal.Run{}, err
	}
	return w.Run, nil
}

func keep[T any](list []T, item T, same func(T) bool) []T {
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = item
		return list
	}
	return append(list, item)
}
