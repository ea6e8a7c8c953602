package policy

import (
	"time"

	"keyturn/credential"
	"keyturn/renewal"
)

// Input is all that the rules may know. Each rule says which fields it reads; the others may stay zero.
type Input struct {
	Now    time.Time
	Policy Policy
	App    credential.App

	// InUse is the key id that the places hold, as [Replaced] found it; "" = not known.
	InUse string
	// Excluded says why a person took the application out of renewal; "" = it isn't excluded.
	Excluded string
	// Unreadable says why the application couldn't be read; "" = it was read.
	Unreadable string

	Held    Held   // what the custodian holds
	Replace string // a person's word: a key id, [None], or "" for none given
	Usage   Usage
	Terms   Terms
	// Linger is for how long after its end an old password is kept because the service itself goes on with it; 0 = it isn't.
	Linger time.Duration
	// Recurrences are how often the known consumers act; unknown ones are left out.
	Recurrences []time.Duration

	Ends     time.Time   // when the password in use ends; zero = not known, or nobody uses one
	Run      renewal.Run // the run whose gate is asked
	NewKeyID string      // what this run delivered
	Approved bool        // a person, told what is missing, wants the old password removed
}

// None as [Input.Replace] means: add a password and retire nothing.
const None = "none"

// Held is what is known of the value that the custodian holds, without the value.
type Held struct {
	Read    bool   // the value could be read
	Unread  string // why it couldn't, in a person's words; "" = no place gives a value back, or it is empty
	Hint    string // its first three characters, see secret.Value.Hint; "" = too short to have a hint
	SignsIn bool   // a sign-in with it was accepted just now
	// KeyID is the key id that this store delivered to the custodian, as long as the custodian's receipt is unchanged;
	// "" otherwise. A tag that anybody could have written isn't enough.
	KeyID string
}

// Use is what a report knows of one credential. An issuer.Use converts to it.
type Use struct {
	Last     time.Time // newest use by anybody; zero = none seen
	ByOthers time.Time // newest use that surely wasn't our own sign-in; zero = none seen
}

// Usage is what the tenant's reports tell. Source "" = there is no report.
type Usage struct {
	Source string
	Reason string         // why there is none, and what would give one
	Uses   map[string]Use // by key id, lower case
}

// Terms is what the tenant's policies allow. An issuer.Terms converts to it.
type Terms struct {
	Readable    bool          // false: known only when tried
	Blocked     bool          // no password may be added at all
	MaxLifetime time.Duration // 0 = no limit is set
	Policy      string        // the policy that says so
}

// Decision is an answer of a rule with its reason.
type Decision struct {
	Code Code   // stable; see [Codes]
	Text string // one sentence for a person, without a full stop
	Fix  string // what a person does about it; "" = nothing to do
}
