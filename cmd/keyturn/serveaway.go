package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"keyturn/engine"
	"keyturn/problem"
)

// afterServing says what follows when serving has ended with err: it begins again, or the process ends with end. A store that was
// away just when somebody asked it to stop is no failure: what was in hand is gone on with by whoever comes next.
func afterServing(err error, stopping bool) (again bool, end error) {
	switch {
	case err == nil || !isAway(err):
		return false, err
	case stopping:
		return false, nil
	}
	return true, nil
}

// isAway reports whether serving ended with a store that may be back: the lease was lost, or it can't be used for now. What
// a person has to do about it, such as to free its disk, may be done any time. A store that was there and is another now
// ends the process.
func isAway(err error) bool {
	found := problem.Of(err)
	return errors.Is(err, engine.ErrLeaseLost) || found.Class == problem.Retry ||
		slices.Contains([]string{"store.full", "store.standby", "store.signin", "store.rights", "store.server"}, found.Code)
}

// restBetween is how long a service that lost its store waits before it asks again.
const restBetween = 3 * time.Second

func (s *service) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, restBetween)
	defer cancel()
	select {
	case <-s.sh.stop:
		return engine.ErrStopped
	case <-ctx.Done():
	}
	s.beat()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return ctx.Err()
}
