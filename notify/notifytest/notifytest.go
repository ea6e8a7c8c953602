// Package notifytest holds the behaviour that every notifier shows. A new notifier passes [Exercise] by telling it how to
// reach a real receiver of its kind. Only tests import it.
package notifytest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/notice"
	"keyturn/notify"
	"keyturn/problem"
)

// Received is one message as a receiver got it.
type Received struct {
	ID   string // by which a receiver can know it again
	Text string // all that a person or program reads of it
	Raw  string // everything that came over the wire
}

// Bench is a notifier with a receiver behind it. What it opens it closes at the test's end.
type Bench struct {
	Notifier notify.Notifier
	Received func() []Received // so far, in order
	Refuse   func(refuse bool) // makes the receiver answer that it doesn't take it
	Hang     func()            // makes the receiver take the message and never answer
	Vanish   func()            // ends the receiver
	Secrets  []string          // what may stand in no error and no message
}

// Exercise runs the whole suite; open gives each test a bench of its own.
func Exercise(t *testing.T, open func(t *testing.T) Bench) {
	for name, check := range map[string]func(*testing.T, Bench){
		"a notice arrives whole":                       arrives,
		"a notice sent again bears the same id":        sameID,
		"text of others can't add anything to the way": noForgery,
		"a receiver that refuses is told":              refuses,
		"a receiver that is away may be there later":   vanished,
		"a receiver that hangs is left":                hangs,
		"many notices arrive together":                 digests,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			check(t, b)
			b.noSecretSent(t)
		})
	}
}

// Sample is a notice with something in every field, and letters from beyond ASCII.
func Sample() notice.Notice {
	return notice.Notice{
		ID: notice.NewID(), Subject: notice.OfApp("provision-assist"), Kind: notice.Attention, Code: "drift", App: "provision-assist",
		Run: "r123", Title: "provision-assist needs you: the “variable” was changed; its secret ends on 20 December 2026",
		Text: "The Automation variable appSecret was changed by somebody else.\n\nSecond paragraph, für alle.",
		Fix:  "keyturn resume provision-assist --overwrite", By: time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC),
		At: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
	}
}

func arrives(t *testing.T, b Bench) {
	n := Sample()
	n.Text += "\n" + strings.Repeat("A long line that no mail server likes as it is. ", 60) + "\n.\nA dot alone."
	must(t, b.Notifier.Send(t.Context(), n))
	got := b.one(t)
	if !strings.Contains(got.ID, n.ID) {
		t.Errorf("it bears the id %q, want %q in it", got.ID, n.ID)
	}
	for what, want := range map[string]string{
		"the application": n.App, "what happened": "was changed by somebody else", "text from beyond ASCII": "für alle", "the fix": n.Fix,
		"the title": "“variable”", "the day": "2026", "the code": n.Code, "the end of the text": "A dot alone.",
	} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("it doesn't say %s (%q):\n%s", what, want, got.Text)
		}
	}
}

func sameID(t *testing.T, b Bench) {
	n := Sample()
	must(t, b.Notifier.Send(t.Context(), n))
	must(t, b.Notifier.Send(t.Context(), n))
	must(t, b.Notifier.Send(t.Context(), Sample()))
	got := b.Received()
	if len(got) != 3 || got[0].ID != got[1].ID || got[0].ID == got[2].ID {
		t.Errorf("the ids are %+v", ids(got))
	}
}

func noForgery(t *testing.T, b Bench) {
	n := Sample()
	n.Title = "x\r\nBcc: thief@example.com\r\n\r\nforged"
	n.App, n.Fix = "a\r\nX-Forged: yes", "f\r\nX-Forged: yes"
	must(t, b.Notifier.Send(t.Context(), n))
	head, _, _ := strings.Cut(b.one(t).Raw, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.HasPrefix(line, "Bcc:") || strings.HasPrefix(line, "X-Forged:") {
			t.Errorf("a title added the line %q", line)
		}
	}
}

func refuses(t *testing.T, b Bench) {
	b.Refuse(true)
	b.wantProblem(t, b.Notifier.Send(t.Context(), Sample()))
	if got := b.Received(); len(got) != 0 {
		t.Errorf("received %d", len(got))
	}
	b.Refuse(false)
	must(t, b.Notifier.Send(t.Context(), Sample()))
}

func vanished(t *testing.T, b Bench) {
	b.Vanish()
	err := b.Notifier.Send(t.Context(), Sample())
	b.wantProblem(t, err)
	if problem.Of(err).Class != problem.Retry {
		t.Errorf("class %s: %v", problem.Of(err).Class, err)
	}
}

func hangs(t *testing.T, b Bench) {
	b.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- b.Notifier.Send(ctx, Sample()) }()
	select {
	case err := <-ended:
		b.wantProblem(t, err)
	case <-time.After(10 * time.Second):
		t.Error("it waits on after its time was over")
	}
}

func digests(t *testing.T, b Bench) {
	digester, ok := b.Notifier.(notify.Digester)
	if !ok {
		return // each of its notices comes alone
	}
	var many []notice.Notice
	for i := range 5 {
		n := Sample()
		n.App, n.Title, n.Fix = fmt.Sprint("app-", i), fmt.Sprintf("app-%d needs you", i), fmt.Sprint("keyturn resume app-", i)
		many = append(many, n)
	}
	must(t, digester.Digest(t.Context(), many))
	got := b.one(t)
	for _, n := range many {
		if !strings.Contains(got.Text, n.Title) || !strings.Contains(got.Text, n.Fix) {
			t.Errorf("it doesn't tell of %s:\n%s", n.App, got.Text)
		}
	}
}

func (b Bench) one(t *testing.T) Received {
	t.Helper()
	got := b.Received()
	if len(got) != 1 {
		t.Fatalf("received %d messages, want 1", len(got))
	}
	return got[0]
}

// wantProblem fails the test unless err is a problem that a person can act upon, without a secret in it.
func (b Bench) wantProblem(t *testing.T, err error) {
	t.Helper()
	var found *problem.Error
	if !errors.As(err, &found) || found.Subject == "" || found.Fix == "" || !strings.HasPrefix(found.Code, b.Notifier.Code()+".") {
		t.Fatalf("error %#v isn't a problem of %s", err, b.Notifier.Code())
	}
	for _, value := range b.Secrets {
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", cause, cause, cause), value) {
				t.Errorf("the error shows a secret: %v", cause)
			}
		}
	}
}

func (b Bench) noSecretSent(t *testing.T) {
	t.Helper()
	for _, got := range b.Received() {
		for _, value := range b.Secrets {
			if strings.Contains(got.Raw, value) {
				t.Error("a message holds a secret")
			}
		}
	}
}

var isCode = regexp.MustCompile(`^[a-z]+\.[a-z]+$`)

// Describes checks that a descriptor tells all that is read from it.
func Describes(t *testing.T, d notify.Descriptor) {
	t.Helper()
	if d.Code == "" || d.Title == "" || !strings.HasSuffix(d.Summary, ".") || len(d.Limits) == 0 || len(d.Sources) == 0 {
		t.Errorf("%q lacks something: %+v", d.Code, d)
	}
	describesFields(t, d)
	for _, m := range d.Codes {
		if !isCode.MatchString(m.Code) || !strings.HasPrefix(m.Code, d.Code+".") {
			t.Errorf("the code %q isn't one of %s", m.Code, d.Code)
		}
	}
}

func describesFields(t *testing.T, d notify.Descriptor) {
	t.Helper()
	var names []string
	for _, field := range d.Fields {
		if field.Name == "" || !strings.HasSuffix(field.Help, ".") || field.Example == "" || slices.Contains(names, field.Name) {
			t.Errorf("the field %q lacks something, or is there twice", field.Name)
		}
		names = append(names, field.Name)
	}
}

func ids(all []Received) (list []string) {
	for _, each := range all {
		list = append(list, each.ID)
	}
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
