package engine

import (
	"sync"
	"time"

	"keyturn/problem"
	"keyturn/stage"
)

// passingLong is for how long looks at an application may fail for what passes by itself before a person is told: a cloud
// that is down over night is no reason to wake anybody.
const passingLong = 24 * time.Hour

// failing keeps since when looks at applications fail for what may pass by itself.
type failing struct {
	mu    sync.Mutex
	since map[string]time.Time
}

// long keeps that a look failed, and reports whether that is so for long.
func (f *failing) long(app string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.since == nil {
		f.since = map[string]time.Time{}
	}
	first, known := f.since[app]
	if !known || now.Before(first) {
		f.since[app], first = now, now
	}
	return now.Sub(first) >= passingLong
}

// over keeps that a look got through.
func (f *failing) over(app string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.since, app)
}

// passing is what keeps a plan from being carried out for now, and may pass by itself; nil = nothing.
func passing(plan stage.Plan) error {
	err := plan.Obstacle()
	if err == nil || problem.Of(err).Class != problem.Retry {
		return nil
	}
	return err
}
