//go:build unix

package story_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver

	"keyturn/notify/notifytest/hooktest"
	"keyturn/notify/notifytest/mailtest"
)

const heartbeatPath = "/beat/token-which-nobody-may-see"

// office is where people are told: a mail server, a webhook's receiver and a heartbeat's.
type office struct {
	mail  *mailtest.Server
	hook  *hooktest.Receiver
	beats atomic.Int32
	beat  *httptest.Server
}

// newOffice opens an office, and a machine that tells it everything.
func newOffice(t *testing.T, c *cloud, edits ...string) (*office, *machine) {
	t.Helper()
	o := &office{mail: mailtest.Start(t, false, false), hook: hooktest.Start(t)}
	o.beat = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == heartbeatPath {
			o.beats.Add(1)
		}
	}))
	t.Cleanup(o.beat.Close)
	trust(t, filepath.Join(c.Dir, "ca.pem"), o.mail.CA)
	return o, o.machine(t, c, edits...)
}

// machine is a computer that tells the office everything.
func (o *office) machine(t *testing.T, c *cloud, edits ...string) *machine {
	t.Helper()
	m := newMachine(t, c, append([]string{"store: keyturn.db", fmt.Sprintf(`store: keyturn.db
notify:
  mail:
    host: %s
    port: %d
    from: keyturn@contoso.com
    to: [ anna@contoso.com ]
    username: %s
    password: ${env:MAIL_PASSWORD}
  webhook:
    url: ${env:WEBHOOK}
    secret: ${file:webhook-secret}
  heartbeat: ${env:HEARTBEAT}`, o.mail.Host, o.mail.Port, mailtest.User)}, edits...)...)
	m.env = append(m.env, "MAIL_PASSWORD="+mailtest.Password, "WEBHOOK="+o.hook.Address(), "HEARTBEAT="+o.beat.URL+heartbeatPath)
	if err := os.WriteFile(filepath.Join(m.dir, "webhook-secret"), []byte(hooktest.Secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

func trust(t *testing.T, file string, authority []byte) {
	t.Helper()
	known, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(known, authority...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// hooked returns what the webhook took, as type and code.
func (o *office) hooked() (list []string) {
	for _, post := range o.hook.Taken() {
		list = append(list, strings.TrimSpace(post.Body.Type+" "+post.Body.Data.Code))
	}
	return list
}

// ids returns the Message-IDs of the mails taken.
func ids(t *testing.T, mails []mailtest.Message) (list []string) {
	t.Helper()
	for _, one := range mails {
		message, err := mail.ReadMessage(strings.NewReader(one.Data))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, message.Header.Get("Message-Id"))
	}
	return list
}

// letNoticesGo lets notices that failed be tried again now: they wait by the database's clock, which no test can move.
func (m *machine) letNoticesGo() { m.t.Helper(); m.alter("UPDATE notice SET due_at = 0") }

// alter runs plain SQL on the machine's store.
func (m *machine) alter(statement string) {
	m.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(m.dir, "keyturn.db"))
	if err != nil {
		m.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		m.t.Fatal(err)
	}
}

// assertNothingTold fails the test when a secret was sent, printed or kept: one of the tenant's, or one of Keyturn's own.
func (o *office) assertNothingTold(t *testing.T, m *machine) {
	t.Helper()
	assertNoSecretLeft(t, m)
	own := []string{mailtest.Password, heartbeatPath, hooktest.Path, strings.TrimPrefix(hooktest.Secret, "whsec_")}
	var said []string
	for _, one := range o.mail.Taken() {
		said = append(said, one.Data)
	}
	for _, post := range o.hook.Taken() {
		said = append(said, post.Raw)
	}
	if len(said) < 2 {
		t.Fatalf("people were told %d things: the search would find nothing", len(said))
	}
	for _, text := range said {
		for _, value := range append(m.cloud.issued(), own...) {
			if strings.Contains(text, value) {
				t.Errorf("people were told the secret %.3s...", value)
			}
		}
	}
	for _, name := range []string{"printed.txt", "keyturn.db", "keyturn.db-wal"} {
		text, err := os.ReadFile(filepath.Join(m.dir, name))
		if err != nil {
			continue // closed in order, the store is one file
		}
		for _, value := range own {
			if strings.Contains(string(text), value) {
				t.Errorf("%s holds a secret of Keyturn's own: %.6s...", name, value)
			}
		}
	}
}

// TestPeopleAreToldAndToldWhenItIsOver: a lock keeps a daemon from renewing; mail and webhook say so once, then that it
// is over; nobody hears a secret.
func TestPeopleAreToldAndToldWhenItIsOver(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	cloud.turn("readonly-lock", true)
	o, m := newOffice(t, cloud, "policy:\n", "serve: { every: 10s }\npolicy:\n", atOnce[0], atOnce[1])
	d := m.serve()
	d.until("the mail", 0, func() bool { return len(o.mail.Taken()) > 0 && len(o.hook.Taken()) > 0 })
	post, message := o.hook.Taken()[0], o.mail.Taken()[0]
	if post.Body.Type != "keyturn.attention" || post.Body.Data.Code != "lock" || post.Body.Data.App != app || post.Body.Data.By.IsZero() || post.Body.Data.Fix == "" {
		t.Errorf("the webhook was told %+v", post.Body)
	}
	if got := ids(t, o.mail.Taken()); got[0] != "<"+post.ID+"@contoso.com>" || !message.TLS || message.User != mailtest.User {
		t.Errorf("the mail bears %s for %s: %+v", got[0], post.ID, message)
	}
	beats := o.beats.Load()
	d.until("another look", 0, func() bool { return o.beats.Load() > beats })
	if len(o.mail.Taken()) != 1 || len(o.hook.Taken()) != 1 {
		t.Errorf("told %d and %d times", len(o.mail.Taken()), len(o.hook.Taken()))
	}
	cloud.turn("readonly-lock", false)
	d.until("the end of it", 0, func() bool { return len(o.mail.Taken()) > 1 && len(o.hook.Taken()) > 1 })
	if got := o.hooked(); !slices.Equal(got, []string{"keyturn.attention lock", "keyturn.recovered"}) {
		t.Errorf("told %q", got)
	}
	_ = d.end(os.Interrupt)
	if why := o.hook.Refused(); len(why) > 0 {
		t.Errorf("the receiver refused %q", why)
	}
	var listed []struct {
		State string
		Sent  []string
	}
	if err := json.Unmarshal([]byte(m.want(0, "notify", "list", "-o", "json").stdout), &listed); err != nil || len(listed) != 2 ||
		listed[0].State != "sent" || !slices.Equal(listed[0].Sent, []string{"mail", "webhook"}) {
		t.Errorf("listed %+v: %v", listed, err)
	}
	o.assertNothingTold(t, m)
}

// TestANoticeOutlivesAKill: the program is killed with SIGKILL when the receiver has the notice and the program hasn't
// heard of that; whoever serves the store afterwards sends the same notice with the same id, and nobody sends it twice.
func TestANoticeOutlivesAKill(t *testing.T) {
	t.Parallel()
	for name, others := range map[string]int{"started again, on one machine": 0, "two other machines, on PostgreSQL": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			cloud.turn("readonly-lock", true)
			o, m := newOffice(t, cloud, atOnce...)
			next := []*machine{m}
			if others > 0 {
				where, password := sharing(t)
				next = nil
				for range others {
					next = append(next, o.machine(t, cloud, atOnce...))
				}
				for _, each := range append([]*machine{m}, next...) {
					each.edit("store: keyturn.db", "store: "+where)
					each.env = append(each.env, password)
				}
			}
			o.outlivesAKill(t, m, next)
		})
	}
}

// outlivesAKill kills first while it sends, and lets the next ones serve.
func (o *office) outlivesAKill(t *testing.T, first *machine, next []*machine) {
	t.Helper()
	posts, mails := o.hook.Hold(), o.mail.Hold()
	d := first.serve()
	var post hooktest.Post
	var message mailtest.Message
	for range 2 {
		select {
		case post = <-posts:
		case message = <-mails:
		case <-time.After(time.Minute):
			t.Fatalf("nothing came:\n%s", tail(d.said.String()))
		}
	}
	_ = d.end(os.Kill)
	o.hook.Answer()
	o.mail.Answer()
	var serving []*daemon
	for _, m := range next {
		serving = append(serving, m.serve())
	}
	serving[0].until("the same notice", 0, func() bool { return len(o.mail.Taken()) > 0 && len(o.hook.Taken()) > 0 })
	for _, each := range serving {
		_ = each.end(os.Interrupt)
	}
	if got := o.hook.Taken(); len(got) != 1 || got[0].ID != post.ID || got[0].Body.Data.Title != post.Body.Data.Title {
		t.Errorf("first %s came, then %+v", post.ID, got)
	}
	if before, after := ids(t, []mailtest.Message{message}), ids(t, o.mail.Taken()); !slices.Equal(before, after) {
		t.Errorf("first %s came, then %s", before, after)
	}
	next[0].want(0, "notify", "list")
}

// TestServeOnceTellsPeople: under cron, each call sends what is to be told, and what waits from before.
func TestServeOnceTellsPeople(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	cloud.turn("readonly-lock", true)
	o, m := newOffice(t, cloud, atOnce...)
	o.hook.Say(http.StatusServiceUnavailable, nil)
	m.want(2, "serve", "--once")
	if len(o.mail.Taken()) != 1 || len(o.hook.Taken()) != 0 || o.beats.Load() != 1 {
		t.Fatalf("%d mails, %d posts, %d heartbeats", len(o.mail.Taken()), len(o.hook.Taken()), o.beats.Load())
	}
	if r := m.run("notify", "list"); !strings.Contains(r.stdout, "pending") || !strings.Contains(r.stdout, "503") {
		t.Errorf("listed:\n%s", r.stdout)
	}
	o.hook.Say(0, nil)
	cloud.turn("readonly-lock", false)
	m.want(0, "serve", "--once")
	if len(o.mail.Taken()) != 2 {
		t.Errorf("%d mails, want the recovery", len(o.mail.Taken()))
	}
	m.letNoticesGo()
	m.want(0, "serve", "--once")
	if got := o.hooked(); !slices.Equal(got, []string{"keyturn.recovered"}) {
		t.Errorf("the webhook was told %q, want nothing of what was over before it could be told", got)
	}
	m.want(0, "status", "--offline")
	m.alter("UPDATE notice SET state = 'given up', sent = '[]', failure = 'mail: mail server x: not let in'")
	if r := m.want(2, "status", "--offline"); !strings.Contains(r.stdout, "2 notices were given up after days of trying: mail: mail server x: not let in") ||
		!strings.Contains(r.stdout, "next: keyturn notify test") {
		t.Errorf("status says\n%s", r.stdout)
	}
	m.want(2, "serve", "--once")
	m.want(0, "notify", "resend")
	m.want(0, "serve", "--once")
	if got := o.hook.Taken(); len(got) != 3 || got[2].ID != got[0].ID {
		t.Errorf("after sending again, the webhook was told %q", o.hooked())
	}
	m.want(0, "status", "--offline")
}

// TestKeyturnsOwnSecretIsWatched: people hear when what Keyturn itself signs in with is wrong, and of its end a month before.
func TestKeyturnsOwnSecretIsWatched(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	o, m := newOffice(t, cloud, atOnce...)
	m.env = append(m.env, "AZURE_CLIENT_SECRET=not-the-one-that-it-should-be")
	for range 2 {
		m.run("serve", "--once")
	}
	if got := o.hooked(); !slices.Equal(got, []string{"keyturn.attention identity.secret"}) || o.beats.Load() != 0 {
		t.Errorf("with a wrong secret: told %q, %d heartbeats", got, o.beats.Load())
	}
	m.env = m.env[:len(m.env)-1]
	m.run("serve", "--once")
	if got := o.hooked(); !slices.Equal(got, []string{"keyturn.attention identity.secret", "keyturn.recovered"}) {
		t.Errorf("told %q eleven months before its end", got)
	}
	cloud.advance(310 * day)
	m.run("serve", "--once")
	if !slices.Contains(o.hooked(), "keyturn.expiring self.ending") {
		t.Errorf("told %q a month before", o.hooked())
	}
}

// TestNotifyTestSaysWhatHappened of each notifier, and what is wrong with the configuration, before anybody is contacted.
func TestNotifyTestSaysWhatHappened(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	o, m := newOffice(t, cloud)
	var came []struct {
		Notifier, Code, Fix string
		OK                  bool
	}
	read := func(r result) {
		t.Helper()
		if err := json.Unmarshal([]byte(r.stdout), &came); err != nil || len(came) != 2 || came[0].Notifier != "mail" {
			t.Fatalf("%v in %s", err, r.stdout)
		}
	}
	read(m.want(0, "notify", "test", "-o", "json"))
	if got := o.hooked(); !came[0].OK || !came[1].OK || len(o.mail.Taken()) != 1 || !slices.Equal(got, []string{"keyturn.test"}) || o.beats.Load() != 0 {
		t.Errorf("%+v; the webhook was told %q", came, got)
	}
	m.env = append(m.env, "MAIL_PASSWORD=wrong-password-of-mine")
	o.hook.Vanish()
	read(m.want(1, "notify", "test", "-o", "json"))
	if came[0].Code != "mail.signin" || came[1].Code != "webhook.unreachable" || came[0].Fix == "" {
		t.Errorf("%+v", came)
	}
	if r := m.want(1, "notify", "test"); strings.Contains(r.stdout+r.stderr, "wrong-password") || strings.Contains(r.stdout+r.stderr, hooktest.Path) {
		t.Errorf("it shows a secret:\n%s\n%s", r.stdout, tail(r.stderr))
	}
	m.env = append(m.env, "MAIL_PASSWORD=", "HEARTBEAT=ftp://beat")
	for _, command := range [][]string{{"notify", "test"}, {"serve", "--once"}} {
		r := m.want(1, command...)
		for _, want := range []string{`keyturn\.yaml:\d+:15: the variable MAIL_PASSWORD of the environment isn't set`, `keyturn\.yaml:\d+:14: heartbeat: it isn't an address`} {
			if !regexp.MustCompile(want).MatchString(r.stderr) {
				t.Errorf("%v doesn't say %q:\n%s", command, want, tail(r.stderr))
			}
		}
	}
	m.env = append(m.env, "HEARTBEAT=")
	if r := m.want(0, "config", "check"); !strings.Contains(r.stderr, "MAIL_PASSWORD isn't set here") {
		t.Errorf("config check says %s", tail(r.stderr))
	}
	m.run("status", "--offline") // needs none of it
	m.edit("${env:MAIL_PASSWORD}", "hunter2hunter2")
	if r := m.want(1, "config", "check"); strings.Contains(r.stdout+r.stderr, "hunter2") || !strings.Contains(r.stderr, "a secret doesn't stand in this file; write ${env:NAME}") {
		t.Errorf("config check says %s%s", r.stdout, tail(r.stderr))
	}
	if r := newMachine(t, cloud).want(2, "notify", "test"); !strings.Contains(r.stderr, "names no notifier") {
		t.Errorf("without notifiers it says %s", tail(r.stderr))
	}
}
