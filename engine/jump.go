package engine

import "time"

// jumpTold is how far the machine's clock may go wrong within a few seconds without a word.
const jumpTold = 10 * time.Second

// jump is how far the machine's clock went ahead of the time that passed between two readings, or fell back behind it.
func jump(before, now time.Time) time.Duration {
	return now.Round(0).Sub(before.Round(0)) - now.Sub(before)
}

// tellJump warns of a clock that was set since it was last seen, and returns what is seen now. Nothing else comes of it: a
// lease that ended by either clock is lost, dates go by the cloud's clock, and the store knows what lies ahead of its own.
func (e *Engine) tellJump(before, now time.Time) time.Time {
	e.warnOfJump(jump(before, now))
	return now
}

func (e *Engine) warnOfJump(by time.Duration) {
	if by > jumpTold {
		e.Log.Warn("the machine's clock jumped ahead: it was set, or the machine slept", "by", by.Round(time.Second).String())
	} else if by < -jumpTold {
		e.Log.Warn("the machine's clock was set back", "by", (-by).Round(time.Second).String())
	}
}
