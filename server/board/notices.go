package board

import (
	"context"
	"fmt"
	"slices"

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

func (q NoticeQuery) fits(p store.Posting) bool {
	return (q.App == "" || p.App == q.App) && (q.State == "" || p.State == q.State) && (!q.Open || p.Open)
}

// Notices returns a part of what people were told in the last month, or are still to be told.
func (b *Board) Notices(ctx context.Context, q NoticeQuery) (NoticePage, error) {
	all, err := b.Store.Postings(ctx)
	if err != nil {
		return NoticePage{}, fmt.Errorf("read the notices: %w", err)
	}
	page, limit, begun := NoticePage{Items: []store.Posting{}}, limited(q.Limit), q.After == ""
	for _, posting := range slices.Backward(all) {
		switch {
		case !begun:
			begun = posting.ID == q.After
		case !q.fits(posting):
		case len(page.Items) == limit:
			page.Next = page.Items[limit-1].ID
			return page, nil
		default:
			page.Items = append(page.Items, posting)
		}
	}
	if !begun {
		return NoticePage{}, badCursor()
	}
	return page, nil
}

// Untold sums up the notices that don't reach people.
func (b *Board) Untold(ctx context.Context) (store.Backlog, error) { return b.Store.Outbox(ctx) }
