package access

import (
	"sync"
	"time"
)

// Limit counts tries by whoever makes them, so that nobody may guess for long. Its memory is bounded. Many people may come
// from one address, so one who succeeds is forgotten: what counts is failing.
type Limit struct {
	Most int           // tries within Per
	Per  time.Duration // a window, counted from the first try in it
	Now  func() time.Time

	mu   sync.Mutex
	seen map[string]tries
}

type tries struct {
	began time.Time
	count int
}

// mostSeen is how many are counted at a time. When there are more, all are counted anew: better than to be filled up.
const mostSeen = 4096

// Forget gives whom all tries back.
func (l *Limit) Forget(whom string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, whom)
}

// Try counts one try of whom, and returns how long they must wait when it is one too many; 0 = it may be made.
func (l *Limit) Try(whom string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if l.seen == nil || len(l.seen) >= mostSeen {
		l.seen = map[string]tries{}
	}
	t := l.seen[whom]
	if now.Sub(t.began) >= l.Per {
		t = tries{began: now}
	}
	t.count++
	l.seen[whom] = t
	if t.count <= l.Most {
		return 0
	}
	return l.Per - now.Sub(t.began)
}
