package policy

import (
	"fmt"
	"strings"

	"keyturn/credential"
)

// candidates lists every password of the application with what is known of it.
func candidates(in Input) []Candidate {
	var found []Candidate
	for _, c := range in.App.Passwords() {
		fit := in.Held.Read && in.Held.Hint != "" && c.Hint == in.Held.Hint
		found = append(found, Candidate{Credential: c, Fits: fit, Why: why(in, c, fit)})
	}
	return found
}

func why(in Input, c credential.Credential, fit bool) string {
	var words []string
	switch {
	case fit:
		words = append(words, "begins like the custodian's value")
	case c.Hint == "":
		words = append(words, "its hint isn't known")
	case in.Held.Read:
		words = append(words, "begins unlike the custodian's value")
	}
	switch {
	case c.Expired(in.Now):
		words = append(words, "expired on "+day(c.End))
	case c.Start.After(in.Now):
		words = append(words, "starts on "+day(c.Start))
	default:
		words = append(words, "ends on "+day(c.End))
	}
	if in.Usage.Source != "" {
		words = append(words, used(in.Usage.Uses[strings.ToLower(c.KeyID)]))
	}
	return strings.Join(words, ", ")
}

func used(u Use) string {
	switch {
	case !u.ByOthers.IsZero():
		return "last used on " + day(u.ByOthers)
	case !u.Last.IsZero():
		return "used only by Keyturn's own sign-ins as far as can be told"
	}
	return "no use seen"
}

// title names a password as the portal shows it.
func title(c credential.Credential) string {
	if c.DisplayName == "" {
		return "secret " + c.KeyID
	}
	return fmt.Sprintf("secret %q (%s)", c.DisplayName, c.KeyID)
}
