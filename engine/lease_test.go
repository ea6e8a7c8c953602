package engine

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestALeaseThatRanOutIsLostBeforeATimerRings: whoever asks a process that was suspended is told at once.
func TestALeaseThatRanOutIsLostBeforeATimerRings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  time.Time
		lost bool
	}{
		"it is good for a while":                      {time.Now().Add(time.Hour), false},
		"it ran out":                                  {time.Now().Add(-time.Millisecond), true},
		"it ran out by the clock on the wall":         {time.Now().Add(-time.Millisecond).Round(0), true},
		"it is good for a while, by that on the wall": {time.Now().Add(time.Hour).Round(0), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var held lease
			held.end.Store(&c.end)
			live, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			ctx := leased{live, held.over, cancel}
			child, stop := context.WithTimeout(context.WithValue(ctx, &held, nil), time.Hour)
			defer stop()
			for what, asked := range map[string]context.Context{"the context": ctx, "what a request makes of it": child} {
				if err := asked.Err(); (err != nil) != c.lost || c.lost && !errors.Is(context.Cause(asked), ErrLeaseLost) {
					t.Errorf("%s says %v, %v", what, err, context.Cause(asked))
				}
			}
		})
	}
}
