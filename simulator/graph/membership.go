package graph

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// mostChecked is how many groups one question may name.
const mostChecked = 20

var groupID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// memberships answers which of the groups asked for the person signed in is in. Source:
// https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups, read 2026-11-26.
func (c *call) memberships(name string) reply {
	if !strings.EqualFold(strings.TrimPrefix(name, "microsoft.graph."), "checkMemberGroups") {
		return notAllowed()
	}
	u := c.tenant.User(c.id.ObjectID)
	switch {
	case !c.id.User || u == nil:
		return failure(http.StatusBadRequest, "BadRequest", "/me request is only valid with delegated authentication flow.")
	case !c.mayReadUsers([]string{u.ObjectID}):
		return denied()
	}
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	asked, isList := fields["groupIds"].([]any)
	if !isList || len(asked) > mostChecked {
		return failure(http.StatusBadRequest, "Request_BadRequest", "The number of group ids must be between 1 and %d.", mostChecked)
	}
	in := []any{}
	for _, one := range asked {
		group, _ := one.(string)
		if !groupID.MatchString(group) {
			return failure(http.StatusBadRequest, "Request_BadRequest", "Invalid GUID:%s", group)
		}
		if slices.ContainsFunc(u.Groups, func(g string) bool { return strings.EqualFold(g, group) }) {
			in = append(in, group)
		}
	}
	return ok(c.collection("Collection(Edm.String)", in))
}
