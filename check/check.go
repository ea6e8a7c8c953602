// Package check holds the noun that doctor and plan speak in: one precondition, looked at, with its fix and, where a
// right is missing, the smallest grant that mends it. Rooms that know a precondition return checks; nobody else judges.
package check

// Check is one precondition of one subject. Code is stable and documented; OK and Unknown are never both true.
type Check struct {
	ID      string  `json:"id"`      // what was looked at, such as "graph.role" or "vault.set"
	Subject string  `json:"subject"` // to what, as its owner names it
	OK      bool    `json:"ok"`
	Unknown bool    `json:"unknown,omitempty"` // can't be known before it is tried; counts neither as good nor as bad
	Warning bool    `json:"warning,omitempty"` // worth a person's look, yet nothing that stops a renewal
	Code    string  `json:"code"`              // "ok", "rights.missing", "lock", ...
	Message string  `json:"message"`
	Fix     string  `json:"fix,omitempty"`
	Grants  []Grant `json:"-"` // what doctor --script would grant
	Passing bool    `json:"-"` // it failed for what may pass by itself: no answer, or none in time
}

// GrantKind says which of Microsoft's systems holds the right.
type GrantKind string

const (
	GraphRole      GrantKind = "graphRole"      // an application permission of Microsoft Graph; Name = its value
	Ownership      GrantKind = "ownership"      // the identity owns the app registration; Scope = its client id
	AccessPolicy   GrantKind = "accessPolicy"   // secret permissions on a vault; Scope = vault resource id or name, Actions = get, set, list
	RoleAssignment GrantKind = "roleAssignment" // a built-in role; Name = role name, Scope = resource id
	CustomRole     GrantKind = "customRole"     // a role with just these Actions at Scope
)

// Grant is one missing right at the smallest scope that suffices.
type Grant struct {
	Kind    GrantKind
	Name    string
	Scope   string
	Actions []string
}

// Pass is a check that holds.
func Pass(id, subject, message string) Check {
	return Check{ID: id, Subject: subject, OK: true, Code: "ok", Message: message}
}

// Fail is a check that stops a renewal, with its fix and the grants that would mend it.
func Fail(id, subject, code, message, fix string, grants ...Grant) Check {
	return Check{ID: id, Subject: subject, Code: code, Message: message, Fix: fix, Grants: grants}
}

// Warn is a check that a person should look at and that stops nothing.
func Warn(id, subject, code, message, fix string) Check {
	return Check{ID: id, Subject: subject, OK: true, Warning: true, Code: code, Message: message, Fix: fix}
}

// Unsure is a precondition that can't be read and is known only when tried.
func Unsure(id, subject, message string) Check {
	return Check{ID: id, Subject: subject, Unknown: true, Code: "unknown", Message: message}
}

// Failed returns the checks that stop a renewal.
func Failed(checks []Check) []Check {
	var failed []Check
	for _, c := range checks {
		if !c.OK && !c.Unknown {
			failed = append(failed, c)
		}
	}
	return failed
}
