package main

import (
	"context"
	"fmt"
	"time"

	"keyturn/cloud"
	"keyturn/config"
	"keyturn/stage"
)

// blink is how long a person sees a wait that the simulated clock skips. Nobody looks at a pipe.
const blink = 250 * time.Millisecond

// notable is the shortest jump of the clock that is worth a note of its own.
const notable = time.Hour

func (d *demonstration) pace() time.Duration {
	if d.sh.style().Live {
		return blink
	}
	return 0
}

// clock is the simulated cloud's: waiting moves it, and everything that happens meanwhile happens in order.
func (s *scene) clock(pace time.Duration) stage.Clock {
	return stage.Clock{
		Now: func() time.Time { return s.cloud.World().Now() },
		Sleep: func(ctx context.Context, d time.Duration) error {
			if err := cloud.Sleep(ctx, min(d, pace)); err != nil {
				return err
			}
			s.cloud.Advance(d)
			if d >= notable && s.note != nil {
				s.note(fmt.Sprintf("the simulated clock moves %s, to %s", config.FormatDuration(d.Round(time.Hour)), minute(s.cloud.World().Now())))
			}
			return nil
		},
	}
}
