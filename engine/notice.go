package engine

import (
	"context"
	"time"

	"keyturn/notice"
	"keyturn/notify"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

// Notify is how people are told what they should know. Its zero value tells nobody.
type Notify struct {
	On        bool                      // notices are kept in the outbox, for whoever serves to send
	Notifiers []notify.Notifier         // by which this process sends them
	Looked    func(ctx context.Context) // called after each look at the tenant that went well; nil = nobody listens
	// Own looks at what Keyturn itself signs in with. nil = nobody does.
	Own func(ctx context.Context) (Worry, error)
}

// Worry is one thing about Keyturn itself that a person should mend; its zero value is none.
type Worry struct {
	Code, Text, Fix string
	By              time.Time // zero = no day is known
}

// nearEnd is how long before its end a secret is spoken of once more when nothing is on the way: a week, in which
// somebody is at work.
const nearEnd = 7 * 24 * time.Hour

// slowRun is how old a renewal is that should have brought the new secret everywhere.
const slowRun = 24 * time.Hour

// telling is a book that adds to each change what people are told of it, in the same transaction.
type telling struct {
	stage.Book
	now func() time.Time
}

// Advance implements [stage.Book].
func (b telling) Advance(ctx context.Context, change store.Change) (renewal.Run, error) {
	if n, ok := noticeOf(change.Run, b.now()); ok {
		change.Notices = append(change.Notices, n)
	}
	return b.Book.Advance(ctx, change)
}

// book is where the runs that are driven here are saved.
func (e *Engine) book() stage.Book {
	if !e.Notify.On {
		return e.Store
	}
	return telling{Book: e.Store, now: e.Clock.Now}
}

// noticeOf is what a run, as it stands, means to people; false = nothing. It says the same as long as the run stands so,
// which the store keeps once.
func noticeOf(run renewal.Run, now time.Time) (notice.Notice, bool) {
	about := matter{app: run.App, run: run.ID, code: run.Reason.Code, text: run.Reason.Text, fix: run.Reason.Fix, now: now}
	if run.DeliveredAt.IsZero() {
		about.end = run.Order.RetiresEnd
	}
	switch {
	case run.State.Ended():
		return about.recovered(ending(run)), true
	case run.Door == renewal.Person:
		return about.told("stands still in its renewal"), true
	case about.isNear() && now.Sub(run.CreatedAt) > slowRun:
		about.text, about.fix = unfinished(run), "keyturn show "+run.ID
		return about.told("isn't through with its renewal"), true
	case run.Door == renewal.Wait:
		return about.recovered("its renewal goes on by itself"), true
	}
	return notice.Notice{}, false
}

// ending says how a run ended.
func ending(run renewal.Run) string {
	switch run.Outcome {
	case renewal.Renewed:
		return "it is renewed, and the old secret is gone"
	case renewal.Expiring:
		return "it is renewed; the old secret ends on its own date"
	case renewal.Added:
		return "it has a new secret everywhere"
	case renewal.Stopped:
		return "its renewal was ended by a person; every secret that a place may hold goes on working"
	}
	return "its renewal has ended"
}

func unfinished(run renewal.Run) string {
	text := "The renewal was begun on " + day(run.CreatedAt) + " and hasn't brought a new secret everywhere (" + string(run.State) + ")."
	if run.Reason.Text != "" {
		text += " Last: " + run.Reason.Text
	}
	return text
}

// matter is something that an application needs a person for.
type matter struct {
	app, run        string
	code, text, fix string
	end             time.Time // of the secret in use, while a new one isn't everywhere; zero = not known, or of no matter
	now             time.Time
}

func (m matter) isNear() bool { return !m.end.IsZero() && m.end.Sub(m.now) <= nearEnd }

// told is the notice that a person must act, sharper as the secret comes to its end. what follows on the application's
// name or on "it".
func (m matter) told(what string) notice.Notice {
	n := notice.Notice{
		ID: notice.NewID(), Subject: notice.OfApp(m.app), Kind: notice.Attention, Code: m.code, App: m.app, Run: m.run,
		Title: m.app + " needs you: " + short(m.text), Text: m.app + " " + what + ".\n\n" + sentence(m.text),
		Fix: m.fix, By: m.end, At: m.now,
	}
	switch {
	case m.end.IsZero():
	case !m.now.Before(m.end):
		n.Kind, n.Code = notice.Expiring, "expiry.passed"
		n.Title = m.app + ": its secret ended on " + day(m.end) + ", and it " + what
		n.Text += "\n\nIts secret in use ended on " + day(m.end) + ": whatever signs in with it fails since then."
	case m.isNear():
		n.Kind, n.Code = notice.Expiring, "expiry.near"
		n.Title = m.app + ": its secret ends on " + day(m.end) + ", and it " + what
		n.Text += untilThen(m.end)
	default:
		n.Title += "; its secret ends on " + day(m.end)
		n.Text += untilThen(m.end)
	}
	return n
}

func untilThen(end time.Time) string {
	return "\n\nIts secret in use ends on " + day(end) + "; until then everything signs in as before."
}

func (m matter) recovered(how string) notice.Notice {
	return notice.Notice{
		ID: notice.NewID(), Subject: notice.OfApp(m.app), Kind: notice.Recovered, App: m.app, Run: m.run,
		Title: m.app + ": over, " + how, Text: "What you were told of " + m.app + " is over: " + how + ".", At: m.now,
	}
}
