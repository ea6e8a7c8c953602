package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/sqlite"
)

// line is a store in which renewals are begun that nobody has taken yet.
type line struct {
	*sqlite.Store
	t     *testing.T
	asked int
	take  func(asked int) // is called before each look at the line
}

func (l *line) Runs(ctx context.Context, f store.Filter) ([]renewal.Run, error) {
	l.asked++
	l.take(l.asked)
	return l.Store.Runs(ctx, f)
}

// fill begins so many renewals.
func (l *line) fill(now time.Time, length int) {
	l.t.Helper()
	for i := range length {
		app := fmt.Sprint("app-", i)
		if _, err := l.Begin(l.t.Context(), renewal.Run{ID: app, App: app, State: renewal.Planned, CreatedAt: now, UpdatedAt: now}, store.Told{}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// claim takes so many of them for a process that drives them.
func (l *line) claim(first, end int) {
	l.t.Helper()
	if err := l.Beat(l.t.Context(), "driver", time.Hour); err != nil {
		l.t.Error(err)
	}
	for i := first; i < end; i++ {
		if _, err := l.Claim(l.t.Context(), fmt.Sprint("app-", i), "driver"); err != nil {
			l.t.Error(err)
		}
	}
}

func TestALookKeepsToThePaceOfThoseWhoDrive(t *testing.T) {
	t.Parallel()
	nobody := func(*line, int) {}
	for name, c := range map[string]struct {
		length int
		free   bool // it keeps to no pace
		alone  bool // this process doesn't serve
		take   func(l *line, asked int)
		room   int64
		asked  int
	}{
		"nobody in the line":        {length: 0, take: nobody, room: 64, asked: 1},
		"half a line":               {length: 32, take: nobody, room: 32, asked: 1},
		"what it begins comes next": {length: 100, alone: true, take: nobody},
		"it keeps to no pace":       {length: 100, free: true, take: nobody},
		"others take the line": {length: 50, room: 44, asked: 3, take: func(l *line, asked int) {
			switch asked {
			case 2:
				l.claim(0, 10) // forty are left, which is too many still
			case 3:
				l.claim(10, 30)
			}
		}},
		"the store is away": {length: 100, room: 8, asked: 1, take: func(l *line, _ int) { _ = l.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			u := b.unattended("a", nil)
			kept := &line{Store: u.store, t: t}
			kept.take = func(asked int) { c.take(kept, asked) }
			kept.fill(b.clock().Now(), c.length)
			u.Store, u.Rounds.Apart = kept, time.Nanosecond
			if c.free {
				u.Rounds.Apart = 0
			}
			if room := u.KeepPace(t.Context(), !c.alone); room != c.room || kept.asked != c.asked {
				t.Errorf("room for %d after %d looks at the line, want %d after %d", room, kept.asked, c.room, c.asked)
			}
		})
	}
}

func TestALookThatIsToStopWaitsForNoLine(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	u := b.unattended("a", nil)
	ctx, cancel := context.WithCancel(t.Context())
	kept := &line{Store: u.store, t: t, take: func(int) { cancel() }}
	kept.fill(b.clock().Now(), 100)
	u.Store, u.Rounds.Apart = kept, time.Nanosecond
	if u.KeepPace(ctx, true); kept.asked != 1 {
		t.Errorf("looked at the line %d times", kept.asked)
	}
}

// TestASingleLookIsntHeldForLong while the tenant takes no requests: whoever made it comes again, and whoever asks it to stop
// needn't wait.
func TestASingleLookIsntHeldForLong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after time.Duration
		stop  bool
		fails bool
	}{
		"it would have to wait for hours":    {after: 2 * time.Hour, fails: true},
		"it is asked to stop while it waits": {after: time.Minute, stop: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t)
			b.pass(dueIn)
			var u unattended
			u = b.unattended("a", func() error {
				if c.stop {
					close(u.stop)
				}
				return problem.Later(problem.Throttled, "tenant", c.after, errors.New("too many requests"))
			})
			if err := u.Once(t.Context()); (err != nil) != c.fails || u.reads.Load() != 1 {
				t.Errorf("after %d readings: %v", u.reads.Load(), err)
			}
		})
	}
}
