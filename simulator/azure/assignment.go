package azure

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/directory"
)

// Fresh and removed role assignments take this long to count.
const (
	roleLagMin = 3 * time.Second
	roleLagMax = 45 * time.Second
)

const assignmentType = "Microsoft.Authorization/roleAssignments"

var principalFilter = regexp.MustCompile(`(?i)(?:principalId\s+eq\s+|assignedTo\(\s*)'([^']*)'`)

func (c *call) assignmentBody(a role.Assignment) map[string]any {
	kind := "ServicePrincipal"
	if a.UserKind {
		kind = "User"
	}
	scope := join(parsePath(a.Scope).segments)
	prefix := scope
	if scope == "/" {
		prefix = ""
	}
	return map[string]any{
		"id": prefix + "/providers/" + assignmentType + "/" + a.Name, "name": a.Name, "type": assignmentType,
		"properties": map[string]any{
			"roleDefinitionId": c.definitionID(a.DefinitionID), "principalId": a.PrincipalID, "principalType": kind, "scope": scope,
			"condition": nil, "conditionVersion": nil, "createdOn": stamp(a.Created), "updatedOn": stamp(a.Created), "createdBy": nil, "updatedBy": nil,
		},
	}
}

func (c *call) definitionID(id string) string {
	prefix := ""
	if c.sub != nil {
		prefix = "/subscriptions/" + c.sub.ID
	}
	return prefix + "/providers/Microsoft.Authorization/roleDefinitions/" + id
}

func (c *call) listAssignments() answer {
	principal := ""
	if m := principalFilter.FindStringSubmatch(c.query["$filter"]); m != nil {
		principal = m[1]
	}
	seen := []any{}
	for _, a := range c.s.roles.Assignments() {
		if c.near(a.Scope) && (principal == "" || strings.EqualFold(principal, a.PrincipalID)) {
			seen = append(seen, c.assignmentBody(a))
		}
	}
	return c.page(seen)
}

func (c *call) assignment() (role.Assignment, bool) {
	for _, a := range c.s.roles.Assignments() {
		if strings.EqualFold(a.Name, c.at.name()) && key(a.Scope) == key(c.at.scope()) {
			return a, true
		}
	}
	return role.Assignment{}, false
}

func (c *call) getAssignment() answer {
	if a, there := c.assignment(); there {
		return ok(c.assignmentBody(a))
	}
	return fail(http.StatusNotFound, "RoleAssignmentNotFound", "The role assignment '%s' is not found.", c.at.name())
}

// assignmentWrite is the body of PUT.
type assignmentWrite struct {
	Properties struct {
		RoleDefinitionID string `json:"roleDefinitionId"`
		PrincipalID      string `json:"principalId"`
		PrincipalType    string `json:"principalType"`
	} `json:"properties"`
}

// putAssignment grants a role; it counts after a while.
func (c *call) putAssignment() answer {
	var in assignmentWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	at := parsePath(in.Properties.RoleDefinitionID)
	definition, known := c.s.roles.Definition(at.name())
	tenant := c.s.d.Tenant(c.id.Tenant)
	switch {
	case !guidForm.MatchString(c.at.name()):
		return fail(http.StatusBadRequest, "InvalidRoleAssignmentId", "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID.", c.at.name())
	case !known:
		return fail(http.StatusBadRequest, "RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.", strings.ReplaceAll(at.name(), "-", ""))
	case !isPrincipal(tenant, in.Properties.PrincipalID):
		return fail(http.StatusBadRequest, "PrincipalNotFound",
			"Principal %s does not exist in the directory %s. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype",
			strings.ReplaceAll(in.Properties.PrincipalID, "-", ""), c.id.Tenant)
	}
	wanted := role.Assignment{
		Name: c.at.name(), Scope: c.at.scope(), PrincipalID: in.Properties.PrincipalID, DefinitionID: definition.ID, Created: c.now,
		From: c.now.Add(c.s.w.Between(roleLagMin, roleLagMax)), UserKind: tenant.User(in.Properties.PrincipalID) != nil,
	}
	for _, a := range c.s.roles.Assignments() {
		if key(a.Scope) == key(wanted.Scope) && strings.EqualFold(a.PrincipalID, wanted.PrincipalID) && strings.EqualFold(a.DefinitionID, wanted.DefinitionID) {
			return c.assignmentExists(a)
		}
		if strings.EqualFold(a.Name, wanted.Name) {
			return fail(http.StatusConflict, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
		}
	}
	return created(c.assignmentBody(*c.s.roles.Assign(wanted)))
}

// assignmentExists answers a grant that is there already: unchanged under the same name, else a conflict.
func (c *call) assignmentExists(a role.Assignment) answer {
	if strings.EqualFold(a.Name, c.at.name()) {
		return ok(c.assignmentBody(a))
	}
	return fail(http.StatusConflict, "RoleAssignmentExists", "The role assignment already exists. The ID of the existing role assignment is %s.", strings.ReplaceAll(a.Name, "-", ""))
}

func isPrincipal(t *directory.Tenant, id string) bool {
	if t == nil {
		return false
	}
	sp := t.ServicePrincipal(id)
	return (sp != nil && strings.EqualFold(sp.ObjectID, id)) || (t.User(id) != nil && strings.EqualFold(t.User(id).ObjectID, id))
}

func (c *call) deleteAssignment() answer {
	a, there := c.s.roles.Revoke(c.at.scope(), c.at.name(), c.now.Add(c.s.w.Between(roleLagMin, roleLagMax)))
	if !there {
		return empty(http.StatusNoContent)
	}
	return ok(c.assignmentBody(a))
}
