// Package store holds the contract of Keyturn's memory: runs with their attempts, deliveries, events and audit entries.
// A store keeps intent before each remote effect and never a secret. storetest.Exercise is the suite that each passes.
package store

import (
	"context"
	"errors"
	"time"

	"keyturn/audit"
	"keyturn/notice"
	"keyturn/renewal"
)

var (
	// ErrNotFound: there is no such run.
	ErrNotFound = errors.New("no such run")
	// ErrFenced: the run was taken over or saved by somebody else since it was read. Whoever gets it must stop at
	// once, without a further remote effect.
	ErrFenced = errors.New("another process has taken this run over")
	// ErrHeld: a living node is driving the run.
	ErrHeld = errors.New("another process is driving this run")
	// ErrOpen: the application already has an open run.
	ErrOpen = errors.New("the application already has an open run")
)

// Reader is what status, pages and followers see. It never changes anything.
type Reader interface {
	// Run returns one run, or ErrNotFound.
	Run(ctx context.Context, id string) (renewal.Run, error)
	// Runs returns the runs that fit, newest first; those that are due by when the secret ends that they replace, soonest first.
	Runs(ctx context.Context, filter Filter) ([]renewal.Run, error)
	// History returns what is known of one run beyond its row. A run without history gives an empty one.
	History(ctx context.Context, id string) (History, error)
	// Events returns the events after the given sequence number, oldest first, at most 1,000. run "" = of all runs.
	Events(ctx context.Context, run string, after int64) ([]renewal.Event, error)
}

// ReadCloser is a Reader that holds a file or a connection until it is closed.
type ReadCloser interface {
	Reader
	Ledger
	Close() error
}

// Ledger is what an auditor sees.
type Ledger interface {
	// Chain returns the whole audit log of one application over all its runs, from the first entry, for
	// [audit.Verify]. An application that never had an entry gives an empty one.
	Chain(ctx context.Context, app string) ([]audit.Entry, error)
}

// Filter chooses runs; its zero value chooses all.
type Filter struct {
	App   string    // "" = of every application
	Open  bool      // only those that haven't ended
	Due   time.Time // only open ones that may go on: WakeAt not after it, behind a person's door only one that was set, and no living node drives them; zero = don't care
	Limit int       // 0 = 1,000

	Latest  bool   // only the newest run of each application, before the other conditions are looked at
	Waiting bool   // only open ones that wait for a person
	Before  string // only runs older than the one with this id; "" = don't care
}

// History is what happened in one run.
type History struct {
	Attempts   []renewal.Attempt // by number
	Deliveries []renewal.Delivery
	Audit      []audit.Entry // oldest first
}

// Current returns the attempt with that number.
func (h History) Current(n int) (renewal.Attempt, bool) {
	for _, a := range h.Attempts {
		if a.N == n {
			return a, true
		}
	}
	return renewal.Attempt{}, false
}

// Of returns the deliveries of attempt n by target id.
func (h History) Of(n int) map[string]renewal.Delivery {
	found := map[string]renewal.Delivery{}
	for _, d := range h.Deliveries {
		if d.N == n {
			found[d.Target] = d
		}
	}
	return found
}

// Writer is what drives runs. Each call is one transaction; none is open during a network call.
type Writer interface {
	// Begin saves a new run, claimed by its Node, with version 1; one without a Node is nobody's, and its wake is set in
	// the same transaction. When the application has an open run it changes nothing and returns that run with ErrOpen.
	Begin(ctx context.Context, run renewal.Run, told Told) (renewal.Run, error)
	// Claim makes node the driver of the run and raises its version, so that the former driver is fenced. It returns
	// ErrHeld, with the run, while another node that is alive drives it.
	Claim(ctx context.Context, id, node string) (renewal.Run, error)
	// Advance saves change: the run, its attempts and deliveries, event and audit entry and, when the run is parked
	// with a WakeAt, the wake, in one transaction. It returns the run with its new version. A run that isn't at
	// change.Run.Version in the hands of change.Run.Node any more gives ErrFenced and saves nothing.
	Advance(ctx context.Context, change Change) (renewal.Run, error)
}

// LongestLease is the longest that a node may say it lives. A lease that ends later is what a clock left behind that was
// set back since.
const LongestLease = time.Minute

// Nodes keeps which processes are alive, by the database's clock alone.
type Nodes interface {
	// Beat says that node lives for another ttl, [LongestLease] at most. It also cuts the leases of others to that length,
	// so that no dead node lives on because the clock was set back: who lives renews its own before it ends.
	Beat(ctx context.Context, node string, ttl time.Duration) error
	// Leave forgets node, so that its runs may be taken over at once. Safe to repeat.
	Leave(ctx context.Context, node string) error
}

// Change is one step of a run.
type Change struct {
	Run        renewal.Run        // as it shall be; Version and Node as it was read
	Attempts   []renewal.Attempt  // saved over those with the same number
	Deliveries []renewal.Delivery // saved over those with the same number and target
	Release    bool               // the driver lets go: the run is parked or ended

	// Lazy says that a power cut may take this change, together with all that came after it until one that isn't Lazy was
	// saved: what it tells is found again by looking. Others see it at once all the same, and a kill takes nothing. A store
	// may ignore it. Never set it on a mark.
	Lazy bool
	Told
}

// Told is what a change tells those who watch, those who check later, and those who aren't there.
type Told struct {
	Events []renewal.Event // the store fills in Sequence, Run, App, and At from the run's UpdatedAt
	Audit  []audit.Entry   // the store fills in App, Run, the chain, and At from the run's UpdatedAt

	// Notices come into the outbox, in their order. One whose Subject has an open notice with the same Code is left out.
	// A Recovered one closes the open ones of its Subject: those that nobody was told of go without a word, those that
	// weren't taken by every notifier are over, so that none comes after it, and it is kept only when somebody was told.
	Notices []notice.Notice
}
