package board

import (
	"context"
	"errors"
	"fmt"

	"keyturn/store"
)

// NoticePage is a part of the notices, newest first.
type NoticePage struct {
	Items []store.Posting `json:"items"`
	Next  string          `json:"next,omitempty"`
}

// NoticeQuery chooses notices; its zero value chooses the newest.
type NoticeQuery struct {
	App   string             // "" = of all, and of Keyturn itself
	State store.PostingState // "" = any
	Open  bool               // only those whose matter isn't over
	After string             // where the page before ended: its Next
	Limit int                // 0 = 50, at most 200
}

// Notices returns a part of what people were told in the last month, or are still to be told.
func (b *Board) Notices(ctx context.Context, q NoticeQuery) (NoticePage, error) {
	limit := limited(q.Limit)
	found, err := b.Store.Postings(ctx, store.PostingFilter{App: q.App, State: q.State, Open: q.Open, Before: q.After, Limit: limit + 1})
	if errors.Is(err, store.ErrNoNotice) {
		return NoticePage{}, badCursor()
	}
	if err != nil {
		return NoticePage{}, fmt.Errorf("read the notices: %w", err)
	}
	page := NoticePage{Items: append([]store.Posting{}, found[:min(limit, len(found))]...)}
	if len(found) > limit {
		page.Next = page.Items[limit-1].ID
	}
	return page, nil
}

// Untold sums up the notices that don't reach people.
func (b *Board) Untold(ctx context.Context) (store.Backlog, error) { return b.Store.Outbox(ctx) }
