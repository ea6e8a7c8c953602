package problem

import "slices"

// Way says how a person signs in for one run.
type Way string

// The ways, as --sign-in names them.
const (
	ByBrowser  Way = "browser"  // authorization code with PKCE, back to this computer
	ByDevice   Way = "device"   // a code typed on another device
	ByPassword Way = "password" // the password itself is sent; only where the configuration allows it
)

// Known is one known reason why a renewal by a person can't go on: the one table from which sign-ins are explained,
// doctor speaks, and docs/known-issues.md is made.
type Known struct {
	Meaning
	Group   string // a heading of the page
	Title   string // how a person would name it
	Numbers []int  // sign-in errors (AADSTS) that mean it; none = it is found by looking
	OAuth   string // the OAuth error that means it, where it has no number
	Ways    []Way  // ways of signing in that it concerns; none = all
}

// Concerns reports whether it is about people who sign in that way.
func (k Known) Concerns(way Way) bool {
	for _, w := range k.Ways {
		if w == way {
			return true
		}
	}
	return len(k.Ways) == 0
}

// KnownIssues returns the table, in the order in which the page tells it.
// Source of the numbers: https://learn.microsoft.com/entra/identity-platform/reference-error-codes (read 2026-11-25).
func KnownIssues() []Known {
	var all []Known
	for _, some := range [][]Known{knownAccounts(), knownWays(), knownClients(), knownACS()} {
		all = append(all, some...)
	}
	return all
}

// FindKnown returns the entry of the table with that code. It panics when there is none: codes are written into the
// program.
func FindKnown(code string) Known {
	all := KnownIssues()
	at := slices.IndexFunc(all, func(k Known) bool { return k.Code == code })
	if at < 0 {
		panic("problem: " + code + " is no known issue")
	}
	return all[at]
}

// IsKnown reports whether a code is one of the table's.
func IsKnown(code string) bool {
	return slices.ContainsFunc(KnownIssues(), func(k Known) bool { return k.Code == code })
}

// Stops builds the Person problem of a known issue. more, if not "", follows its general fix: what only the place knows
// where it was found.
func (k Known) Stops(subject, message, more string) *Error {
	if message == "" {
		message = sentence(k.Text)
	}
	fix := sentence(k.Fix)
	if more != "" {
		fix = more + "; " + fix
	}
	return NeedsPerson(k.Code, subject, message, fix)
}

// sentence is a text as messages hold it, without a full stop and without a capital that only begins it.
func sentence(text string) string {
	if n := len(text); n > 0 && text[n-1] == '.' {
		text = text[:n-1]
	}
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && (text[1] == ' ' || text[1] >= 'a' && text[1] <= 'z') && !named(text) {
		text = string(text[0]+'a'-'A') + text[1:]
	}
	return text
}
