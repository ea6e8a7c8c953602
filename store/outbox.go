package store

import (
	"context"
	"errors"
	"time"

	"keyturn/notice"
)

// Outbox keeps notices until they are sent. Most of them come into it with a change (see [Told]) or a finding. It is an
// optional part of a store; when a notice is sent goes by the database's clock alone.
type Outbox interface {
	// Tell keeps notices by themselves, under the rules of [Told].
	Tell(ctx context.Context, notices ...notice.Notice) error
	// Collect puts at most that many pending notices whose time has come into the hands of node, oldest first. What
	// another living node has in hand isn't given; what this one has in hand is given again, so a node collects only
	// after it has settled. The time of what wasn't tried yet has come, whatever the clock was when it was kept.
	Collect(ctx context.Context, node string, most int) ([]Posting, error)
	// Settle keeps what came of sending a notice that node has in hand: its State, Sent, Tries and Failure. node lets
	// go of it; while it is pending, wait, [LongestWait] at most, must pass before it is collected again. What somebody else
	// has in hand by now gives ErrFenced and saves nothing; what is pending and whose matter is over meanwhile is over.
	// Notices that were settled for good a month ago, and whose matter is over, go.
	Settle(ctx context.Context, node string, posting Posting, wait time.Duration) error
	// Resend makes those that were given up pending again, to be sent at once, and returns how many there were.
	Resend(ctx context.Context) (int, error)
}

// LongestWait is the longest that a notice is left alone. One that waits for longer is what a clock left behind that was
// set back since: its time has come.
const LongestWait = 14 * time.Hour

// OutboxReader is what status, pages and metrics see of the outbox. It is an optional part of a reader.
type OutboxReader interface {
	// Outbox sums up what waits. It is cheap, however many notices were sent.
	Outbox(ctx context.Context) (Backlog, error)
	// Postings returns the notices that fit, newest first. It is as cheap as what it returns.
	Postings(ctx context.Context, filter PostingFilter) ([]Posting, error)
}

// ErrNoNotice is for a notice that isn't kept, or not any more.
var ErrNoNotice = errors.New("no such notice")

// PostingFilter chooses notices; its zero value chooses all.
type PostingFilter struct {
	App    string       // "" = of any, and of Keyturn itself
	State  PostingState // "" = any
	Open   bool         // only those whose matter isn't over
	Before string       // only those that came before the one with this id, which must be kept: else ErrNoNotice; "" = from the newest on
	Limit  int          // 0 = no limit
}

// Backlog is what waits in the outbox.
type Backlog struct {
	Pending int           // notices that are still to be sent
	Oldest  time.Duration // since the oldest of them was kept; 0 = there is none
	Failing int           // those of them that were tried without success
	GivenUp int           // notices that will not be tried again by themselves
	Failure string        // why the oldest that failed or was given up did; "" = none did
}

// longFailing is how old the oldest notice may be, while sending fails, before a person is shown that nobody is told: a
// mail server that restarts is no matter.
const longFailing = time.Hour

// Stuck reports whether notices don't reach people, and somebody should see why.
func (b Backlog) Stuck() bool { return b.GivenUp > 0 || b.Failing > 0 && b.Oldest > longFailing }

// PostingState is where a notice in the outbox stands.
type PostingState string

const (
	PostingPending PostingState = "pending"  // it is to be sent, to at least one notifier
	PostingSent    PostingState = "sent"     // every notifier took it
	PostingGivenUp PostingState = "given up" // it was tried for days; a person sees it in keyturn status
	PostingOver    PostingState = "over"     // its matter was over before every notifier took it: it isn't tried again
)

// Posting is a notice in the outbox, with what came of it.
type Posting struct {
	notice.Notice
	State   PostingState  `json:"state"`
	Open    bool          `json:"open"`              // its matter isn't over: the same isn't told again
	Sent    []string      `json:"sent,omitempty"`    // the notifiers that took it
	Tries   int           `json:"tries"`             // how often it was tried
	Failure string        `json:"failure,omitempty"` // why the last try failed; never a secret
	Age     time.Duration `json:"-"`                 // since it was kept
}
