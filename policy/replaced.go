package policy

import (
	"fmt"
	"strings"
	"time"

	"keyturn/credential"
)

// Replacement is which password a renewal replaces.
type Replacement struct {
	Decision
	KeyID      string // the one replaced; "" = none, or a person must name it
	Decided    bool   // false: a person must name it
	Expired    bool   // the one replaced doesn't work any more
	Candidates []Candidate
}

// Candidate is one password of the application with what speaks for and against it.
type Candidate struct {
	credential.Credential
	Fits bool   // its hint is that of the custodian's value
	Why  string // in a person's words
}

// usedLately is how far back a use still says that a password is in service. It covers monthly work.
const usedLately = 35 * aDay

// Replaced chooses the password that the new one replaces: by a person's word, else by proof. The proof is a hint that
// fits the custodian's value and nothing else's, a sign-in with that value, and no contradiction from the reports. It
// reads Now, App, Held, Replace and Usage. All the application's other passwords are foreign, whatever the answer.
//
// Of passwords that no longer work, one may be chosen by its hint alone: taking it away can break nobody.
func Replaced(in Input) Replacement {
	found := Replacement{Candidates: candidates(in)}
	if in.Replace != "" {
		return named(in, found)
	}
	if len(found.Candidates) == 0 {
		found.Decided = true
		found.Decision = Decision{Code: ReplacedNothing, Text: "the application has no secret yet: nothing is replaced"}
		return found
	}
	if !in.Held.Read || in.Held.Hint == "" {
		return undecided(found, ReplacedNone, "no value could be read from a place, so nothing tells which secret is in use"+because(in.Held))
	}
	if !in.Held.SignsIn {
		return byHintAlone(in, found)
	}
	return byProof(in, found)
}

func because(h Held) string {
	if h.Unread == "" {
		return ""
	}
	return " (" + h.Unread + ")"
}

// named follows a person's word, as long as it names a password of this application.
func named(in Input, found Replacement) Replacement {
	if strings.EqualFold(in.Replace, None) {
		found.Decided = true
		found.Decision = Decision{Code: ReplacedNothing, Text: "a secret is added and none is retired, as asked"}
		return found
	}
	for _, c := range found.Candidates {
		if strings.EqualFold(c.KeyID, in.Replace) {
			text := fmt.Sprintf("%s is replaced, as asked", title(c.Credential))
			if in.Held.Read && in.Held.SignsIn && in.Held.Hint != "" && !c.Fits {
				text += "; the custodian's value isn't this secret's"
			}
			return choose(found, c, ReplacedNamed, text, in.Now)
		}
	}
	return undecided(found, ReplacedUnknown, fmt.Sprintf("the application has no secret with Secret ID %s", in.Replace))
}

// byProof chooses among the passwords that work, because the custodian's value was just seen to work.
func byProof(in Input, found Replacement) Replacement {
	fitting := fits(found.Candidates, func(c Candidate) bool { return works(c.Credential, in.Now) })
	switch len(fitting) {
	case 0:
		return undecided(found, ReplacedNone, "the custodian's value signs in, yet fits the hint of no secret of this application")
	case 1:
	default:
		fitting = fits(fitting, func(c Candidate) bool { return strings.EqualFold(c.KeyID, in.Held.KeyID) })
		if len(fitting) != 1 {
			return undecided(found, ReplacedAmbiguous, "several secrets begin like the custodian's value")
		}
	}
	chosen := fitting[0]
	if rival, ok := contradiction(in, found.Candidates, chosen); ok {
		return undecided(found, ReplacedContradicted, fmt.Sprintf(
			"the custodian holds %s, yet the %s shows consumers using %s and not it", title(chosen.Credential), in.Usage.Source, title(rival.Credential)))
	}
	return choose(found, chosen, ReplacedProven, fmt.Sprintf(
		"%s is replaced: its hint fits the custodian's value, and that value signs in", title(chosen.Credential)), in.Now)
}

// byHintAlone chooses among the passwords that have expired. A value that is refused although it fits a live password
// is a finding of its own: wrong tenant, blocked sign-in, or a place that lags.
func byHintAlone(in Input, found Replacement) Replacement {
	fitting := fits(found.Candidates, func(Candidate) bool { return true })
	if len(fitting) == 1 && fitting[0].Expired(in.Now) {
		return choose(found, fitting[0], ReplacedExpired, fmt.Sprintf(
			"%s is replaced: its hint fits the custodian's value, and it has expired", title(fitting[0].Credential)), in.Now)
	}
	if len(fitting) == 0 {
		return undecided(found, ReplacedNone, "the custodian's value doesn't sign in and fits the hint of no secret of this application")
	}
	return undecided(found, ReplacedUnproven, "the custodian's value begins like a secret of this application, yet doesn't sign in")
}

// contradiction returns a working password that others surely used lately, while the chosen one shows no use at all. Any
// use of the chosen one will do, since reports can't always tell ours from others'.
func contradiction(in Input, all []Candidate, chosen Candidate) (Candidate, bool) {
	since := in.Now.Add(-usedLately)
	if in.Usage.Source == "" || useOf(in, chosen.KeyID).Last.After(since) {
		return Candidate{}, false
	}
	for _, c := range all {
		if c.KeyID != chosen.KeyID && works(c.Credential, in.Now) && useOf(in, c.KeyID).ByOthers.After(since) {
			return c, true
		}
	}
	return Candidate{}, false
}

func works(c credential.Credential, now time.Time) bool {
	return !c.Expired(now) && !c.Start.After(now)
}

func fits(all []Candidate, also func(Candidate) bool) []Candidate {
	var found []Candidate
	for _, c := range all {
		if c.Fits && also(c) {
			found = append(found, c)
		}
	}
	return found
}

func choose(found Replacement, c Candidate, code Code, text string, now time.Time) Replacement {
	found.Decided, found.KeyID, found.Expired = true, c.KeyID, c.Expired(now)
	found.Decision = Decision{Code: code, Text: text}
	return found
}

func undecided(found Replacement, code Code, text string) Replacement {
	found.Decision = Decision{
		Code: code, Text: text,
		Fix: "name the secret with --replace SECRET-ID, or use --replace none to add one and retire nothing",
	}
	return found
}
