package policy

import (
	"time"

	"github.com/robfig/cron/v3"
)

// summertime is a schedule that loses nothing when the clocks go forward: what would come within the hour that there isn't
// comes as soon as it is over, as with cron, since a window that opens once a week would be missed for a whole one.
type summertime struct {
	there    cron.Schedule // in the zone; passes over what doesn't exist there
	anywhere cron.Schedule // the same by clocks that are never set
	zone     *time.Location
}

// Next returns the first time after at; zero = never.
func (s summertime) Next(at time.Time) time.Time {
	next := s.there.Next(at)
	for {
		_, change := at.In(s.zone).ZoneBounds()
		if next.IsZero() || change.IsZero() || !change.Before(next) {
			return next
		}
		if s.skipped(change) {
			return change
		}
		at = change
	}
}

// skipped reports whether something would come in what the clocks pass over at a change.
func (s summertime) skipped(change time.Time) bool {
	_, before := change.Add(-time.Second).In(s.zone).Zone()
	_, after := change.In(s.zone).Zone()
	from := change.Add(time.Duration(before) * time.Second).UTC() // what the clocks would show
	return s.anywhere.Next(from.Add(-time.Second)).Before(from.Add(time.Duration(after-before) * time.Second))
}
