package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/store"
)

const (
	// SessionLife is how long a browser stays signed in: a working day.
	SessionLife = 12 * time.Hour
	// LinkLife is how long a one-time link waits to be opened.
	LinkLife = 15 * time.Minute
	// LongestToken is how long an API token may live.
	LongestToken = 366 * 24 * time.Hour
)

// Methods say how somebody signed in.
const (
	ByLink     = "link"     // a one-time link, printed at the machine
	ByProvider = "provider" // an OpenID Connect provider
	ByToken    = "token"    // an API token
	ByTerminal = "terminal" // the command line of the machine
)

// Person is somebody who has come in.
type Person struct {
	Name    string    `json:"name"`    // as people know them
	Subject string    `json:"subject"` // whose it is, for good
	Role    Role      `json:"role"`
	Method  string    `json:"method"` // link, provider or token
	Until   time.Time `json:"until"`  // when they must sign in again
	Pass    string    `json:"-"`      // id of what they showed
}

// String names the person and how they signed in, as the audit log does.
func (p Person) String() string {
	if p.Method == ByToken {
		return p.Name
	}
	return p.Name + " (" + p.Method + ")"
}

// Keeper gives out passes and knows them again. It is safe for use by many goroutines and processes.
type Keeper struct {
	Passes store.Passes
	Now    func() time.Time // the machine's clock: a pass has nothing to do with the clock that renewals go by
}

// Link gives out a one-time link's secret part: whoever shows it first becomes person.
func (k *Keeper) Link(ctx context.Context, person Person) (secret.Value, error) {
	shown, _, err := k.give(ctx, store.LinkPass, "", person, LinkLife)
	return shown, err
}

// Redeem turns the secret part of a link into a session, once. It fails with a problem "link.used" for a link that was
// used, that has ended, or that never was: who tries isn't told which.
func (k *Keeper) Redeem(ctx context.Context, shown string) (secret.Value, Person, error) {
	pass, err := k.find(ctx, store.LinkPass, shown)
	if err != nil && !errors.Is(err, store.ErrNoPass) {
		return secret.Value{}, Person{}, err
	}
	mine := false
	if err == nil {
		mine, err = k.Passes.Void(ctx, pass.ID, k.Now())
		if err != nil {
			return secret.Value{}, Person{}, fmt.Errorf("use the link up: %w", err)
		}
	}
	if !mine {
		return secret.Value{}, Person{}, problem.NeedsPerson("link.used", "the link", "has been used, or has ended", "keyturn console link prints a new one")
	}
	return k.SignIn(ctx, personOf(pass))
}

// SignIn begins a session of person and returns what their browser is to show.
func (k *Keeper) SignIn(ctx context.Context, person Person) (secret.Value, Person, error) {
	shown, pass, err := k.give(ctx, store.SessionPass, "", person, SessionLife)
	return shown, personOf(pass), err
}

// SignOut ends a session. Safe to repeat.
func (k *Keeper) SignOut(ctx context.Context, person Person) error {
	_, err := k.Passes.Void(ctx, person.Pass, k.Now())
	return err
}

// Visitor returns who shows a session. Somebody whose session has ended or never was is the zero Person.
func (k *Keeper) Visitor(ctx context.Context, shown string) (Person, error) {
	return k.known(ctx, store.SessionPass, shown)
}

// Caller is [Keeper.Visitor] for an API token.
func (k *Keeper) Caller(ctx context.Context, shown string) (Person, error) {
	return k.known(ctx, store.TokenPass, shown)
}

func (k *Keeper) known(ctx context.Context, kind store.PassKind, shown string) (Person, error) {
	pass, err := k.find(ctx, kind, shown)
	if errors.Is(err, store.ErrNoPass) {
		return Person{}, nil
	}
	return personOf(pass), err
}

// find returns the pass that shown proves and that is still good.
func (k *Keeper) find(ctx context.Context, kind store.PassKind, shown string) (store.Pass, error) {
	if shown == "" || len(shown) > longestShown {
		return store.Pass{}, store.ErrNoPass
	}
	pass, err := k.Passes.Pass(ctx, Digest(shown))
	if err != nil {
		return store.Pass{}, err
	}
	if pass.Kind != kind || !pass.Good(k.Now()) {
		return store.Pass{}, store.ErrNoPass
	}
	return pass, nil
}

// longestShown is beyond whatever was ever given out.
const longestShown = 128

// give keeps a new pass and returns what proves it, which nobody can be told again.
func (k *Keeper) give(ctx context.Context, kind store.PassKind, name string, person Person, life time.Duration) (secret.Value, store.Pass, error) {
	shown := rand.Text() + rand.Text() // more than 256 bits: no two alike, and none to be guessed
	if kind == store.TokenPass {
		shown = tokenPrefix + shown
	}
	now := k.Now().UTC()
	pass := store.Pass{
		ID: strings.ToLower(rand.Text()[:10]), Kind: kind, Digest: Digest(shown), Name: name, Role: person.Role.String(), Person: person.Name,
		Subject: person.Subject, Method: person.Method, Made: now, Ends: now.Add(life),
	}
	if err := k.Passes.Keep(ctx, pass); err != nil {
		return secret.Value{}, store.Pass{}, err
	}
	return secret.New(shown), pass, nil
}

// Digest is what the store keeps of what is shown.
func Digest(shown string) string {
	sum := sha256.Sum256([]byte(shown))
	return hex.EncodeToString(sum[:])
}

// personOf is whose pass it is. A role that this release doesn't know allows nothing.
func personOf(pass store.Pass) Person {
	role, err := RoleNamed(pass.Role)
	if err != nil {
		role = Nobody
	}
	person := Person{Name: pass.Person, Subject: pass.Subject, Role: role, Method: pass.Method, Until: pass.Ends, Pass: pass.ID}
	if pass.Kind == store.TokenPass {
		person.Name, person.Method = "token "+pass.Name+" of "+pass.Person, ByToken
	}
	return person
}
