package metric

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keyturn/store"
)

const (
	// everything is a limit that no store reaches.
	everything = 1_000_000
	// seenAgain is the time after which all sightings are read again although none seems to have changed: a process whose
	// clock is behind may have written one.
	seenAgain = 10 * time.Minute
)

// seen is what is told of single applications. It is kept from one scrape to the next while nothing new was seen, which one
// short question tells, because ten thousand applications have thirty thousand gauges.
type seen struct {
	mu     sync.Mutex
	as     sign
	at     time.Time // when it was read; policy's time
	gauges []prometheus.Metric
}

// sign is by what is known that nothing was seen since.
type sign struct {
	newest time.Time
	number int
}

func signOf(newest store.SightingPage) sign {
	var is sign
	for _, n := range newest.Counts {
		is.number += n
	}
	if len(newest.Sightings) > 0 {
		is.newest = newest.Sightings[0].Seen
	}
	return is
}

func (s *standing) sightings(ctx context.Context, t teller) bool {
	return ask(ctx, s.Store, func(kept store.Sightings, ctx context.Context) error {
		now := s.Now()
		newest, err := kept.Sightings(ctx, store.SightingFilter{Now: now, Order: store.SightingBySeen, Limit: 1, Brief: true})
		if err != nil {
			return err
		}
		gauges, err := s.seen.since(ctx, kept, signOf(newest), now)
		if err != nil {
			return err
		}
		for _, state := range []store.SightingState{store.SightingExpired, store.SightingDue, store.SightingFine, store.SightingUnclear} {
			t.tell(applications, float64(newest.Counts[state]), string(state))
		}
		for _, one := range gauges {
			t <- one
		}
		return nil
	})
}

// since returns the gauges of all applications, and reads them only where the sign is another than the last time.
func (s *seen) since(ctx context.Context, kept store.Sightings, is sign, now time.Time) ([]prometheus.Metric, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := now.Sub(s.at); is == s.as && age >= 0 && age < seenAgain {
		return s.gauges, nil
	}
	page, err := kept.Sightings(ctx, store.SightingFilter{Now: now, Limit: everything, Brief: true})
	if err != nil {
		return nil, err
	}
	var gauges []prometheus.Metric
	for i := range page.Sightings {
		gauges = append(gauges, gaugesOf(&page.Sightings[i])...)
	}
	s.as, s.at, s.gauges = is, now, gauges
	return gauges, nil
}

func gaugesOf(one *store.Sighting) (gauges []prometheus.Metric) {
	used := ""
	for _, c := range one.Credentials {
		if c.InUse {
			used = c.KeyID
		}
		gauges = append(gauges, gauge(expiry, stamp(c.End), one.App, c.KeyID, c.Kind, strconv.FormatBool(c.InUse)))
	}
	if !one.DueAt.IsZero() {
		gauges = append(gauges, gauge(due, stamp(one.DueAt), one.App, used))
	}
	return gauges
}
