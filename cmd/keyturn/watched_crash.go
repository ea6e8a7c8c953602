//go:build crashpoints

package main

import (
	"context"

	"keyturn/house/crashpoint"
	"keyturn/renewal"
	"keyturn/store"
)

// watched is a store at whose saves a test may hold the program.
func watched(kept memory) memory { return watchedStore{kept} }

type watchedStore struct{ memory }

func (w watchedStore) Begin(ctx context.Context, run renewal.Run, told store.Told) (saved renewal.Run, err error) {
	crashpoint.Around(&crashpoint.Step{Kind: "begin", State: string(run.State)}, func() { saved, err = w.memory.Begin(ctx, run, told) })
	return saved, err
}

func (w watchedStore) Claim(ctx context.Context, id, node string) (run renewal.Run, err error) {
	step := &crashpoint.Step{Kind: "claim"}
	crashpoint.Around(step, func() {
		run, err = w.memory.Claim(ctx, id, node)
		step.State = string(run.State)
	})
	return run, err
}

func (w watchedStore) Advance(ctx context.Context, change store.Change) (run renewal.Run, err error) {
	step := &crashpoint.Step{Kind: "save", State: string(change.Run.State)}
	for _, e := range change.Audit {
		step.Told = append(step.Told, e.Action+" "+string(e.Outcome)+" "+e.Object)
	}
	crashpoint.Around(step, func() { run, err = w.memory.Advance(ctx, change) })
	return run, err
}
