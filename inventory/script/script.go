package script

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"keyturn/check"
)

// Dialect is the language of a script.
type Dialect string

const (
	AZ         Dialect = "az"         // the Azure command line, for bash or Cloud Shell
	PowerShell Dialect = "powershell" // the modules Az and Microsoft.Graph
	Bicep      Dialect = "bicep"      // for rights on Azure resources; those of the directory stand in comments
)

// Dialects lists the dialects in the order in which help shows them.
func Dialects() []Dialect { return []Dialect{AZ, PowerShell, Bicep} }

// Identity is who gets the rights.
type Identity struct {
	TenantID string
	ObjectID string // of the service principal or user; required
	Name     string // for the comment at the top
	User     bool   // a person: Graph's application roles can't be given to people
	Graph    string // host of Microsoft Graph; "" = the public cloud's
}

// graphAppID is Microsoft Graph's own client id, the same in every tenant.
// Source: https://learn.microsoft.com/graph/permissions-reference (read 2026-11-22).
const graphAppID = "00000003-0000-0000-c000-000000000000"

// Render returns the script for grants, each once however often it was asked for. No grants give a script that says so.
// An identity without an object id, an unknown dialect, or a text that no script may carry is an error.
func Render(who Identity, grants []check.Grant, dialect Dialect) (string, error) {
	if who.ObjectID == "" {
		return "", fmt.Errorf("write script: the object id of Keyturn's identity isn't known")
	}
	if who.Graph == "" {
		who.Graph = "https://graph.microsoft.com"
	}
	if err := printable(who, grants); err != nil {
		return "", err
	}
	plan := arrange(who, grants)
	switch dialect {
	case AZ:
		return plan.az(), nil
	case PowerShell:
		return plan.powershell(), nil
	case Bicep:
		return plan.bicep(), nil
	}
	return "", fmt.Errorf("write script: %q isn't one of az, powershell, bicep", dialect)
}

// printable refuses control characters, which no quoting makes harmless in a comment.
func printable(who Identity, grants []check.Grant) error {
	texts := []string{who.TenantID, who.ObjectID, who.Name, who.Graph}
	for _, g := range grants {
		texts = append(append(texts, g.Name, g.Scope), g.Actions...)
	}
	for _, text := range texts {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("write script: %q holds a control character", text)
		}
	}
	return nil
}

// arrangement is what every dialect prints, in this order.
type arrangement struct {
	who      Identity
	graph    []string // application roles of Microsoft Graph
	withheld []string // application roles that a person can't be given
	owned    []string // client ids of app registrations
	policies []policy
	roles    []assignment
	custom   []custom
}

// policy is an entry in a vault's access policies.
type policy struct {
	vault   scope
	actions []string
}

// assignment is a built-in role at a scope.
type assignment struct {
	role string
	at   scope
}

// custom is a role that holds nothing but actions, given at each of at.
type custom struct {
	name    string
	home    scope // resource group, or subscription, in which it may be assigned
	actions []string
	at      []scope
}

// arrange sorts the grants by kind, each once; actions for one vault, or for the same type in one group, come together.
func arrange(who Identity, grants []check.Grant) arrangement {
	a := arrangement{who: who}
	for _, g := range grants {
		switch g.Kind {
		case check.GraphRole:
			a.addGraph(g.Name)
		case check.Ownership:
			a.owned = union(a.owned, g.Scope)
		case check.AccessPolicy:
			a.addPolicy(parse(g.Scope), g.Actions)
		case check.RoleAssignment:
			a.addRole(assignment{role: g.Name, at: parse(g.Scope)})
		case check.CustomRole:
			a.addCustom(parse(g.Scope), g.Actions)
		}
	}
	return a
}

func (a *arrangement) addGraph(role string) {
	if a.who.User {
		a.withheld = union(a.withheld, role)
		return
	}
	a.graph = union(a.graph, role)
}

func (a *arrangement) addPolicy(vault scope, actions []string) {
	for i, p := range a.policies {
		if p.vault.same(vault) {
			a.policies[i].actions = union(p.actions, actions...)
			return
		}
	}
	a.policies = append(a.policies, policy{vault: vault, actions: union(nil, actions...)})
}

func (a *arrangement) addRole(role assignment) {
	known := slices.ContainsFunc(a.roles, func(r assignment) bool { return r.role == role.role && r.at.same(role.at) })
	if !known {
		a.roles = append(a.roles, role)
	}
}

// addCustom keeps one role for each type of resource in a group, so that a tenant isn't filled with roles.
func (a *arrangement) addCustom(at scope, actions []string) {
	name := "Keyturn " + at.kind() + " " + at.home().last()
	for i, c := range a.custom {
		if c.name == name && c.home.same(at.home()) {
			a.custom[i].actions = union(c.actions, actions...)
			if !slices.ContainsFunc(c.at, at.same) {
				a.custom[i].at = append(c.at, at)
			}
			return
		}
	}
	a.custom = append(a.custom, custom{name: name, home: at.home(), actions: union(nil, actions...), at: []scope{at}})
}

func (a arrangement) empty() bool {
	return len(a.graph)+len(a.owned)+len(a.policies)+len(a.roles)+len(a.custom) == 0
}

// union adds what isn't there yet, whatever its letter case, and keeps the order.
func union(all []string, more ...string) []string {
	for _, one := range more {
		if !slices.ContainsFunc(all, func(have string) bool { return strings.EqualFold(have, one) }) {
			all = append(all, one)
		}
	}
	return all
}
