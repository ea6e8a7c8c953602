package stage

import (
	"fmt"
	"time"
)

// streak counts accepted sign-ins in a row, and knows when they are enough.
type streak struct {
	want    int           // at least so many
	over    time.Duration // spread over at least this time
	born    time.Time     // when trying began
	since   time.Time     // first success after the last refusal; zero = none
	refused time.Time     // last refusal; zero = none
	got     int
}

// width is how many connections the next try opens. Without a time to spread them over, all are tried at once.
func (s *streak) width() int {
	if s.over == 0 {
		return s.want
	}
	return settleWidth
}

// count takes the result of one try.
func (s *streak) count(now time.Time, accepted int) {
	if accepted == 0 {
		s.got, s.since, s.refused = 0, time.Time{}, now
		return
	}
	if s.got == 0 {
		s.since = now
	}
	s.got += accepted
}

// enough reports whether the streak is long enough. A refusal that came late tells that this password spreads slowly:
// the streak must then last half as long as it took to get there, at least.
func (s *streak) enough(now time.Time) bool {
	over := s.over
	if !s.refused.IsZero() {
		over = max(over, s.refused.Sub(s.born)/2)
	}
	return s.got >= s.want && now.Sub(s.since) >= over
}

func (s *streak) String() string {
	if s.got == 0 {
		return "not accepted everywhere yet"
	}
	return fmt.Sprintf("accepted %d times in a row", s.got)
}
