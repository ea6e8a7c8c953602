package arm

import (
	"context"
	"slices"
	"strings"
)

const authorizationVersion = "2022-04-01"

// Permissions is what the identity's role assignments allow at one scope: the union of its entries.
type Permissions []Permission

// Permission is one role's share. Source: https://learn.microsoft.com/rest/api/authorization/permissions (read 2026-11-22).
type Permission struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions"`
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
}

// Permissions reads what we may do with the resource or group at scope. Deny assignments, locks and policies aren't in
// the answer, so "allowed" is no guarantee while "not allowed" is one.
func (c *Client) Permissions(ctx context.Context, scope string) (Permissions, error) {
	return All[Permission](ctx, c, Call{ID: scope + "/providers/Microsoft.Authorization/permissions", Version: authorizationVersion})
}

// Allows reports whether an action of the control plane is allowed.
func (p Permissions) Allows(action string) bool {
	return slices.ContainsFunc(p, func(one Permission) bool { return granted(one.Actions, one.NotActions, action) })
}

// AllowsData reports whether an action of the data plane is allowed.
func (p Permissions) AllowsData(action string) bool {
	return slices.ContainsFunc(p, func(one Permission) bool { return granted(one.DataActions, one.NotDataActions, action) })
}

// Missing returns the actions that aren't allowed.
func (p Permissions) Missing(actions ...string) []string {
	return slices.DeleteFunc(slices.Clone(actions), p.Allows)
}

// granted: what one role excludes, it excludes from its own grant only.
func granted(allow, except []string, action string) bool {
	return anyFits(allow, action) && !anyFits(except, action)
}

func anyFits(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return fits(strings.ToLower(pattern), strings.ToLower(action)) })
}

// fits matches a pattern in which each * stands for any text, slashes included.
func fits(pattern, action string) bool {
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return pattern == action
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if !strings.HasPrefix(action, first) || !strings.HasSuffix(action[len(first):], last) {
		return false
	}
	rest := action[len(first) : len(action)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := strings.Index(rest, piece)
		if at < 0 {
			return false
		}
		rest = rest[at+len(piece):]
	}
	return true
}
