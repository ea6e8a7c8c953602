package cloud

import (
	"context"
	"time"
)

// Sleep waits for d by the machine's time, which limits and failures of the wire go by, or until ctx ends, whose error it
// returns then.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
