// Package stagetest holds a small world in memory, a directory with some places and a book, in which a process can be
// made to die at any point. Tests of the rooms and of the engine drive renewals through it by the thousand.
package stagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/store"
)

// World is a directory, some places and a book in memory. Every remote effect and every save counts two points, one
// before it and one after, at each of which the process may die.
type World struct {
	Time    time.Time
	DieAt   int                 // the point at which the process dies; 0 = never
	Deaths  int                 // of processes, so far
	Dark    bool                // a process dies of a power cut, which takes what was saved lazily
	Lose    []int               // effects, by number, whose reply is lost
	Deny    []int               // effects, by number, that happen and are answered with a refusal
	Shut    string              // a place whose consumers can't read it by the time the old secret is to go
	Blind   int                 // looks before the old secret goes that don't show the new one, as a replica that is behind
	Late    time.Duration       // after which a new secret whose reply was lost is seen
	Slow    time.Duration       // after which any new secret is seen, as where every replica lags; it signs in at once
	Longest time.Duration       // a policy that can't be read: longer lives are refused; 0 = none
	Told    bool                // that policy can be read, once it has refused a life
	Overlap time.Duration       // the policy's minimum; an hour in a new world
	Report  func() issuer.Usage // what a report of use shows; nil = there is none
	Fail    map[string]error    // what a write to a place, by name, fails with, before it has an effect
	Run     renewal.Run
	Stolen  renewal.State // in which a stranger removes the new secret, once; "" = never
	Meddles bool          // that stranger writes to a place too
	Behind  int           // looks while both secrets are kept that show an add-in's new one without its keys, as a lagging replica does
	// Opened reports whether the service still signs with the old secret what it sends to an add-in that somebody opened; nil =
	// nobody tells this process of any.
	Opened func() (later bool, err error)
	Unkind

	mu       sync.Mutex
	points   int // passed so far by this process
	dead     bool
	effects  int
	refused  bool                 // a life was too long
	seen     map[string]time.Time // by key id: from when a late secret is seen
	app      credential.App
	values   map[string]string       // by key id
	keys     map[string]bool         // by key id: the secret has its keys; nil = secrets need none
	original []credential.Credential // what the app held at first
	shown    string                  // what that person was shown last
	marks    map[string]string       // by key id: how the keys are named
	heard    []*heard                // what the service of add-ins hears of secrets, late
	places   map[string]*place
	issued   int
	begun    int // runs so far
	history  store.History
	disk     disk
}

type place struct {
	value, tag, keyID, replaces string
	beside                      string            // the value before, where the place holds two
	empty                       bool              // somebody deleted what it held
	versions                    map[string]string // value by tag, for the custodian
	receipt                     int
}

// errDied is all that a killed process sees from then on: it does nothing any more.
var errDied = errors.New("this process was killed")

// point is one instant at which a process may die.
func (w *World) point() error {
	w.points++
	if w.points == w.DieAt {
		w.dead = true
	}
	if w.dead {
		return errDied
	}
	return nil
}

// act does one remote effect, with its two points, and loses its reply where told.
func (w *World) act(do func()) error { return w.effect(do, w.fly) }

// here is act for what no wire carries, as the writing of a file: it happens, or it doesn't.
func (w *World) here(do func()) error { return w.effect(do, func(func()) {}) }

func (w *World) effect(do func(), fly func(func())) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	alive := !w.dead
	if err := w.point(); err != nil {
		if alive {
			fly(do)
		}
		return err
	}
	do()
	w.snap()
	w.watch()
	if err := w.point(); err != nil {
		return err
	}
	w.effects++
	switch {
	case slices.Contains(w.Lose, w.effects):
		return &problem.Error{Class: problem.Retry, Code: problem.Unreachable, Message: "reply lost", Doubtful: true}
	case slices.Contains(w.Deny, w.effects):
		return &problem.Error{Class: problem.Retry, Code: problem.Throttled, Message: "too many requests"}
	}
	return nil
}

// The key ids of the secrets that a new world holds.
const (
	OldKey     = "old-key"
	ForeignKey = "foreign-key"
)

// New returns a world in which an old secret is in every place, beside a foreign one. Without a custodian no place
// can give its value back.
func New(custodian bool) *World {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w := &World{Time: start, values: map[string]string{}, seen: map[string]time.Time{}, Overlap: time.Hour, places: map[string]*place{}}
	for keyID, value := range map[string]string{OldKey: "old-value-that-is-long", ForeignKey: "xyz-foreign-value-long"} {
		w.values[keyID] = value
		w.app.Credentials = append(w.app.Credentials, credential.Credential{
			KeyID: keyID, DisplayName: "by hand", Hint: value[:3], Kind: credential.Password, Holder: credential.OnApplication,
			Start: start.AddDate(-1, 0, 0), End: start.AddDate(0, 0, 200),
		})
	}
	for _, name := range []string{"custodian", "connection", "variable"} {
		if name != "custodian" || custodian {
			w.places[name] = &place{value: w.values[OldKey], versions: map[string]string{}}
		}
	}
	w.original = slices.Clone(w.app.Credentials)
	return w
}

// Tighten lets the app hold two secrets at most, of which one is there: the old one.
func (w *World) Tighten() {
	w.TakeAway(ForeignKey)
	w.app.Audience = "AzureADandPersonalMicrosoftAccount"
}

// Tight reports whether the app may hold two secrets at most.
func (w *World) Tight() bool { return w.app.TakesPersonal() }

// Look implements issuer.Issuer.
func (w *World) Look(context.Context, string) (credential.App, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	app := w.app
	app.Credentials = nil
	if err := w.Deaf[""]; err != nil {
		return app, err
	}
	hidden := w.blind()
	for _, c := range w.replica() {
		if !w.Time.Before(w.seen[c.KeyID]) && c.KeyID != hidden {
			app.Credentials = append(app.Credentials, c)
		}
	}
	return app, nil
}

// Issue implements issuer.Issuer.
func (w *World) Issue(_ context.Context, _ credential.App, order issuer.Order) (made credential.Issued, err error) {
	if w.Longest > 0 && order.End.Sub(w.Time) > w.Longest {
		w.refused = true
		return made, &problem.Error{Class: problem.Person, Code: problem.Blocked, Message: "too long", Fix: "ask for less", Err: issuer.ErrLifetime}
	}
	if w.Tight() && len(w.app.Credentials) >= w.app.MaxPasswords() {
		return made, &problem.Error{Class: problem.Permanent, Code: problem.Full, Message: "as many as it may hold"}
	}
	err = w.act(func() {
		w.issued++
		value := fmt.Sprintf("n%02d-issued-value-long", w.issued)
		made = credential.Issued{Value: secret.New(value), Credential: credential.Credential{
			KeyID: fmt.Sprintf("new-key-%d", w.issued), DisplayName: order.Mark, Hint: value[:3], Kind: credential.Password,
			Holder: credential.OnApplication, Start: w.Time, End: order.End,
		}}
		w.values[made.KeyID] = value
		w.app.Credentials = append(w.app.Credentials, made.Credential)
	})
	if err != nil {
		w.hide(made.KeyID, w.Late)
		return credential.Issued{}, err
	}
	w.hide(made.KeyID, w.Slow)
	return made, nil
}

// telling is a world whose policy can be read.
type telling struct{ *World }

// Terms implements issuer.TermsReader.
func (w telling) Terms(context.Context, credential.App) (issuer.Terms, error) {
	if !w.refused {
		return issuer.Terms{Readable: true}, nil
	}
	return issuer.Terms{Readable: true, MaxLifetime: w.Longest, Policy: "new"}, nil
}

// Remove implements issuer.Issuer.
func (w *World) Remove(_ context.Context, _ credential.App, held credential.Credential) error {
	return w.act(func() {
		w.Removed = append(w.Removed, Removal{held.KeyID, w.Time, w.Run})
		var left []credential.Credential
		for _, c := range w.app.Credentials {
			if c.KeyID != held.KeyID {
				left = append(left, c)
			}
		}
		w.app.Credentials = left
		delete(w.values, held.KeyID)
	})
}

// takeAway is a stranger who removes the new secret, an hour after it was made.
func (w *World) takeAway() {
	if w.Stolen == "" || w.Run.State != w.Stolen || w.dead {
		return
	}
	attempt, _ := w.history.Current(w.Run.Attempt)
	w.Time, w.Stolen = w.Time.Add(time.Hour), ""
	if w.Meddles {
		w.Overwrite("connection", "value-of-the-installer")
	}
	w.TakeAway(attempt.KeyID)
}

// TakeAway is a stranger who removes a secret.
func (w *World) TakeAway(keyID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.app.Credentials = slices.DeleteFunc(slices.Clone(w.app.Credentials), func(c credential.Credential) bool { return c.KeyID == keyID })
	delete(w.values, keyID)
	w.snap()
}

// SignIn implements issuer.Issuer: a value is accepted while its secret is there and hasn't ended.
func (w *World) SignIn(_ context.Context, _ string, value secret.Value) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.works(value.Reveal()) {
		return nil
	}
	return &problem.Error{Class: problem.Retry, Code: problem.SignIn, Message: "refused"}
}

func (w *World) works(value string) bool {
	for _, c := range w.app.Credentials {
		if w.values[c.KeyID] == value && value != "" && !c.Expired(w.Time) {
			_, made := w.seen[c.KeyID]
			return !made || !w.Time.Before(c.Start.Add(w.Shy))
		}
	}
	return false
}

// Usage implements issuer.UsageReader.
func (w *World) Usage(context.Context, credential.App, []time.Time) (issuer.Usage, error) {
	if w.Report == nil {
		return issuer.Usage{Reason: "this world has no report"}, nil
	}
	return w.Report(), nil
}

// Failing reports which places hold a value that doesn't sign in: each would be an outage.
func (w *World) Failing() (failing []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failing()
}

// failing is Failing; the lock is held.
func (w *World) failing() (failing []string) {
	if w.keys != nil {
		return w.failingACS()
	}
	for name, p := range w.places {
		if !p.empty && !w.works(p.value) {
			failing = append(failing, name)
		}
	}
	return failing
}
