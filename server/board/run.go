package board

import (
	"context"
	"errors"
	"fmt"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// Run is one renewal with all that is kept of it.
type Run struct {
	Run        renewal.Run        `json:"run"`
	Attempts   []renewal.Attempt  `json:"attempts"`
	Deliveries []renewal.Delivery `json:"deliveries"`
	Events     []renewal.Event    `json:"events"` // oldest first
	Audit      []audit.Entry      `json:"audit"`  // oldest first
	// After is the number of the last event, after which a follower goes on.
	After int64 `json:"after"`
}

// RunPage is a part of the renewals, newest first.
type RunPage struct {
	Items []renewal.Run `json:"items"`
	Next  string        `json:"next,omitempty"`
}

// RunQuery chooses renewals; its zero value chooses the newest.
type RunQuery struct {
	App     string
	Open    bool   // only those that haven't ended
	Waiting bool   // only those that wait for a person
	After   string // where the page before ended: its Next
	Limit   int    // 0 = 50, at most 200
}

// Runs returns a part of the renewals that fit, newest first.
func (b *Board) Runs(ctx context.Context, q RunQuery) (RunPage, error) {
	limit := limited(q.Limit)
	runs, err := b.Store.Runs(ctx, store.Filter{App: q.App, Open: q.Open, Waiting: q.Waiting, Before: q.After, Limit: limit + 1})
	if err != nil {
		return RunPage{}, fmt.Errorf("read the renewals: %w", err)
	}
	page := RunPage{Items: notNil(runs)}
	if len(runs) > limit {
		page.Items, page.Next = runs[:limit], runs[limit-1].ID
	}
	return page, nil
}

// Run returns one renewal with its history. One that isn't there is a problem with code problem.NotFound.
func (b *Board) Run(ctx context.Context, id string) (Run, error) {
	run, err := b.Store.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Run{}, problem.NeedsPerson(problem.NotFound, "run "+id, "there is no such renewal", "see the list of renewals")
	}
	if err != nil {
		return Run{}, err
	}
	history, err := b.Store.History(ctx, id)
	if err != nil {
		return Run{}, err
	}
	events, err := b.Store.Events(ctx, id, 0)
	if err != nil {
		return Run{}, err
	}
	told := Run{
		Run: run, Attempts: notNil(history.Attempts), Deliveries: notNil(history.Deliveries), Events: notNil(events), Audit: notNil(history.Audit),
	}
	if len(events) > 0 {
		told.After = events[len(events)-1].Sequence
	}
	return told, nil
}

// Findings returns what keeps applications from being renewed by themselves, by application.
func (b *Board) Findings(ctx context.Context) ([]store.Finding, error) {
	found, err := b.Store.Findings(ctx)
	return notNil(found), err
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
