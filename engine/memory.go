package engine

import (
	"maps"
	"slices"
	"sync"
	"time"

	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/stage"
)

// memory is when each application is worth another look, as far as this process knows.
type memory struct {
	again time.Duration // how long what was read counts

	mu   sync.Mutex
	read map[string]time.Time // when it was last read
	next map[string]time.Time // when something may have changed that matters
	ends map[string]time.Time // when the credential that decides ends
	open map[string]bool      // which had an open run at the last look
}

func newMemory(again time.Duration) *memory {
	return &memory{again: again, read: map[string]time.Time{}, next: map[string]time.Time{}, ends: map[string]time.Time{}}
}

// keep remembers when an application was read, and when to read it again.
func (m *memory) keep(app string, now time.Time, plan stage.Plan, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read[app] = now
	delete(m.next, app)
	if end := plan.Due.End; !end.IsZero() {
		m.ends[app] = end
	}
	if err != nil || plan.Due.Due || plan.Obstacle() != nil || plan.Due.Code == policy.DueUnclear {
		return // read again with every look
	}
	m.next[app] = now.Add(m.again)
	if at := plan.Due.At; !at.IsZero() && at.Before(m.next[app]) {
		m.next[app] = at
	}
}

// worthALook returns the applications that may have become due, or of which something else may be seen than before: once
// a day, once their open run has brought a new secret everywhere, and once it has ended. When there is none, it is the one
// that wasn't read for longest, so that every look asks the tenant something.
func (m *memory) worthALook(apps []string, open map[string]renewal.Run, now time.Time) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var worth []string
	var stalest string
	for _, app := range apps {
		if m.changed(app, open, now) {
			worth = append(worth, app)
		}
		if stalest == "" || m.read[app].Before(m.read[stalest]) {
			stalest = app
		}
	}
	m.open = map[string]bool{}
	for app := range open {
		m.open[app] = true
	}
	if len(worth) == 0 && stalest != "" {
		worth = []string{stalest}
	}
	return worth
}

// changed reports whether an application may look otherwise than when it was read.
func (m *memory) changed(app string, open map[string]renewal.Run, now time.Time) bool {
	if run, isOpen := open[app]; isOpen {
		return m.read[app].Before(run.DeliveredAt) || !now.Before(m.read[app].Add(m.again))
	}
	return m.open[app] || !now.Before(m.next[app])
}

// blank reports whether nothing was ever read.
func (m *memory) blank() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.read) == 0
}

// expect takes over when the credentials of applications end, as somebody else has seen it.
func (m *memory) expect(ends map[string]time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.ends, ends)
}

// inOrder sorts applications by when their credentials end, as far as that is known: what ends first comes first, the
// others last, as they were.
func (m *memory) inOrder(apps []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.SortStableFunc(apps, func(x, y string) int {
		return soonest(m.ends[x], m.ends[y])
	})
}

// soonest compares two times for sorting; one that isn't known comes last.
func soonest(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// daily reports, once a day, that an application is to be read.
func (m *memory) daily(app string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Before(m.read[app].Add(readAgain)) {
		return false
	}
	m.read[app] = now
	return true
}
