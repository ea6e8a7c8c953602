package store

import (
	"context"
	"time"

	"keyturn/audit"
)

// Pages is what a page that people look at needs beyond a Reader: the newest of all, and the end of the story. It is an
// optional part of a store.
type Pages interface {
	// LastEvent returns the number after which Events begins with whatever happens next; 0 = nothing ever happened.
	LastEvent(ctx context.Context) (int64, error)
	// Entries returns audit entries of all applications, or those that fit, newest first.
	Entries(ctx context.Context, filter EntryFilter) ([]audit.Entry, error)
}

// EntryFilter chooses audit entries; its zero value chooses all.
type EntryFilter struct {
	App    string // "" = of every application
	Before Entry  // only those that come after this one in the order of the answer; zero = from the newest
	Limit  int    // 0 = 1,000
}

// Entry names one audit entry by what the answer is ordered by.
type Entry struct {
	At     time.Time
	App    string
	Number int64
}
