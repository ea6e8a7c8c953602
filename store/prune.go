package store

import (
	"context"
	"time"
)

// Pruner forgets what is only of interest for a while. It is an optional part of a store.
type Pruner interface {
	// Prune drops the events and the deliveries of some runs that ended before that time by policy's clock, and reports
	// whether there are more. The two newest runs of each application keep theirs, whatever their age; runs, attempts and
	// the audit log stay for ever. Each call is one short transaction; safe to repeat.
	Prune(ctx context.Context, before time.Time) (more bool, err error)
}

// PruneAtOnce is how many runs one call of [Pruner] goes through at most.
const PruneAtOnce = 100

// KeepRuns is how many of an application's newest runs keep all of their history.
const KeepRuns = 2
