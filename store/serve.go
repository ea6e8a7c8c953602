package store

import (
	"context"
	"time"

	"keyturn/notice"
)

// Servers knows which living nodes serve, which is to drive whatever is due, so that nobody needs to come back for a run
// that is parked. It is an optional part of a store, by the database's clock alone.
type Servers interface {
	// Serve is Beat for a node that serves.
	Serve(ctx context.Context, node string, ttl time.Duration) error
	// Served reports whether a node that serves is alive.
	Served(ctx context.Context) (bool, error)
}

// Duties are what all serving nodes owe together, such as the look at the tenant: each turn is one node's. It is an
// optional part of a store, by the database's clock alone.
type Duties interface {
	// Take reports whether the caller gets the duty's next turn: the last one began at least every ago, and nobody else
	// asked first. A node that dies with a turn costs no more than that turn. After a turn that began later than now, by more
	// than [SetBack], the next one comes at once.
	Take(ctx context.Context, duty string, every time.Duration) (bool, error)
	// Finish keeps how a turn ended: well, or with failure. Safe to repeat, and without Take.
	Finish(ctx context.Context, duty, failure string) error
	// Duty tells how a duty stands; one that nobody ever did has the zero Duty.
	Duty(ctx context.Context, duty string) (Duty, error)
}

// SetBack is how far ahead of the database's clock something may lie that has happened, before that clock must have been
// set back since.
const SetBack = 10 * time.Second

// Duty is how a duty stands.
type Duty struct {
	Done    bool          // a turn ended well at some time
	Ago     time.Duration // since the last turn that ended well; when that lies ahead, because the clock was set back, until then
	Failure string        // why the last turn didn't; "" = it did
}

// Findings are what keeps applications from being renewed by themselves, seen before a run was begun: at most one each.
// It is an optional part of a store.
type Findings interface {
	// Note keeps the finding in place of the application's former one, and reports whether it says something new. One
	// with the same code and text changes nothing, so that a finding which is seen every hour is told once. The notices
	// are kept in the same transaction, whether or not it is news, under the rules of [Told].
	Note(ctx context.Context, finding Finding, notices ...notice.Notice) (news bool, err error)
	// Forget drops the application's finding, and keeps the notices in the same transaction. Safe to repeat.
	Forget(ctx context.Context, app string, notices ...notice.Notice) error
	// Findings returns all of them, by application.
	Findings(ctx context.Context) ([]Finding, error)
}

// Finding is one thing that a person should mend. It never holds a secret.
type Finding struct {
	App   string    `json:"app"`
	Code  string    `json:"code"` // stable, such as "rights.missing"
	Text  string    `json:"text"`
	Fix   string    `json:"fix"`
	Since time.Time `json:"since"` // policy's time at which it was first seen
}
