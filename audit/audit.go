// Package audit holds the entry of the audit log and the pure rule that chains entries, so that one that was changed,
// inserted or cut from the middle shows. Stores write entries in the same transaction as the change they tell of.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Outcome says how the act that an entry tells of ended.
type Outcome string

const (
	Intended Outcome = "intended" // saved before the remote effect: if nothing follows, the effect is in doubt
	Happened Outcome = "done"
	Failed   Outcome = "failed"
	Noted    Outcome = "noted" // a finding or decision without a remote effect
)

// Entry is one line of an application's log. It never holds a secret.
type Entry struct {
	App      string    `json:"app"` // the application's name in the configuration
	Number   int64     `json:"number"`
	At       time.Time `json:"at"`
	Who      string    `json:"who"` // the identity that acted, or the person at the command line
	Run      string    `json:"run"`
	Action   string    `json:"action"` // "issue", "write", "remove", ...
	Object   string    `json:"object"` // to what: a key id, a target
	Outcome  Outcome   `json:"outcome"`
	Detail   string    `json:"detail"`
	Requests string    `json:"requests"` // Microsoft's request ids, when known
	Previous string    `json:"previous"` // digest of the entry before; "" for the first
	Digest   string    `json:"digest"`
}

// Seal returns entry as the next one after previous (the zero Entry for the first): numbered, linked and digested.
// The same input always gives the same digest.
func Seal(previous, entry Entry) Entry {
	entry.Number = previous.Number + 1
	entry.Previous = previous.Digest
	entry.At = entry.At.UTC().Truncate(time.Microsecond)
	entry.Digest = digest(entry)
	return entry
}

// Verify returns the number of the first entry that doesn't follow from the one before it, or 0 when the chain holds.
// entries are one application's, in order, from the first. A cut tail shows only against a head noted elsewhere.
func Verify(entries []Entry) int64 {
	var previous Entry
	for _, entry := range entries {
		if entry.Number != previous.Number+1 || entry.Previous != previous.Digest || entry.Digest != digest(entry) {
			return previous.Number + 1
		}
		previous = entry
	}
	return 0
}

// digest hashes every field with its length, so that no two different entries render alike.
func digest(e Entry) string {
	sum := sha256.New()
	for _, field := range []string{
		e.App, fmt.Sprint(e.Number), e.At.UTC().Format(time.RFC3339Nano), e.Who, e.Run, e.Action, e.Object,
		string(e.Outcome), e.Detail, e.Requests, e.Previous,
	} {
		fmt.Fprintf(sum, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
