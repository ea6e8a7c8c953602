// Package board is what the console shows, before anybody says how: the applications with where each stands, renewals,
// findings and the audit log. Pages and the API read the same board. It reads the store alone and never asks the cloud.
//
// Start at [Board.Overview].
package board

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"keyturn/config"
	"keyturn/renewal"
	"keyturn/server/feed"
	"keyturn/store"
	"keyturn/target"
)

// Store is what the board reads.
type Store interface {
	store.Reader
	store.Ledger
	store.Pages
	store.Sightings
	Duty(ctx context.Context, duty string) (store.Duty, error)
	Findings(ctx context.Context) ([]store.Finding, error)
}

// Options are the parts of a board; all are required.
type Options struct {
	Store    Store
	Settings config.Config
	Now      func() time.Time                        // the clock that renewals go by
	Duty     string                                  // under which the store keeps how the looks at the tenant end
	Places   func(config.Application) []target.Place // of an application, without asking anybody
	Feed     *feed.Feed
	Log      *slog.Logger
}

// Board is what the console shows. Where every application stands is kept in memory and follows what happens, so that a
// list of thousands costs the store nothing. It is safe for use by many goroutines.
type Board struct {
	Options
	configured map[string]config.Application
	known      *known        // touched by Follow alone
	took       time.Duration // what the last publish took; likewise
	looked     time.Time     // when the look at the tenant ended that is known; likewise
	shown      atomic.Pointer[snapshot]
	ready      chan struct{} // closed when shown is first set
}

// New returns a board that shows nothing until it is let to [Board.Follow].
func New(o Options) *Board {
	b := &Board{Options: o, configured: map[string]config.Application{}, ready: make(chan struct{})}
	for _, app := range o.Settings.Applications {
		b.configured[app.Name] = app
	}
	b.known = newKnown(o.Settings.Applications)
	return b
}

const (
	// wholeEvery is how often everything is read again, so that time itself and what no event tells of show.
	wholeEvery = time.Minute
	// lookEvery is how often it is asked whether somebody has looked at the tenant.
	lookEvery = 2 * time.Second
	// settle is how long changes are gathered before they show, at least, and restful is how much longer than showing
	// them took: a busy store with many applications doesn't keep the machine sorting.
	settle  = 200 * time.Millisecond
	restful = 20
)

// Follow keeps the board up to date until ctx ends. A store that is away leaves it as it was.
func (b *Board) Follow(ctx context.Context) {
	whole, looks := time.NewTicker(wholeEvery), time.NewTicker(lookEvery)
	defer whole.Stop()
	defer looks.Stop()
	seen := b.Feed.Now()
	b.readAll(ctx)
	for {
		events, complete, more := b.Feed.After(seen)
		switch {
		case !complete:
			seen = b.Feed.Now()
			b.readAll(ctx)
		case len(events) > 0:
			seen = events[len(events)-1].Sequence
			b.readRuns(ctx, events)
		}
		if !pause(ctx, max(settle, restful*b.took)) {
			return
		}
		select {
		case <-more:
		case <-looks.C:
			b.readLook(ctx)
		case <-whole.C:
			b.readAll(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// readAll reads where every application stands.
func (b *Board) readAll(ctx context.Context) {
	runs, err := b.Store.Runs(ctx, store.Filter{Latest: true, Limit: everything})
	if err != nil {
		b.complain(ctx, "could not read where the applications stand", err)
		return
	}
	b.known.runs = make(map[string]renewal.Run, len(runs))
	for _, run := range runs {
		b.known.runs[run.App] = run
	}
	b.looked = time.Time{}
	b.readLook(ctx)
	b.publish()
}

// everything is a limit that no store reaches.
const everything = 1_000_000

// readLook reads what the last look at the tenant saw and found, if there was one since it was read.
func (b *Board) readLook(ctx context.Context) {
	duty, err := b.Store.Duty(ctx, b.Duty)
	if err != nil {
		b.complain(ctx, "could not ask for the last look at the tenant", err)
		return
	}
	ended := time.Now().Add(-duty.Ago)
	if !duty.Done {
		ended = neverLooked
	}
	if !b.looked.IsZero() && ended.Sub(b.looked).Abs() < lookEvery/2 {
		return
	}
	if err := errors.Join(b.readFindings(ctx), b.readSightings(ctx)); err != nil {
		b.complain(ctx, "could not read what was seen of the applications", err)
		return
	}
	b.looked = ended
	b.publish()
}

func (b *Board) readFindings(ctx context.Context) error {
	found, err := b.Store.Findings(ctx)
	if err != nil {
		return err
	}
	b.known.findings = make(map[string]store.Finding, len(found))
	for _, finding := range found {
		b.known.findings[finding.App] = finding
	}
	return nil
}

// neverLooked stands for the look that nobody has made yet.
var neverLooked = time.Unix(0, 0)

// sightPage is how many sightings are read at a time.
const sightPage = 1000

func (b *Board) readSightings(ctx context.Context) error {
	all := make(map[string]store.Sighting, len(b.known.apps))
	for {
		page, err := b.Store.Sightings(ctx, store.SightingFilter{Now: b.Now(), Offset: len(all), Limit: sightPage, Brief: true})
		if err != nil {
			return err
		}
		for _, seen := range page.Sightings {
			seen.Credentials = nil // read again for the one that somebody looks at
			all[seen.App] = seen
		}
		if len(page.Sightings) < sightPage {
			b.known.seen = all
			return nil
		}
	}
}

func (b *Board) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		b.Log.Warn(what, "error", err)
	}
}

// readRuns reads again the runs that something happened to.
func (b *Board) readRuns(ctx context.Context, events []renewal.Event) {
	read := map[string]bool{}
	for _, event := range events {
		if read[event.Run] {
			continue
		}
		read[event.Run] = true
		run, err := b.Store.Run(ctx, event.Run)
		if err != nil {
			b.Log.Warn("could not read a renewal", "run_id", event.Run, "app", event.App, "error", err)
			continue
		}
		if known := b.known.runs[run.App]; known.ID == run.ID || !run.CreatedAt.Before(known.CreatedAt) {
			b.known.runs[run.App] = run
		}
	}
	b.publish()
}

func (b *Board) publish() {
	began := time.Now()
	defer func() { b.took = time.Since(began) }()
	first := b.shown.Load() == nil
	b.shown.Store(b.known.snapshot(b.Now()))
	if first {
		close(b.ready)
	}
}

// look returns what is shown now; it waits for the first time that there is anything.
func (b *Board) look(ctx context.Context) (*snapshot, error) {
	select {
	case <-b.ready:
		return b.shown.Load(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
