package engine

import (
	"context"
	"maps"
	"sync"
	"time"

	"keyturn/notice"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

const (
	// shutLong is for how long somebody in between may refuse before a person is told: a proxy's rules that are just being
	// changed are over sooner.
	shutLong = time.Minute
	// lookShut is after what time the tenant is looked at again while somebody in between refuses: the way may be open by then.
	lookShut = 2 * time.Minute
	// shutUnseen is after what time without another try nothing is known any more: a run may have been ended by somebody else.
	shutUnseen = 2 * time.Hour
)

// shut keeps whose connections somebody in between refuses, such as a proxy that inspects TLS, and whether people were told.
// Whose is an application, for looks, or a run, which goes other ways too. It passes by itself when somebody mends it, and
// won't before.
type shut struct {
	mu   sync.Mutex
	ways map[string]refusals
	told bool
}

type refusals struct{ first, last time.Time }

// long keeps that somebody refused, and reports whether that is so for long.
func (s *shut) long(whose string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ways == nil {
		s.ways = map[string]refusals{}
	}
	way, known := s.ways[whose]
	if !known {
		way.first = now
	}
	way.last = now
	s.ways[whose] = way
	return now.Sub(way.first) >= shutLong
}

// open keeps that connections came about, and reports whether that is news to people: nobody refuses any more.
func (s *shut) open(whose string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ways, whose)
	news := s.told && len(s.ways) == 0
	s.told = s.told && !news
	return news
}

// toldOf keeps that people are told of a problem, if it is this one.
func (s *shut) toldOf(found *problem.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = s.told || found.Code == problem.Between
}

// any reports whether somebody refuses.
func (s *shut) any(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.ways, func(_ string, way refusals) bool { return now.Sub(way.last) > shutUnseen })
	return len(s.ways) > 0
}

// passes reports whether a look's failure may pass without a person. That nobody refuses any more is told.
func (e *Engine) passes(ctx context.Context, app string, cause error) bool {
	if problem.Is(cause, problem.Between) {
		return !e.shut.long(app, e.Clock.Now())
	}
	if cause != nil && problem.Of(cause).Class == problem.Retry {
		return !e.failing.long(app, e.Clock.Now()) // which says nothing of who is in between
	}
	e.failing.over(app)
	e.sawOpen(ctx, app)
	return false
}

// lookAgain is the time between looks as things stand.
func (e *Engine) lookAgain() time.Duration {
	if e.shut.any(e.Clock.Now()) {
		return min(e.Rounds.Every, lookShut)
	}
	return e.Rounds.Every
}

// sawShut tells people that somebody in between holds up a run, once that is so for long.
func (e *Engine) sawShut(ctx context.Context, run renewal.Run, found *problem.Error) {
	if found.Code != problem.Between || !e.shut.long(run.ID, e.Clock.Now()) || !e.Notify.On {
		return
	}
	e.shut.toldOf(found)
	e.tellOwn(ctx, ownNotice(found, run.App, e.Clock.Now()))
}

// sawOpen tells people that nobody in between refuses any more, where they were told of it.
func (e *Engine) sawOpen(ctx context.Context, whose string) {
	if e.shut.open(whose) && e.Notify.On {
		e.tellOwn(ctx, wayIsOpen(e.Clock.Now()))
	}
}

func wayIsOpen(now time.Time) notice.Notice {
	return over("way", "Keyturn's connections come about again", "Nobody in between refuses them any more.", now)
}

// tellOwn keeps a notice of Keyturn itself. That it couldn't is no reason to stop: it is told at the next try.
func (e *Engine) tellOwn(ctx context.Context, n notice.Notice) {
	box, ok := e.Store.(store.Outbox)
	if !ok {
		return
	}
	if err := box.Tell(ctx, n); err != nil {
		e.Log.Warn("could not keep a notice", "subject", n.Subject, "error", err)
	}
}
