package inventory

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"keyturn/problem"
)

// AddInObject is one object of the directory that may be a SharePoint add-in's: Azure ACS knows add-ins by principals of a
// kind of their own, or by app registrations with symmetric keys.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/replace-an-expiring-client-secret-in-a-sharepoint-add-in (read 2026-11-25).
type AddInObject struct {
	Name, ClientID, ObjectID string
	Legacy                   bool // a principal without an app registration, as they were made before December 2024
	Registered               bool // an app registration; else a service principal
	Keys                     []AddInKey
}

// AddInKey is one of an add-in's credentials, without its value.
type AddInKey struct {
	Symmetric  bool   // a key that ACS signs or checks with; else a password that the add-in signs in with
	Usage      string // of a key: Sign, Verify
	Start, End time.Time
}

// AddInDirectory walks what could be add-ins.
type AddInDirectory interface {
	// AddInObjects walks app registrations and service principals; the iterator ends with the first error.
	AddInObjects(ctx context.Context) iter.Seq2[AddInObject, error]
	// LastUses returns when each app, by client id in lower case, was last seen signing in. Without the right to read the
	// report, or without one, it is a problem.
	LastUses(ctx context.Context) (map[string]time.Time, error)
}

// AddIn is one SharePoint add-in of the tenant.
type AddIn struct {
	App        string    `json:"app"`
	ClientID   string    `json:"clientId"`
	ObjectID   string    `json:"objectId"`
	Registered string    `json:"registeredAs"` // "legacy principal", "app registration" or "service principal"
	Passwords  int       `json:"passwords"`    // that work now
	Signing    int       `json:"signingKeys"`  // symmetric keys that ACS signs with now
	Verifying  int       `json:"verifyingKeys"`
	Expires    time.Time `json:"expires,omitzero"` // of the credential that ends last; zero = there is none
	State      State     `json:"state"`
	LastUse    time.Time `json:"lastUse,omitzero"` // zero = none was seen
	Used       string    `json:"used"`             // "seen", "not seen" or "unknown", where the reports can't be read
	Advice     string    `json:"advice"`           // what to do about it
}

// NoSecret is the state of an add-in without any credential.
const NoSecret State = "no secret"

// AddIns lists the tenant's add-ins, worst first: those that somebody was seen to use, then those whose secret works, then
// the rest; each by date. note says why nothing is known of their use; "" = the reports were read. It changes nothing.
func AddIns(ctx context.Context, directory AddInDirectory, now time.Time, within time.Duration) (found []AddIn, note string, err error) {
	uses, err := directory.LastUses(ctx)
	if err != nil && problem.Of(err).Class == problem.Retry {
		return nil, "", fmt.Errorf("read the reports of use: %w", err)
	}
	if err != nil {
		uses, note = nil, "the reports don't tell who is used: "+problem.Of(err).Message
	}
	found = []AddIn{}
	for object, err := range directory.AddInObjects(ctx) {
		if err != nil {
			return nil, "", fmt.Errorf("list the tenant's add-ins: %w", err)
		}
		if object.isAddIn() {
			found = append(found, object.addIn(uses, now, within))
		}
	}
	slices.SortStableFunc(found, worse)
	return found, note, nil
}

// isAddIn: nothing but ACS uses symmetric keys.
func (o AddInObject) isAddIn() bool {
	return o.Legacy || slices.ContainsFunc(o.Keys, func(k AddInKey) bool { return k.Symmetric })
}

func (o AddInObject) addIn(uses map[string]time.Time, now time.Time, within time.Duration) AddIn {
	a := AddIn{App: o.Name, ClientID: o.ClientID, ObjectID: o.ObjectID, Registered: "service principal", State: NoSecret, Used: "unknown"}
	switch {
	case o.Registered:
		a.Registered = "app registration"
	case o.Legacy:
		a.Registered = "legacy principal"
	}
	for _, k := range o.Keys {
		a.count(k, now)
	}
	if len(o.Keys) > 0 {
		a.State = stateAt(a.Expires, now, within)
	}
	if uses != nil {
		a.LastUse, a.Used = uses[strings.ToLower(o.ClientID)], "not seen"
	}
	if !a.LastUse.IsZero() {
		a.Used = "seen"
	}
	a.Advice = a.advice()
	return a
}

func (a *AddIn) count(k AddInKey, now time.Time) {
	if k.End.After(a.Expires) {
		a.Expires = k.End
	}
	if !now.Before(k.End) {
		return
	}
	switch {
	case !k.Symmetric:
		a.Passwords++
	case strings.EqualFold(k.Usage, "Sign"):
		a.Signing++
	default:
		a.Verifying++
	}
}

func stateAt(end, now time.Time, within time.Duration) State {
	switch {
	case !now.Before(end):
		return Expired
	case end.Sub(now) <= within:
		return Due
	}
	return Fine
}

// advice is short, since the way itself is told by keyturn advise.
func (a AddIn) advice() string {
	works := a.State == Fine || a.State == Due
	switch {
	case a.Used == "seen":
		return "find out what uses it, and move that to an Entra app: keyturn advise " + a.ClientID
	case works && a.Used == "not seen":
		return "nobody was seen to use it: remove its secret, and later the principal"
	case works:
		return "find out whether anything uses it; SharePoint Online takes its tokens no longer: keyturn advise " + a.ClientID
	}
	return "left over: remove the principal"
}

func worse(a, b AddIn) int {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), b.LastUse.Compare(a.LastUse), a.Expires.Compare(b.Expires),
		strings.Compare(strings.ToLower(a.App), strings.ToLower(b.App)), strings.Compare(a.ObjectID, b.ObjectID))
}

func (a AddIn) rank() int {
	switch {
	case a.Used == "seen":
		return 0
	case a.State == Fine || a.State == Due:
		return 1
	case a.State == Expired:
		return 2
	}
	return 3
}
