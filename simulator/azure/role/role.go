// Package role is the simulated cloud's role-based access control: role definitions, role assignments and the one judgement both doors of
// the cloud (the control plane and the Key Vault data plane) ask for: may this principal do this action at this scope, now?
//
// It is pure bookkeeping. It knows no HTTP, no clock and no lock: callers hold the world's lock and pass the instant.
// Start at [Book].
package role

import (
	"slices"
	"strings"
	"time"
)

// Permission is one entry of a role definition. NotActions take away from Actions of the same entry only; entries add up.
// Source: learn.microsoft.com/azure/role-based-access-control/role-definitions, read 2026-11-22.
type Permission struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions"`
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
}

// Definition is a role: a GUID, a name people know, and what it permits.
type Definition struct {
	ID               string // the GUID alone
	Name             string
	Description      string
	Custom           bool
	Permissions      []Permission
	AssignableScopes []string
}

// Assignment gives a principal a role at a scope and everything below it. It counts between From and Until; a zero Until is for ever.
type Assignment struct {
	Name         string // the GUID alone
	Scope        string
	PrincipalID  string // object id of the service principal or user
	UserKind     bool   // the principal is a user
	DefinitionID string // GUID of the definition
	Created      time.Time
	From         time.Time
	Until        time.Time

	normal string // Scope as scopes are compared
}

func (a Assignment) effective(now time.Time) bool {
	return !now.Before(a.From) && (a.Until.IsZero() || now.Before(a.Until))
}

// Listed reports whether a listing shows the assignment: a removed one is gone from listings at once, though it still counts for a while.
func (a Assignment) Listed() bool { return a.Until.IsZero() }

// Book holds every definition and assignment of the simulated cloud.
type Book struct {
	definitions []Definition
	assignments []*Assignment
}

// NewBook returns a book that knows the built-in roles and no assignment.
func NewBook() *Book { return &Book{definitions: builtIn()} }

// Definitions lists the built-in roles, then the custom ones in order of creation.
func (b *Book) Definitions() []Definition { return b.definitions }

// Definition finds a role by its GUID, letter case aside.
func (b *Book) Definition(id string) (Definition, bool) {
	for _, d := range b.definitions {
		if strings.EqualFold(d.ID, id) {
			return d, true
		}
	}
	return Definition{}, false
}

// Named finds a role by its name, letter case aside.
func (b *Book) Named(name string) (Definition, bool) {
	for _, d := range b.definitions {
		if strings.EqualFold(d.Name, name) {
			return d, true
		}
	}
	return Definition{}, false
}

// Define adds a custom role, or replaces the custom role of the same GUID. It reports whether the role is new.
func (b *Book) Define(d Definition) bool {
	d.Custom = true
	for i := range b.definitions {
		if strings.EqualFold(b.definitions[i].ID, d.ID) {
			b.definitions[i] = d
			return false
		}
	}
	b.definitions = append(b.definitions, d)
	return true
}

// Undefine removes a custom role and reports whether there was one.
func (b *Book) Undefine(id string) bool {
	before := len(b.definitions)
	b.definitions = slices.DeleteFunc(b.definitions, func(d Definition) bool { return d.Custom && strings.EqualFold(d.ID, id) })
	return len(b.definitions) != before
}

// Assign adds an assignment as given; the caller has checked that it is not there yet.
func (b *Book) Assign(a Assignment) *Assignment {
	added := &a
	added.normal = Normal(a.Scope)
	b.assignments = append(b.assignments, added)
	return added
}

// Revoke lets the assignment of that scope and name count until the given instant. It reports whether there was a listed one.
func (b *Book) Revoke(scope, name string, until time.Time) (Assignment, bool) {
	for _, a := range b.assignments {
		if a.Listed() && strings.EqualFold(a.Name, name) && strings.EqualFold(a.Scope, scope) {
			a.Until = until
			return *a, true
		}
	}
	return Assignment{}, false
}

// Assignments lists what listings show, in order of creation.
func (b *Book) Assignments() []Assignment {
	var listed []Assignment
	for _, a := range b.assignments {
		if a.Listed() {
			listed = append(listed, *a)
		}
	}
	return listed
}

// Permits reports whether the principal may do the control-plane action at the scope.
func (b *Book) Permits(principal, action, scope string, now time.Time) bool {
	return slices.ContainsFunc(b.At(principal, scope, now), func(p Permission) bool { return allows(p.Actions, p.NotActions, action) })
}

// PermitsData reports whether the principal may do the data action at the scope.
func (b *Book) PermitsData(principal, action, scope string, now time.Time) bool {
	return slices.ContainsFunc(b.At(principal, scope, now), func(p Permission) bool { return allows(p.DataActions, p.NotDataActions, action) })
}

// At lists the permission entries that count for the principal at the scope: those assigned there or above.
func (b *Book) At(principal, scope string, now time.Time) []Permission {
	var entries []Permission
	scope = Normal(scope)
	for _, a := range b.assignments {
		if !a.effective(now) || !strings.EqualFold(a.PrincipalID, principal) || !covers(a.normal, scope) {
			continue
		}
		if d, ok := b.Definition(a.DefinitionID); ok {
			entries = append(entries, d.Permissions...)
		}
	}
	return entries
}

// Touches reports whether the principal holds any role at, above or below the scope: the condition for seeing a subscription at all.
func (b *Book) Touches(principal, scope string, now time.Time) bool {
	scope = Normal(scope)
	return slices.ContainsFunc(b.assignments, func(a *Assignment) bool {
		return a.effective(now) && strings.EqualFold(a.PrincipalID, principal) && (covers(a.normal, scope) || covers(scope, a.normal))
	})
}

func allows(actions, notActions []string, action string) bool {
	matches := func(pattern string) bool { return Match(pattern, action) }
	return slices.ContainsFunc(actions, matches) && !slices.ContainsFunc(notActions, matches)
}

// Match reports whether the action fits the pattern. A star stands for any run of characters, slashes included; letter case does not count.
func Match(pattern, action string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	rest := strings.ToLower(action)
	if len(parts) == 1 {
		return parts[0] == rest
	}
	if !strings.HasPrefix(rest, parts[0]) {
		return false
	}
	rest = rest[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, last)
}

// Covers reports whether upper is the scope itself or one above it, letter case, outer and doubled slashes aside. The empty scope and "/" cover everything.
func Covers(upper, scope string) bool { return covers(Normal(upper), Normal(scope)) }

// covers is Covers of scopes in their normal form.
func covers(upper, scope string) bool {
	rest, below := strings.CutPrefix(scope, upper)
	return below && (rest == "" || upper == "" || rest[0] == '/')
}

// Normal is the form in which scopes are compared: lower case, one leading slash, none doubled, none at the end. The root is "".
func Normal(scope string) string {
	var b strings.Builder
	for segment := range strings.SplitSeq(strings.ToLower(scope), "/") {
		if segment != "" {
			b.WriteString("/" + segment)
		}
	}
	return b.String()
}

// Filled is the entry with empty lists in the place of absent ones, as the wire shows it.
func (p Permission) Filled() Permission {
	return Permission{Actions: filled(p.Actions), NotActions: filled(p.NotActions), DataActions: filled(p.DataActions), NotDataActions: filled(p.NotDataActions)}
}
