// Package standing says where an application stands, in one word and in a sentence. Commands and the console judge by
// this one rule, each with as much as it knows. It asks nobody and has no effects.
//
// Start at [Facts.Judge].
package standing

import (
	"cmp"
	"slices"
	"time"

	"keyturn/check"
	"keyturn/config"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// Word is where an application stands.
type Word string

const (
	Expired  Word = "expired"  // the secret in use is past its end
	Person   Word = "person"   // somebody must act before anything goes on
	Due      Word = "due"      // it is time to renew it
	Renewing Word = "renewing" // a renewal is under way
	Unknown  Word = "unknown"  // nobody has looked yet
	Fine     Word = "fine"     // nothing is to be done
	Excluded Word = "excluded" // somebody else takes care of it
)

// words in the order of their urgency.
var words = []Word{Expired, Person, Due, Renewing, Unknown, Fine, Excluded}

// Words lists all of them, what needs a person first.
func Words() []Word { return slices.Clone(words) }

// Urgency orders words: what needs a person first has the least. A word that isn't one comes with the first.
func (w Word) Urgency() int { return max(0, slices.Index(words, w)) }

// Urgent reports whether it can't be left alone.
func (w Word) Urgent() bool { return w == Expired || w == Person || w == Due }

// Facts are what is known of one application. All but App may be zero: what isn't known isn't judged.
type Facts struct {
	App      config.Application
	Run      renewal.Run    // its newest
	Finding  store.Finding  // what a look of a serving Keyturn found in its way
	Seen     store.Sighting // what that look saw
	Checks   []check.Check  // what was found just now
	Undriven bool           // its renewal's next step is due, and nobody takes it
}

// Unconfigured stands for the application of a renewal that the configuration doesn't have any more.
func Unconfigured(run renewal.Run) config.Application {
	return config.Application{Name: run.App, ClientID: run.ClientID, Excluded: "it isn't in keyturn.yaml any more"}
}

// Standing is where one application stands.
type Standing struct {
	Word    Word
	Text    string    // why, in a sentence
	Code    string    // why, as a stable code, where a person must act
	Fix     string    // what a person does next; "" = nothing, or Keyturn does it by itself
	Expires time.Time // when the secret in use ends; zero = not known
	Next    time.Time // when something is to happen; zero = not known
}

// Judge says where the application stands at that time, by policy's clock.
func (f Facts) Judge(now time.Time) Standing {
	open := f.Open()
	s := Standing{Expires: f.expires(), Next: f.next()}
	switch {
	case !open && f.App.Excluded != "":
		s.Word, s.Text = Excluded, f.App.Excluded
		return s
	case !s.Expires.IsZero() && !now.Before(s.Expires):
		s.Word, s.Text = Expired, "the secret has expired"
	case open:
		s.Word, s.Text = Renewing, cmp.Or(f.Run.Reason.Text, "its renewal is "+string(f.Run.State))
	case f.Seen.State == store.SightingUnclear:
		s.Word, s.Text = Unknown, f.Seen.Text
	case s.Expires.IsZero():
		s.Word, s.Text = Unknown, "nobody has looked at it yet"
	case !s.Next.After(now):
		s.Word, s.Text = Due, "the secret is due"
	default:
		s.Word, s.Text = Fine, "nothing is to be done before "+s.Next.UTC().Format(time.DateOnly)
	}
	f.blame(&s)
	return s
}

// Turns reports whether time alone may make an application that has these dates stand elsewhere at one time than at another:
// nothing but its dates hangs on the time in [Facts.Judge]. Either time may be the earlier one.
func Turns(expires, next, from, to time.Time) bool {
	if to.Before(from) {
		from, to = to, from
	}
	between := func(t time.Time) bool { return t.After(from) && !t.After(to) }
	return between(expires) || between(next)
}

// Open reports whether a renewal is under way.
func (f Facts) Open() bool { return f.Run.ID != "" && !f.Run.State.Ended() }

// younger reports whether the look saw the application after its newest renewal had brought a new secret everywhere.
func (f Facts) younger() bool { return !f.Open() && !f.Seen.Seen.Before(f.Run.DeliveredAt) }

func (f Facts) expires() time.Time {
	if f.younger() && !f.Seen.Expires.IsZero() {
		return f.Seen.Expires
	}
	return f.Run.InUseEnds()
}

func (f Facts) next() time.Time {
	switch end := f.expires(); {
	case f.Open():
		return f.Run.WakeAt
	case f.App.Excluded != "":
		return time.Time{}
	case f.younger() && !f.Seen.DueAt.IsZero():
		return f.Seen.DueAt
	case end.IsZero():
		return end
	default:
		return end.Add(-f.App.Policy.RenewBefore.Of(f.App.Policy.Lifetime))
	}
}

// blame says what a person must see to. An application whose secret has expired stays that: nothing is more urgent.
func (f Facts) blame(s *Standing) {
	trouble := Standing{}
	failed := check.Failed(f.Checks)
	switch open := f.Open(); {
	case open && f.Run.Door == renewal.Person:
		trouble = Standing{Text: f.Run.Reason.Text, Code: f.Run.Reason.Code, Fix: f.Run.Reason.Fix}
	case !open && f.Finding.App != "":
		trouble = Standing{Text: f.Finding.Text, Code: f.Finding.Code, Fix: f.Finding.Fix}
	case len(failed) > 0:
		trouble = Standing{Text: failed[0].Message, Code: failed[0].Code, Fix: failed[0].Fix}
	case open && f.Undriven:
		trouble = Standing{Text: "its next step is due and nobody drives it", Fix: problem.Attended("keyturn resume "+f.App.Name, f.Run.Order.Person)}
	default:
		return
	}
	if s.Word != Expired {
		s.Word = Person
	}
	s.Text, s.Code, s.Fix = trouble.Text, trouble.Code, trouble.Fix
}
