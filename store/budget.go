package store

import (
	"context"
	"time"
)

// Budgets are limits of a service that all processes on a store keep to together: how often something may be asked for,
// and for how long nobody may. It is an optional part of a store, by the database's clock alone.
type Budgets interface {
	// Draw takes up to want shares of a budget that fills at rate. With none to be had it says how long until there is
	// one; nothing is taken then. Shares that their taker doesn't use are lost.
	Draw(ctx context.Context, budget string, rate Rate, want int) (got int, wait time.Duration, err error)
	// Hold keeps everybody from drawing for the next d, [LongestHold] at most. A time that ends before the one that stands
	// changes nothing.
	Hold(ctx context.Context, budget string, d time.Duration) error
	// Held returns for how long nobody may draw; 0 = one may.
	Held(ctx context.Context, budget string) (time.Duration, error)
}

// LongestHold is the longest that a budget is held. One that is held for longer is what a clock left behind that was set
// back since, and nobody is held by it.
const LongestHold = time.Hour

// Rate is how a budget fills: one share each Every, until there are Burst.
type Rate struct {
	Every time.Duration
	Burst int
}

// Grant decides one draw at now from a budget that nobody may draw from until held, and of which every share was taken
// that had come by spent: that instant stands for the whole budget, and after is what it is from now on. Of a clock that was set back it keeps
// that nothing is left.
func (r Rate) Grant(now, spent, held time.Time, want int) (got int, after time.Time, wait time.Duration) {
	if full := now.Add(-time.Duration(r.Burst) * r.Every); spent.Before(full) {
		spent = full
	}
	if spent.After(now) {
		spent = now
	}
	if held.After(now.Add(LongestHold)) {
		held = now
	}
	free := int(now.Sub(spent) / r.Every)
	if free > 0 && !now.Before(held) {
		got = max(0, min(want, free))
		return got, spent.Add(time.Duration(got) * r.Every), 0
	}
	return 0, spent, max(held.Sub(now), spent.Add(r.Every).Sub(now))
}
