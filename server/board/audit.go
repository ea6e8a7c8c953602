package board

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"keyturn/audit"
	"keyturn/store"
)

// AuditPage is a part of the audit log, newest first.
type AuditPage struct {
	Items []audit.Entry `json:"items"`
	Next  string        `json:"next,omitempty"`
}

// Audit returns a part of the audit log, of one application or ("") of all. after is Next of the page before.
func (b *Board) Audit(ctx context.Context, app, after string, limit int) (AuditPage, error) {
	filter := store.EntryFilter{App: app, Limit: limited(limit) + 1}
	if after != "" {
		text, err := base64.RawURLEncoding.DecodeString(after)
		if err != nil || json.Unmarshal(text, &filter.Before) != nil {
			return AuditPage{}, badCursor()
		}
	}
	entries, err := b.Store.Entries(ctx, filter)
	if err != nil {
		return AuditPage{}, err
	}
	page := AuditPage{Items: notNil(entries)}
	if limit := limited(limit); len(entries) > limit {
		page.Items = entries[:limit]
		last := entries[limit-1]
		text, err := json.Marshal(store.Entry{At: last.At, App: last.App, Number: last.Number})
		if err != nil {
			return AuditPage{}, fmt.Errorf("mark where the page ends: %w", err)
		}
		page.Next = base64.RawURLEncoding.EncodeToString(text)
	}
	return page, nil
}

// Chain is whether one application's audit log holds together.
type Chain struct {
	App     string `json:"app"`
	Entries int    `json:"entries"`
	OK      bool   `json:"ok"`
	Bad     int64  `json:"bad,omitempty" doc:"Number of the first entry that was changed or doesn't follow from the one before"`
	Digest  string `json:"digest" doc:"Of the last entry; kept elsewhere, it shows later whether entries were cut off"`
}

// Verify follows the chain of one application's audit log from its first entry.
func (b *Board) Verify(ctx context.Context, app string) (Chain, error) {
	entries, err := b.Store.Chain(ctx, app)
	if err != nil {
		return Chain{}, err
	}
	chain := Chain{App: app, Entries: len(entries), Bad: audit.Verify(entries)}
	chain.OK = chain.Bad == 0
	if len(entries) > 0 {
		chain.Digest = entries[len(entries)-1].Digest
	}
	return chain, nil
}
