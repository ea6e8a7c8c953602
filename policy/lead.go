package policy

import (
	"fmt"
	"time"
)

// Lead is how long before its end a password is due: a time, or a share of its life. One of the two is zero.
type Lead struct {
	Time  time.Duration
	Share int // in percent
}

// The shares that may be asked for. Less leaves no room for an overlap, more renews a password that is nearly new.
const (
	LeastShare = 1
	MostShare  = 90
)

// Of is the lead for a password that lives so long. One that never lives longer than the time, because the tenant allows
// no more, would be due all its life: it is due for the last third of it.
func (l Lead) Of(life time.Duration) time.Duration {
	switch {
	case l.Share > 0:
		return life / 100 * time.Duration(l.Share)
	case life <= l.Time:
		return life / 3
	}
	return l.Time
}

// String writes a lead as keyturn.yaml has it.
func (l Lead) String() string {
	if l.Share > 0 {
		return fmt.Sprintf("%d%%", l.Share)
	}
	return span(l.Time)
}
