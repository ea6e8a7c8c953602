// Package person judges whether the person who is signed in may do a renewal's work in the directory: which role lets
// them, whether it is active, and whether the app that they signed in through has consent. Issuers ask it; it changes
// nothing, and it decides nothing but what to tell.
//
// Start at [Check].
package person

import (
	"context"
	"slices"
	"strings"

	"keyturn/check"
	"keyturn/cloud"
	"keyturn/problem"
)

// Directory is what the directory tells of the person who is signed in; a *graph.Client is one. Roles are told by the ids
// of their templates. A person who may not read a list gets a problem with code problem.Denied.
type Directory interface {
	MyRoles(ctx context.Context) ([]string, error)
	MyEligibleRoles(ctx context.Context) ([]string, error)
}

// Role is a directory role.
type Role struct{ Template, Name string }

// Roles lists those that let a person change the credentials of every app and add-in, the smallest first.
// Source: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference (read 2026-11-25).
func Roles() []Role {
	return []Role{
		{"158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator"},
		{"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator"},
		{"62e90394-69f5-4237-9190-012177145e10", "Global Administrator"},
	}
}

// The scopes with which a person's token lets apps be changed.
var writing = []string{"Application.ReadWrite.All", "Directory.AccessAsUser.All"}

// Check tells whether self, a person, may change the credentials of an app. owner is true where they own it, which needs
// no role.
func Check(ctx context.Context, d Directory, self cloud.Identity, owner bool) ([]check.Check, error) {
	role, err := roleCheck(ctx, d, self, owner)
	if err != nil {
		return nil, err
	}
	return []check.Check{consent(self), role}, nil
}

// consent: without the scope in the token, no role helps.
func consent(self cloud.Identity) check.Check {
	const id = "person.consent"
	for _, scope := range writing {
		if slices.Contains(self.Roles, scope) {
			return check.Pass(id, self.Name, "the app that "+self.Name+" signed in through may use "+scope)
		}
	}
	stop := problem.FindKnown("consent.missing").Stops("app "+self.ClientID,
		"people who sign in through it can't change app registrations: it has no consent for "+writing[0], "")
	return check.Fail(id, stop.Subject, stop.Code, stop.Message, stop.Fix)
}

func roleCheck(ctx context.Context, d Directory, self cloud.Identity, owner bool) (check.Check, error) {
	const id = "person.role"
	if owner {
		return check.Pass(id, self.Name, self.Name+" owns the app registration, which needs no role"), nil
	}
	active, known, err := readable(d.MyRoles(ctx))
	if err != nil {
		return check.Check{}, err
	}
	active = append(active, self.Directory...)
	if role := among(active); role != "" {
		return check.Pass(id, self.Name, self.Name+" has the directory role "+role), nil
	}
	eligible, _, err := readable(d.MyEligibleRoles(ctx))
	if err != nil {
		return check.Check{}, err
	}
	if role := among(eligible); role != "" {
		stop := problem.FindKnown("role.eligible").Stops(self.Name, "eligible for the directory role "+role+", and hasn't activated it", "")
		return check.Fail(id, stop.Subject, stop.Code, stop.Message, stop.Fix), nil
	}
	if !known && len(self.Directory) == 0 {
		return check.Unsure(id, self.Name, "which directory roles "+self.Name+" has can't be read; whether one suffices shows when tried"), nil
	}
	return missing(id, self), nil
}

// missing names what would do, the smallest first.
func missing(id string, self cloud.Identity) check.Check {
	var names []string
	for _, role := range Roles() {
		names = append(names, role.Name)
	}
	stop := problem.FindKnown("role.missing").Stops(self.Name, "has none of the directory roles that let people change app registrations", "")
	fix := "have an administrator assign " + names[0] + " or " + names[1] + " to " + self.Name + " (" + names[2] + " isn't needed), best for some hours " +
		"through Privileged Identity Management, or make " + self.Name + " an owner of the app registration; then sign in again"
	return check.Fail(id, stop.Subject, stop.Code, stop.Message, fix)
}

// readable takes a list that may not be read for an unknown one. A tenant without a licence for a list has nothing in it.
func readable(list []string, err error) (roles []string, known bool, failed error) {
	switch {
	case err == nil:
		return list, true, nil
	case problem.Of(err).Class == problem.Retry:
		return nil, false, err
	}
	return nil, false, nil
}

// among names the first role that suffices; "" = none.
func among(templates []string) string {
	for _, role := range Roles() {
		if slices.ContainsFunc(templates, func(t string) bool { return strings.EqualFold(t, role.Template) }) {
			return role.Name
		}
	}
	return ""
}
