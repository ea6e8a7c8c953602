// Package target holds the contract of a place that holds a secret: say what it is, look, write, verify. One of them,
// the custodian, can give the value back, and is what lets Keyturn keep nothing itself.
//
// An implementation is one folder (target/<name>) and one line in the command's list; targettest.Exercise is the suite
// that each passes.
package target

import (
	"context"
	"time"

	"keyturn/check"
	"keyturn/renewal"
	"keyturn/secret"
)

// Target is a place that holds the secret of an app.
type Target interface {
	// Place says which place this is, without asking it.
	Place() Place

	// Look reads what can be read of the place now. It changes nothing. A place that isn't there has Exists false and
	// no error.
	Look(ctx context.Context) (Standing, error)

	// Write puts parcel.Value there and returns the receipt that the place shows from now on. Writing the same parcel
	// again changes nothing that matters and is safe. Everything else about the place stays as found.
	Write(ctx context.Context, parcel Parcel) (receipt string, err error)

	// Verify asks, as well as this place can be asked, whether it works with parcel.Value, and tells honestly how far
	// that reaches. It never writes. Safe to repeat.
	Verify(ctx context.Context, parcel Parcel, written Written) (Proof, error)
}

// Place names a target.
type Place struct {
	ID       string // unique within an app and stable over time, such as "keyVaultSecret:kv-provassist/appSecret"
	Kind     string // the descriptor's code
	Title    string // how a person would call it
	Resource string // its Azure resource id, or its address
	Portal   string // where a person finds it; "" = unknown
	// Requests is the most requests that one renewal without failures sends here in Look + Write + the first Verify,
	// which comes right after the write.
	Requests int
	Brings   string // what else a write brings about, such as "the site restarts"; "" = nothing
}

// Standing is what can be read of a place.
type Standing struct {
	Exists   bool
	Receipt  string // the place's present receipt: another one than ours means that somebody wrote after us
	Tag      string // the attempt, "<run>.<n>", that the place says it was written by; "" = it can't say, or not by us
	KeyID    string // the key id that the place says it holds; "" = it can't say
	Replaces string // the key id that the place says its value replaced; "" = it can't say
	Silent   bool   // the place can't be asked at all: that it shows no receipt says nothing
	Withheld string // why its consumers can't read what it holds; "" = they can, as far as can be told
	Note     string // anything a person should know
}

// Parcel is one delivery: the value with what may be written beside it.
type Parcel struct {
	Tag      string // "<run>.<n>"
	ClientID string
	TenantID string
	KeyID    string
	Replaces string // key id replaced; "" = none
	Value    secret.Value
	End      time.Time
	// Earlier are the receipts of this run's earlier attempts at the same place. What such an attempt wrote is never
	// taken for the value that consumers have to go on with.
	Earlier []string
}

// Written is what is known of our write when a place is verified.
type Written struct {
	Receipt string
	At      time.Time
	// SeenInUse is true when a report shows the new key id used by somebody other than us.
	SeenInUse bool
	Now       time.Time
}

// Proof is how far a place was proven, told honestly.
type Proof struct {
	Rung  renewal.Rung
	Probe string // the name of what was asked, such as "workflow CheckSiteExists"; "" = nothing harmless is known
	Note  string // the limits of the proof in a person's words
	// Better is true when a stronger proof can be had by asking again later.
	Better bool
}

// Custodian is a [Target] from which the value can be read back.
type Custodian interface {
	Target
	// Recall returns the value that an attempt wrote, with its receipt. The attempt is named by its tag and, for places
	// that can't keep a word, by the receipt that its write was foretold; "" = none was. No such value is a problem
	// with code problem.NotFound.
	Recall(ctx context.Context, tag, receipt string) (secret.Value, string, error)
	// Current returns the value that the place holds now, and what it says of it. An empty place is problem.NotFound.
	Current(ctx context.Context) (secret.Value, Standing, error)
}

// Checker is a [Target] that can tell beforehand whether it may be written: rights, locks, firewalls, missing settings.
// Every precondition that can't be read is returned as unknown. It changes nothing.
type Checker interface {
	Check(ctx context.Context) []check.Check
}

// Recurring is a [Target] that knows how often its consumers act, so that the overlap is long enough to see each at
// least twice. Zero = unknown.
type Recurring interface {
	Recurrence(ctx context.Context) (time.Duration, error)
}

// Superseding is a custodian that can put an older version out of use once nothing needs it. Safe to repeat.
type Superseding interface {
	// Supersede disables the version that held keyID, if the place says that it holds one.
	Supersede(ctx context.Context, keyID string) error
}

// Foretelling is a [Target] whose receipt follows from what is written, so that it can be saved before the write: by it
// a write that nobody lived to note is found again where the place keeps no word of who wrote.
type Foretelling interface {
	Foretell(parcel Parcel) (receipt string)
}

// Releasing is a [Target] that holds the old value beside the new one, for as long as consumers may need both.
type Releasing interface {
	// Release takes the old value out and leaves the new one. It returns the receipt that the place shows from then on.
	// A place that holds no old value is left as it is. Safe to repeat.
	Release(ctx context.Context, parcel Parcel) (receipt string, err error)
}

// Paired is a [Target] whose consumers may have two values at once.
type Paired interface {
	// Pair returns the texts that stand there, in the order in which consumers try them; an empty one is left out. It changes
	// nothing.
	Pair(ctx context.Context) ([]Held, error)
}

// Held is one text of a place, under the name by which a person finds it there.
type Held struct {
	Name string
	Text secret.Value
}

// ByHand is a [Target] that only a person can write: a value shown once counts as written when that person says so.
type ByHand interface {
	ByHand()
}
