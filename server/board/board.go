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

	"keyturn/cloud"
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
	store.OutboxReader
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
	configured map[string]*config.Application
	known      *known    // touched by Follow alone
	looked     time.Time // when the look at the tenant ended that is known; likewise
	shown      atomic.Pointer[snapshot]
	ready      chan struct{} // closed when shown is first set
}

// New returns a board that shows nothing until it is let to [Board.Follow].
func New(o Options) *Board {
	b := &Board{Options: o, configured: map[string]*config.Application{}, ready: make(chan struct{})}
	for i := range o.Settings.Applications {
		app := &o.Settings.Applications[i]
		b.configured[app.Name] = app
	}
	b.known = newKnown(o.Settings.Applications)
	return b
}

const (
	// judgeEvery is how often everything is judged again, so that time itself shows.
	judgeEvery = time.Minute
	// wholeEvery is how many times judged everything is read again, so that what no event tells of shows, too. Ten thousand
	// applications take a fifth of a second, and somebody may run this on a machine that is to do nothing.
	wholeEvery = 10
	// lookEvery is how often it is asked whether somebody has looked at the tenant.
	lookEvery = 2 * time.Second
	// settle is how long changes are gathered before they show.
	settle = 200 * time.Millisecond
)

// Follow keeps the board up to date until ctx ends. A store that is away leaves it as it was.
func (b *Board) Follow(ctx context.Context) {
	judge, looks := time.NewTicker(judgeEvery), time.NewTicker(lookEvery)
	defer judge.Stop()
	defer looks.Stop()
	seen := b.Feed.Now()
	b.readAll(ctx)
	for judged := 1; ; {
		events, complete, more := b.Feed.After(seen)
		switch {
		case !complete:
			seen = b.Feed.Now()
			b.readAll(ctx)
		case len(events) > 0:
			seen = events[len(events)-1].Sequence
			b.readRuns(ctx, events)
		}
		select {
		case <-more:
			if cloud.Sleep(ctx, settle) != nil {
				return
			}
		case <-looks.C:
			b.readLook(ctx)
		case <-judge.C:
			b.judge(ctx, judged%wholeEvery == 0)
			judged++
		case <-ctx.Done():
			return
		}
	}
}

// judge says anew where every application stands, and reads it anew for that if whole, or while the first look at the
// tenant hasn't ended: what it has seen so far is shown.
func (b *Board) judge(ctx context.Context, whole bool) {
	if whole || b.looked.Equal(neverLooked) {
		b.readAll(ctx)
		return
	}
	b.known.judgeAgain(b.Now())
	b.publish()
}

// readAll reads where every application stands.
func (b *Board) readAll(ctx context.Context) {
	if err := b.readNewest(ctx); err != nil {
		b.complain(ctx, "could not read where the applications stand", err)
		return
	}
	b.looked = time.Time{}
	b.readLook(ctx)
	b.known.shown = nil
	b.publish()
}

// page is how many rows are read at a time. After each, reading rests as long as that took, so that of ten thousand
// applications neither those who look at pages nor the renewals beside them notice anything.
const page = 1000

// readNewest reads the newest renewal of each application. What has begun meanwhile is told by its events.
func (b *Board) readNewest(ctx context.Context) error {
	for last := ""; ; {
		began := time.Now()
		runs, err := b.Store.Runs(ctx, store.Filter{Latest: true, Before: last, Limit: page})
		if err != nil {
			return err
		}
		for _, run := range runs {
			b.known.take(run)
		}
		if len(runs) < page || !b.rest(ctx, time.Since(began)) {
			return ctx.Err()
		}
		last = runs[page-1].ID
	}
}

// rest waits; the first time everybody waits for the board, so it doesn't.
func (b *Board) rest(ctx context.Context, d time.Duration) bool {
	return b.shown.Load() == nil || cloud.Sleep(ctx, d) == nil
}

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
	b.looked, b.known.shown = ended, nil
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

func (b *Board) readSightings(ctx context.Context) error {
	all := make(map[string]store.Sighting, len(b.known.apps))
	for {
		began := time.Now()
		read, err := b.Store.Sightings(ctx, store.SightingFilter{Now: b.Now(), Offset: len(all), Limit: page, Brief: true})
		if err != nil {
			return err
		}
		for _, seen := range read.Sightings {
			seen.Credentials = nil // read again for the one that somebody looks at
			all[seen.App] = seen
		}
		if len(read.Sightings) < page {
			b.known.seen = all
			return nil
		}
		if !b.rest(ctx, time.Since(began)) {
			return ctx.Err()
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
		b.known.take(run)
	}
	b.publish()
}

func (b *Board) publish() {
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
