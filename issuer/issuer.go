// Package issuer holds the contract of whatever makes and removes credentials: look, issue, remove, and prove by
// signing in. It decides nothing; stages do. Implementations live one level up, one folder each.
package issuer

import (
	"context"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/secret"
)

// Issuer makes, proves and removes the credentials of an app.
type Issuer interface {
	// Look reads the app with the credentials of its application and its service principal. It changes nothing. Reads
	// may lag: "there" and "gone" must be judged from several looks. A client id unknown to the tenant is a [problem]
	// with code problem.NotFound.
	Look(ctx context.Context, clientID string) (credential.App, error)

	// Issue makes one new password bearing order.Mark and returns it with its value. It sends the request once and
	// never repeats it by itself: an error with Doubtful set means that the password may exist under its mark. NOT safe
	// to repeat without a new mark.
	Issue(ctx context.Context, app credential.App, order Order) (credential.Issued, error)

	// Remove removes exactly that credential from whichever object holds it. That it is not there any more is no error,
	// yet neither proof: a replica may lag, so look again. Safe to repeat.
	Remove(ctx context.Context, app credential.App, held credential.Credential) error

	// SignIn asks for a token with the value on a fresh connection, past every cache, and returns nil when it was
	// accepted. A refusal has code problem.SignIn, be the value wrong, expired, removed or too fresh. Safe to repeat.
	SignIn(ctx context.Context, clientID string, value secret.Value) error
}

// Order says what to issue.
type Order struct {
	Mark string    // the description, see renewal.Mark
	End  time.Time // when it is to end
}

// Terms is what the tenant's policies allow for new passwords of one app.
type Terms struct {
	Readable    bool          // false: the policies couldn't be read, and are known only when tried
	Blocked     bool          // no password may be added at all
	MaxLifetime time.Duration // 0 = no limit is set
	Policy      string        // the policy that says so, as a person finds it in the portal
}

// TermsReader is an [Issuer] that can read what policies allow. Not being allowed to read them is no error: Readable
// is false then.
type TermsReader interface {
	Terms(ctx context.Context, app credential.App) (Terms, error)
}

// Use is what a report knows of one credential.
type Use struct {
	Last     time.Time // newest use by anybody; zero = none seen
	ByOthers time.Time // newest use that surely wasn't our own sign-in; zero = none seen
}

// Usage is what the tenant's reports tell of the use of an app's credentials.
type Usage struct {
	Source string         // the report asked; "" = this tenant has none that we may read
	Reason string         // why there is none, and what would give one
	Uses   map[string]Use // by key id, lower case
}

// UsageReader is an [Issuer] that can read evidence of use. own lists the instants of our own sign-ins, which count in
// no report as somebody's use. Having no report is no error: Source is "" then.
type UsageReader interface {
	Usage(ctx context.Context, app credential.App, own []time.Time) (Usage, error)
}

// Completing is an [Issuer] whose credentials are made in two steps: Issue makes the password, Complete what belongs to
// it. Until then the credential is said to lack something, see credential.Credential.Lacks.
type Completing interface {
	// Complete adds what an issued credential still lacks. Its request is sent once; an error with Doubtful set means
	// that it may have happened, one with [ErrLifetime] inside that a policy allows it a shorter life alone. Safe to repeat:
	// what is there already is left as it is.
	Complete(ctx context.Context, app credential.App, made credential.Credential, value secret.Value) error
	// Completes says in a few words what is added, such as "add the two keys".
	Completes() string
}

// Pace is how slowly a service lets go of an old credential and gets to know a new one.
type Pace struct {
	// Linger: the service itself goes on with an old credential until that ends, whatever newer ones there are. It is
	// kept until its end and for so long afterwards. 0 = it goes as soon as nobody uses it.
	Linger time.Duration
	// Spread is how long it may take after delivery until a new credential is known everywhere; it is tried now and
	// then during that time, while consumers have both. 0 = it is known when it has settled.
	Spread time.Duration
	// Issue and SignIn are the most requests that making one, and trying one, take when nothing fails.
	Issue, SignIn int
}

// Paced is an [Issuer] whose service has a pace of its own.
type Paced interface {
	Pace() Pace
}

// Witness is an [Issuer] that may have been handed a message of its service to a consumer, by which it knows with which
// secret the service signs what it sends.
type Witness interface {
	// Witness says of each place that consumers read which of its values such a message fits. Without a message there is
	// nothing to say. A place of which none fits is a Person problem: its consumers refuse what they are sent. It changes
	// nothing.
	Witness(ctx context.Context, clientID string) ([]Testimony, error)
}

// Testimony is what a message of the service shows of one place.
type Testimony struct {
	Place string // the target's id
	Later bool   // it isn't the place's first value that fits, but the one kept beside it
	Text  string // what was shown, in a person's words
}

// Checker is an [Issuer] that can tell beforehand whether it may do its work on app: roles, ownership, policies, clock.
type Checker interface {
	Check(ctx context.Context, app credential.App) ([]check.Check, error)
}
