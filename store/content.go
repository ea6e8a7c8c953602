package store

import (
	"context"
	"iter"
	"time"

	"keyturn/audit"
	"keyturn/renewal"
)

// Importer takes over all that another store remembers. It is an optional part of a store.
type Importer interface {
	// Import saves content as it is, version by version and digest by digest, and sets the wakes of parked runs as
	// policy's clock, which shows now, asks for. It is one transaction: when a part of content fails or content.Accept
	// refuses, nothing is saved. A store that holds anything is refused with a problem of code store.filled.
	Import(ctx context.Context, content Content, now time.Time) error
}

// Content is all that a store remembers. Each sequence may be gone through more than once, and ends with its first
// error.
type Content struct {
	Runs       iter.Seq2[renewal.Run, error] // in the order of beginning
	Attempts   iter.Seq2[renewal.Attempt, error]
	Deliveries iter.Seq2[renewal.Delivery, error]
	Events     iter.Seq2[renewal.Event, error] // by sequence number
	Entries    iter.Seq2[audit.Entry, error]   // by application and number
	Findings   iter.Seq2[Finding, error]
	Postings   iter.Seq2[Posting, error] // in the order in which they came
	Tokens     iter.Seq2[Pass, error]    // those of programs; people sign in again

	// Accept is asked before the transaction ends whether what was saved, as the new store counts it, is all of it.
	Accept func(ctx context.Context, saved Tally) error
}

// Tally is how much a store holds.
type Tally struct {
	Runs, Attempts, Deliveries, Events, Entries, Findings, Postings, Tokens int

	Heads map[string]string // the digest of the last audit entry of each application that has one
}
