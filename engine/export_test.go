package engine

import (
	"context"
	"time"
)

// KeepPace is what a look does before each reading, in a process that serves or one that doesn't. It returns how many
// renewals may then be begun before the line is looked at again.
func (e *Engine) KeepPace(ctx context.Context, serving bool) int64 {
	e.serving.Store(serving)
	e.keepPace(ctx)
	return e.room.Load()
}

// Suspend lets this process's lease run out, as if it had been suspended.
func (e *Engine) Suspend() {
	past := time.Now().Add(-time.Second)
	e.lease.end.Store(&past)
}
