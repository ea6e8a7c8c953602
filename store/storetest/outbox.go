package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"keyturn/notice"
	"keyturn/renewal"
	"keyturn/store"
)

// outbox is the part of a store that keeps notices.
type outbox interface {
	store.Outbox
	store.OutboxReader
}

// about is a notice of that code about one subject.
func about(subject, code string) notice.Notice {
	return notice.Notice{
		ID: notice.NewID(), Subject: subject, Kind: notice.Attention, Code: code, App: "app", Run: "run", Title: "app: needs you",
		Text: "“changed” by somebody", Fix: "look", By: noon.Add(time.Hour), At: noon,
	}
}

func over(subject string) notice.Notice {
	return notice.Notice{ID: notice.NewID(), Subject: subject, Kind: notice.Recovered, Title: "over", At: noon}
}

// postings returns all that is kept, in the order in which it came.
func postings(t *testing.T, box store.OutboxReader) []store.Posting {
	t.Helper()
	all, err := box.Postings(t.Context(), store.PostingFilter{})
	must(t, err)
	slices.Reverse(all)
	return all
}

// waits returns the ids of the notices that are to be sent.
func waits(t *testing.T, box outbox) []string {
	t.Helper()
	all := postings(t, box)
	var ids []string
	for _, p := range all {
		if p.State == store.PostingPending {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// carry collects everything for node, which lives.
func carry(t *testing.T, s Store, node string) []store.Posting {
	t.Helper()
	must(t, s.Beat(t.Context(), node, store.LongestLease))
	got, err := part[outbox](t, s).Collect(t.Context(), node, 100)
	must(t, err)
	return got
}

// finish settles p as sent to mail.
func finish(t *testing.T, s Store, node string, p store.Posting) {
	t.Helper()
	p.State, p.Sent, p.Tries = store.PostingSent, []string{"mail"}, p.Tries+1
	must(t, part[outbox](t, s).Settle(t.Context(), node, p, 0))
}

func noticeRoundTrip(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	n := full[notice.Notice](noon)
	must(t, box.Tell(t.Context(), n, about("other", "drift")))
	all := postings(t, box)
	if len(all) != 2 || all[0].Age < 0 || all[0].Age > time.Hour {
		t.Fatalf("the outbox holds %+v", all)
	}
	same(t, "the notice read", all[0], store.Posting{Notice: n, State: store.PostingPending, Open: true, Sent: []string{}, Age: all[0].Age})
	got := carry(t, b.Store, node)
	same(t, "the notice collected", got[0].Notice, n)
	p := got[0]
	p.Tries, p.Failure, p.Sent = 3, "“refused”", []string{"mail", "webhook"}
	must(t, box.Settle(t.Context(), node, p, time.Hour))
	all = postings(t, box)
	p.Age = all[0].Age
	same(t, "the notice settled", all[0], p)
}

func noticeOnce(t *testing.T, b Bench) {
	box, other := part[outbox](t, b.Store), part[outbox](t, b.Again(t))
	var wait sync.WaitGroup
	for i := range 20 { // seen again and again, by several processes
		wait.Go(func() {
			from := []outbox{box, other}[i%2]
			if err := from.Tell(t.Context(), about("app a", "drift")); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	must(t, box.Tell(t.Context(), about("app a", "expiry.near"), about("app a", "drift"), about("app b", "drift")))
	if got := waits(t, box); len(got) != 3 {
		t.Fatalf("%d notices wait, want one of each subject and code", len(got))
	}
}

func noticeRecovers(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	must(t, box.Tell(t.Context(), over("app a"), about("app a", "drift"), over("app a"), over("app a")))
	if got := waits(t, box); len(got) != 0 {
		t.Fatalf("%v wait, though nobody was told of anything", got)
	}
	first := about("app a", "drift")
	must(t, box.Tell(t.Context(), first, about("app b", "drift")))
	for _, p := range carry(t, b.Store, node) {
		finish(t, b.Store, node, p)
	}
	never, last := about("app a", "expiry.near"), over("app a")
	must(t, box.Tell(t.Context(), never, last, over("app a")))
	same(t, "what waits once it is over", waits(t, box), []string{last.ID})
	again := about("app a", "drift")
	must(t, box.Tell(t.Context(), again))
	same(t, "what waits when it comes again", waits(t, box), []string{last.ID, again.ID})

	carry(t, b.Store, node) // in its hands, so perhaps sent
	must(t, box.Tell(t.Context(), over("app a")))
	if got := waits(t, box); len(got) != 3 {
		t.Fatalf("%d wait, want the recovery of what may have been told", len(got))
	}
}

func noticeOfOneNode(t *testing.T, b Bench) {
	const many = 20
	for i := range many {
		must(t, part[outbox](t, b.Store).Tell(t.Context(), about(fmt.Sprint("app ", i), "drift")))
	}
	given := make(chan store.Posting, 10*many)
	var wait sync.WaitGroup
	for i := range 8 {
		s := b.Again(t)
		wait.Go(func() {
			mine := fmt.Sprint("node ", i)
			if err := s.Beat(t.Context(), mine, store.LongestLease); err != nil {
				t.Error(err)
			}
			for end := time.Now().Add(time.Minute); len(given) < many && time.Now().Before(end); { // a locked one is passed over, however often
				got, err := part[outbox](t, s).Collect(t.Context(), mine, 2)
				if err != nil {
					t.Error(err)
				}
				for _, p := range got {
					given <- p
					if err := part[outbox](t, s).Settle(t.Context(), mine, settled(p), time.Hour); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	close(given)
	seen := map[string]bool{}
	for p := range given {
		if seen[p.ID] {
			t.Errorf("two nodes have %s in hand", p.Subject)
		}
		seen[p.ID] = true
	}
	if len(seen) != many {
		t.Errorf("%d of %d were given", len(seen), many)
	}
}

func settled(p store.Posting) store.Posting {
	p.State = store.PostingSent
	return p
}

func noticeOutlivesItsNode(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	must(t, box.Tell(t.Context(), about("app", "drift")))
	mine := carry(t, b.Store, "dying")
	same(t, "collected again by the same node", len(carry(t, b.Store, "dying")), 1)
	same(t, "collected by another while the first lives", len(carry(t, b.Store, "other")), 0)
	must(t, b.Store.Leave(t.Context(), "dying"))
	theirs := carry(t, b.Store, "other")
	if len(theirs) != 1 || theirs[0].ID != mine[0].ID {
		t.Fatalf("after its death %+v was given", theirs)
	}
	if err := box.Settle(t.Context(), "dying", settled(mine[0]), 0); !errors.Is(err, store.ErrFenced) {
		t.Errorf("a node that was dead settles with %v", err)
	}
	finish(t, b.Store, "other", theirs[0])
	same(t, "collected once it was sent", len(carry(t, b.Store, "other")), 0)
}

func noticeWaits(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	must(t, box.Tell(t.Context(), about("app a", "drift"), about("app b", "drift")))
	got := carry(t, b.Store, node)
	later, never := got[0], got[1]
	later.Tries, later.Failure = 1, "no answer"
	must(t, box.Settle(t.Context(), node, later, time.Hour))
	never.State, never.Failure = store.PostingGivenUp, "refused"
	must(t, box.Settle(t.Context(), node, never, 0))
	same(t, "collected before the time has come", len(carry(t, b.Store, node)), 0)
	sum, err := box.Outbox(t.Context())
	must(t, err)
	if sum.Oldest <= 0 {
		t.Errorf("the oldest is %s old", sum.Oldest)
	}
	sum.Oldest = 0
	same(t, "the backlog", sum, store.Backlog{Pending: 1, Failing: 1, GivenUp: 1, Failure: "no answer"})
	count, err := box.Resend(t.Context())
	must(t, err)
	same(t, "made pending again", count, 1)
	if got := carry(t, b.Store, node); len(got) != 1 || got[0].ID != never.ID || got[0].Tries != 0 {
		t.Fatalf("collected after that: %+v", got)
	}
}

func noticeIsAtomic(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	run := begin(t, b.Store, "app")
	let := b.Block(t, "notice")
	run.Door, run.Reason = renewal.Person, renewal.Reason{Code: "drift"}
	change := store.Change{Run: run, Release: true, Told: store.Told{Notices: []notice.Notice{about("app", "drift")}}}
	if _, err := b.Store.Advance(t.Context(), change); err == nil {
		t.Fatal("a step was saved without its notice")
	}
	if _, err := part[store.Findings](t, b.Store).Note(t.Context(), store.Finding{App: "b", Code: "lock"}, about("b", "lock")); err == nil {
		t.Fatal("a finding was saved without its notice")
	}
	let()
	kept, err := b.Store.Run(t.Context(), run.ID)
	must(t, err)
	found, err := part[store.Findings](t, b.Store).Findings(t.Context())
	must(t, err)
	if kept.Version != run.Version || len(found) != 0 {
		t.Fatalf("saved in part: %+v, %+v", kept, found)
	}
	advance(t, b.Store, change)
	_, err = part[store.Findings](t, b.Store).Note(t.Context(), store.Finding{App: "b", Code: "lock"}, about("b", "lock"))
	must(t, err)
	same(t, "what waits", len(waits(t, box)), 2)
	must(t, part[store.Findings](t, b.Store).Forget(t.Context(), "b", over("b")))
	same(t, "what waits once the finding is gone", len(waits(t, box)), 1)
	stale := change
	stale.Notices = []notice.Notice{about("stale", "drift")}
	_, err = b.Store.Advance(t.Context(), stale)
	wantErr(t, "a fenced step", err, store.ErrFenced)
	same(t, "what waits after a fenced step", len(waits(t, box)), 1)
}

func noticeGoesInTheEnd(t *testing.T, b Bench) {
	box := part[outbox](t, b.Store)
	must(t, box.Tell(t.Context(), about("old", "drift"), about("open", "drift")))
	for _, p := range carry(t, b.Store, node) {
		finish(t, b.Store, node, p)
	}
	must(t, box.Tell(t.Context(), over("old")))
	b.Alter(t, "UPDATE notice SET kept_at = kept_at - 2678400000000 * "+cmp.Or(b.Tick, "1")) // 31 days
	finish(t, b.Store, node, carry(t, b.Store, node)[0])
	all := postings(t, box)
	if len(all) != 1 || all[0].Subject != "open" {
		t.Fatalf("a month later the outbox holds %+v", all)
	}
}
