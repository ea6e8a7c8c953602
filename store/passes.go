package store

import (
	"context"
	"errors"
	"time"
)

// ErrNoPass: nothing was ever given out with that digest.
var ErrNoPass = errors.New("no such pass")

// Passes are what people and programs show to be let in at the console. It is an optional part of a store. Times are the
// machine's own: the caller judges them.
type Passes interface {
	// Keep saves a new pass, and forgets those that ended long before it was made.
	Keep(ctx context.Context, pass Pass) error
	// Pass returns the pass with that digest, whatever became of it, or ErrNoPass.
	Pass(ctx context.Context, digest string) (Pass, error)
	// Void ends the pass with that id, and reports whether this call did: of several at once only one is told so, which
	// is what makes a link good for a single use.
	Void(ctx context.Context, id string, at time.Time) (bool, error)
	// Passes returns those of a kind, newest first.
	Passes(ctx context.Context, kind PassKind) ([]Pass, error)
}

// PassKind is what a pass is good for.
type PassKind string

const (
	SessionPass PassKind = "session" // a browser that has signed in
	TokenPass   PassKind = "token"   // a program that uses the API
	LinkPass    PassKind = "link"    // whoever opens it gets a session, once
)

// KeptAfter is how long a pass is kept after it ended, so that it can be told what it was.
const KeptAfter = 30 * 24 * time.Hour

// Pass lets somebody in. What is shown to prove it is random and kept nowhere; its digest can't be turned back.
type Pass struct {
	ID      string // names it openly
	Kind    PassKind
	Digest  string // SHA-256 of what is shown, in hex
	Name    string // of a token: what people call it
	Role    string // what it allows
	Person  string // whose it is, as people know them
	Subject string // whose it is, for good: a name may change, this doesn't
	Method  string // how they had signed in
	Made    time.Time
	Ends    time.Time
	Voided  time.Time // used up, signed out or revoked before its end; zero = it wasn't
}

// Good reports whether the pass lets anybody in at that time.
func (p Pass) Good(now time.Time) bool { return p.Voided.IsZero() && now.Before(p.Ends) }
