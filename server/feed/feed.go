// Package feed tells many listeners what happens in a store, with one reader for all of them: it keeps the newest events
// in memory and wakes whoever waits for more. A listener that falls behind that memory reads the rest from the store.
package feed

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"keyturn/renewal"
)

// Source is where events come from; a store is one that has both [store.Reader] and [store.Pages].
type Source interface {
	Events(ctx context.Context, run string, after int64) ([]renewal.Event, error)
	LastEvent(ctx context.Context) (int64, error)
}

// keep is how many events are held at least: some minutes of a store that is busy. There are never twice as many and more.
const keep = 2048

// Feed holds the newest events. Make one with [New], let it [Feed.Run], and read with [Feed.After].
type Feed struct {
	source Source
	every  time.Duration
	log    *slog.Logger
	poke   chan struct{}

	mu    sync.Mutex
	ring  []renewal.Event // in order
	floor int64           // everything after this number is in the ring
	last  int64
	news  chan struct{} // closed when there is more
	begun bool
}

// New returns a feed that looks at source every so often, and whenever it is poked.
func New(source Source, every time.Duration, log *slog.Logger) *Feed {
	return &Feed{source: source, every: every, log: log, poke: make(chan struct{}, 1), news: make(chan struct{})}
}

// Poke lets the feed look at once, because something has happened. It never waits.
func (f *Feed) Poke() {
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

// Run reads until ctx ends. A store that is away is asked again.
func (f *Feed) Run(ctx context.Context) {
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for {
		if err := f.look(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("could not read what happens", "error", err)
		}
		select {
		case <-tick.C:
		case <-f.poke:
		case <-ctx.Done():
			return
		}
	}
}

// look takes over what has happened since the last look; the first one finds where the present is.
func (f *Feed) look(ctx context.Context) error {
	if !f.begun {
		last, err := f.source.LastEvent(ctx)
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.begun, f.floor, f.last = true, last, last
		f.mu.Unlock()
	}
	for {
		events, err := f.source.Events(ctx, "", f.last)
		if err != nil || len(events) == 0 {
			return err
		}
		f.add(events)
	}
}

func (f *Feed) add(events []renewal.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring = append(f.ring, events...)
	f.last = events[len(events)-1].Sequence
	if over := len(f.ring) - keep; over > keep {
		f.floor = f.ring[over-1].Sequence
		f.ring = append(make([]renewal.Event, 0, 2*keep), f.ring[over:]...) // a copy, so that the old ones are given back
	}
	close(f.news)
	f.news = make(chan struct{})
}

// Now returns the number of the last event that is known.
func (f *Feed) Now() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// After returns the events that follow number, and a channel that is closed when there are more. whole is false when some
// of them aren't in memory any more: the store has them. The caller must not change what it gets.
func (f *Feed) After(number int64) (events []renewal.Event, whole bool, more <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if number < f.floor {
		return nil, false, f.news
	}
	at, found := slices.BinarySearchFunc(f.ring, number, func(e renewal.Event, n int64) int { return cmp.Compare(e.Sequence, n) })
	if found {
		at++
	}
	return f.ring[at:len(f.ring):len(f.ring)], true, f.news
}
