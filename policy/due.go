package policy

import (
	"fmt"
	"time"

	"keyturn/credential"
)

// Dueness is whether an application's password is due.
type Dueness struct {
	Decision
	Due bool      // something should be done now
	End time.Time // when the password that decides ends; zero = there is none
	// At is when it becomes due, or became so; zero = not known.
	At time.Time
}

// Due says whether the application is to be renewed now. It reads Now, Policy, App, InUse, Excluded and Unreadable.
//
// While InUse is not known, every live password is looked at: when all agree the answer is sure; when they disagree it
// is [DueUnclear], because the one that ends soon may be the one in use.
func Due(in Input) Dueness {
	switch {
	case in.Excluded != "":
		return Dueness{Decision: Decision{Code: DueExcluded, Text: "excluded: " + in.Excluded}}
	case in.Unreadable != "":
		return Dueness{Decision: Decision{
			Code: DueUnreadable, Text: "not known: " + in.Unreadable,
			Fix: "run keyturn doctor to see what is missing",
		}}
	}
	if used, ok := in.App.Find(in.InUse); ok && in.InUse != "" {
		return dueOf(in, used)
	}
	return dueOfAll(in)
}

func dueOf(in Input, used credential.Credential) Dueness {
	life := lifeOf(in.Policy, used)
	early := in.Policy.RenewBefore.Of(life)
	found := Dueness{End: used.End, At: used.End.Add(-early)}
	switch {
	case used.Expired(in.Now):
		found.Due = true
		found.Decision = Decision{Code: DueExpired, Text: fmt.Sprintf("the secret in use expired on %s", day(used.End))}
	case !in.Now.Before(found.At):
		found.Due = true
		found.Decision = dueWithin(in.Policy.RenewBefore, life, early)
		found.Text = fmt.Sprintf("the secret in use ends on %s, within %s", day(used.End), found.Text)
	default:
		found.Decision = Decision{Code: DueNot, Text: fmt.Sprintf(
			"the secret in use ends on %s; due from %s", day(used.End), day(found.At))}
	}
	return found
}

// DueFrom is when a password with that life becomes due: rule and life are those of [Due].
func DueFrom(p Policy, start, end time.Time) time.Time {
	return end.Add(-p.RenewBefore.Of(lifeOf(p, credential.Credential{Start: start, End: end})))
}

// lifeOf is how long a password lives in all; one whose beginning isn't known is taken for one that Keyturn makes.
func lifeOf(p Policy, used credential.Credential) time.Duration {
	if used.Start.IsZero() {
		return p.Lifetime
	}
	return used.End.Sub(used.Start)
}

// dueWithin says by which rule a password is due, and within what before its end.
func dueWithin(rule Lead, life, early time.Duration) Decision {
	switch {
	case rule.Share > 0:
		return Decision{Code: DueShare, Text: fmt.Sprintf("the last %s of its life, %s", rule, span(early.Truncate(time.Minute)))}
	case early < rule.Time:
		return Decision{Code: DueThird, Text: fmt.Sprintf("the last third of its life of %s, which is no longer than renewBefore", span(life))}
	}
	return Decision{Code: DueNow, Text: span(early)}
}

// dueOfAll answers from every live password together.
func dueOfAll(in Input) Dueness {
	passwords := in.App.Passwords()
	if len(passwords) == 0 {
		return Dueness{Decision: Decision{Code: DueNone, Text: "the application has no client secret"}}
	}
	live := liveOf(passwords, in.Now)
	if len(live) == 0 {
		return dueOf(in, latest(passwords))
	}
	first, agree := dueFirst(in, live)
	if agree {
		return first
	}
	first.End = earliest(live).End
	first.Decision = Decision{
		Code: DueUnclear,
		Text: fmt.Sprintf("one of %d secrets ends on %s, and it isn't known which one is in use", len(live), day(first.End)),
		Fix:  "give Keyturn a Key Vault secret of this application that it may read, or name the secret with --replace",
	}
	return first
}

// dueFirst answers for the one of several live passwords that becomes due first, and says whether all of them are due, or
// none. That needn't be the one that ends first: of a short life only the last third counts.
func dueFirst(in Input, live []credential.Credential) (first Dueness, agree bool) {
	first, agree = dueOf(in, live[0]), true
	for _, c := range live[1:] {
		next := dueOf(in, c)
		agree = agree && next.Due == first.Due
		if next.At.Before(first.At) {
			first = next
		}
	}
	return first, agree
}

// liveOf returns the credentials that may sign in now.
func liveOf(all []credential.Credential, now time.Time) []credential.Credential {
	var live []credential.Credential
	for _, c := range all {
		if works(c, now) {
			live = append(live, c)
		}
	}
	return live
}

func earliest(some []credential.Credential) credential.Credential {
	found := some[0]
	for _, c := range some {
		if c.End.Before(found.End) {
			found = c
		}
	}
	return found
}

func latest(some []credential.Credential) credential.Credential {
	found := some[0]
	for _, c := range some {
		if c.End.After(found.End) {
			found = c
		}
	}
	return found
}
