package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"keyturn/engine"
	"keyturn/notice"
	"keyturn/notify"
	"keyturn/problem"
	"keyturn/store"
	"keyturn/store/sqlite"
)

// postman is a notifier that remembers what it took.
type postman struct {
	code string
	mu   sync.Mutex
	took []string // ids
	fail error
	asks int
	came chan string
}

func newPostman(code string) *postman { return &postman{code: code, came: make(chan string, 1000)} }

func (p *postman) Code() string { return p.code }

func (p *postman) Send(_ context.Context, n notice.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks++
	if p.fail != nil {
		return p.fail
	}
	p.took = append(p.took, n.ID)
	p.came <- n.ID
	return nil
}

func (p *postman) breaks(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = err
}

func (p *postman) has() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.took)
}

// collector can also take many together.
type collector struct {
	*postman
	digests int
}

func (c *collector) Digest(_ context.Context, notices []notice.Notice) error {
	c.digests++
	for _, n := range notices {
		c.took = append(c.took, n.ID)
	}
	return c.fail
}

// sender is a process that only sends.
func (b *bench) sender(node string, notifiers ...notify.Notifier) (*engine.Engine, *sqlite.Store) {
	e, s := b.process(node, nil, nil)
	e.Notify = engine.Notify{On: true, Notifiers: notifiers}
	return e, s
}

// tell keeps that many notices, of which each is about another subject.
func tell(t *testing.T, s *sqlite.Store, many int) (ids []string) {
	t.Helper()
	for i := range many {
		n := notice.Notice{ID: notice.NewID(), Subject: fmt.Sprint("app ", i), Kind: notice.Attention, Code: "drift", Title: "x"}
		if err := s.Tell(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, n.ID)
	}
	return ids
}

func alterStore(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func once(t *testing.T, e *engine.Engine) {
	t.Helper()
	if err := e.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func outboxOf(t *testing.T, s *sqlite.Store) store.Backlog {
	t.Helper()
	sum, err := s.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestOnceEmptiesTheOutbox(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	mail, hook := newPostman("mail"), newPostman("webhook")
	e, s := b.sender("a", mail, hook)
	ids := tell(t, s, 3)
	once(t, e)
	if !slices.Equal(mail.has(), ids) || !slices.Equal(hook.has(), ids) {
		t.Errorf("mail took %v, the webhook %v of %v", mail.has(), hook.has(), ids)
	}
	once(t, e)
	if got := outboxOf(t, s); got != (store.Backlog{}) || mail.asks != 3 {
		t.Errorf("left %+v after %d tries", got, mail.asks)
	}
}

func TestOneNotifierThatFailsKeepsNoOtherFromSending(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	mail, hook := newPostman("mail"), newPostman("webhook")
	mail.breaks(problem.Later("mail.unreachable", "mail server x", 0, errors.New("no answer")))
	e, s := b.sender("a", mail, hook)
	ids := tell(t, s, 2)
	once(t, e)
	once(t, e) // the second is still in hand
	if len(hook.has()) != 2 || mail.asks != 2 {
		t.Errorf("the webhook took %v, mail was asked %d times", hook.has(), mail.asks)
	}
	if got := outboxOf(t, s); got.Pending != 2 || got.Failing != 2 || got.Failure != "mail: mail server x: no answer" {
		t.Errorf("left %+v", got)
	}
	once(t, e)
	if mail.asks != 2 {
		t.Error("mail was asked again before its time")
	}
	mail.breaks(nil)
	alterStore(t, b.path, "UPDATE notice SET due_at = 0")
	once(t, e)
	if !slices.Equal(mail.has(), ids) || len(hook.has()) != 2 || outboxOf(t, s).Pending != 0 {
		t.Errorf("mail took %v, the webhook %v, left %+v", mail.has(), hook.has(), outboxOf(t, s))
	}
}

func TestANoticeIsGivenUpAfterDaysAndSentAgainWhenTold(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	mail := newPostman("mail")
	mail.breaks(problem.NeedsPerson("mail.signin", "mail server x", "not let in", "check"))
	e, s := b.sender("a", mail)
	ids := tell(t, s, 1)
	var waited time.Duration
	tries := 0
	for ; outboxOf(t, s).GivenUp == 0; tries++ {
		if tries > 100 {
			t.Fatal("it is never given up")
		}
		once(t, e)
		waited += remaining(t, b.path)
		alterStore(t, b.path, "UPDATE notice SET due_at = 0")
	}
	if waited < 3*24*time.Hour || waited > 7*24*time.Hour || mail.asks != tries || tries > 30 {
		t.Errorf("given up after %s and %d tries", waited, tries)
	}
	once(t, e)
	if mail.asks != tries {
		t.Error("what was given up was tried again")
	}
	mail.breaks(nil)
	if n, err := s.Resend(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d made pending: %v", n, err)
	}
	once(t, e)
	if !slices.Equal(mail.has(), ids) {
		t.Errorf("took %v", mail.has())
	}
}

// remaining is for how long the one notice is left alone.
func remaining(t *testing.T, path string) (wait time.Duration) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var micros int64
	if err := db.QueryRowContext(t.Context(), "SELECT max(0, due_at - CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER)) FROM notice").Scan(&micros); err != nil {
		t.Fatal(err)
	}
	return time.Duration(micros) * time.Microsecond
}

func TestAReceiversOwnPauseIsKept(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	hook := newPostman("webhook")
	hook.breaks(problem.Later("webhook.refused", "webhook", time.Hour, errors.New("429")))
	e, s := b.sender("a", hook)
	tell(t, s, 1)
	once(t, e)
	if wait := remaining(t, b.path); wait < 55*time.Minute {
		t.Errorf("it waits %s", wait)
	}
}

func TestManyAtOnceComeInOneMessage(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	mail, hook := &collector{postman: newPostman("mail")}, newPostman("webhook")
	e, s := b.sender("a", mail, hook)
	ids := tell(t, s, 12)
	once(t, e)
	if mail.digests != 1 || mail.asks != 0 || len(mail.has()) != 12 || !slices.Equal(hook.has(), ids) {
		t.Errorf("mail: %d messages and %d digests of %d; the webhook took %d", mail.asks, mail.digests, len(mail.has()), len(hook.has()))
	}
	if got := outboxOf(t, s); got.Pending != 0 {
		t.Errorf("left %+v", got)
	}
}

func TestSeveralNodesSendEachNoticeOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	const many = 40
	_, s := b.process("teller", nil, nil)
	var nodes []unattended
	var postmen []*postman
	for i := range 3 {
		u, p := b.unattended(fmt.Sprint("node ", i), nil), newPostman("mail")
		u.Notify = engine.Notify{On: true, Notifiers: []notify.Notifier{p}}
		nodes, postmen = append(nodes, u), append(postmen, p)
	}
	ids := tell(t, s, many)
	var stops []func()
	for _, u := range nodes {
		stops = append(stops, u.serve(t))
	}
	seen := map[string]int{}
	end := time.After(time.Minute)
	for range many {
		select {
		case id := <-postmen[0].came:
			seen[id]++
		case id := <-postmen[1].came:
			seen[id]++
		case id := <-postmen[2].came:
			seen[id]++
		case <-end:
			t.Fatalf("%d of %d were sent", len(seen), many)
		}
	}
	for _, stop := range stops {
		stop()
	}
	if len(seen) != len(ids) || outboxOf(t, s).Pending != 0 {
		t.Errorf("%d different ones were sent, left %+v", len(seen), outboxOf(t, s))
	}
	for _, p := range postmen {
		if len(p.came) > 0 {
			t.Error("a notice was sent twice")
		}
	}
}
