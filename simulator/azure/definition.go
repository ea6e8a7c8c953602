package azure

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/azure/role"
)

func (c *call) definitionBody(d role.Definition) map[string]any {
	kind := "BuiltInRole"
	if d.Custom {
		kind = "CustomRole"
	}
	return map[string]any{
		"id": c.definitionID(d.ID), "name": d.ID, "type": "Microsoft.Authorization/roleDefinitions",
		"properties": map[string]any{
			"roleName": d.Name, "type": kind, "description": d.Description, "assignableScopes": d.AssignableScopes, "permissions": d.Permissions,
		},
	}
}

// listDefinitions lists the roles that can be assigned at a scope.
func (c *call) listDefinitions() answer {
	expression := c.query["$filter"]
	// atScopeAndBelow() and atScope() only widen or narrow by scope; what is left is an ordinary filter.
	for _, call := range []string{"atScopeAndBelow()", "atScope()"} {
		expression = strings.ReplaceAll(expression, call+" and ", "")
		expression = strings.ReplaceAll(expression, " and "+call, "")
		expression = strings.ReplaceAll(expression, call, "")
	}
	c.query["$filter"] = expression
	keep, refused := c.filter()
	if refused != nil {
		return *refused
	}
	seen := []any{}
	for _, d := range c.s.roles.Definitions() {
		body := c.definitionBody(d)
		if c.assignable(d) && keep(map[string]any{"roleName": d.Name, "type": body["properties"].(map[string]any)["type"]}) {
			seen = append(seen, body)
		}
	}
	return c.page(seen)
}

func (c *call) assignable(d role.Definition) bool {
	return slices.ContainsFunc(d.AssignableScopes, func(scope string) bool {
		return role.Covers(scope, c.at.scope()) || role.Covers(c.at.scope(), scope)
	})
}

func (c *call) getDefinition() answer {
	if d, there := c.s.roles.Definition(c.at.name()); there {
		return ok(c.definitionBody(d))
	}
	return fail(http.StatusNotFound, "RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.", c.at.name())
}

// definitionWrite is the body of PUT.
type definitionWrite struct {
	Properties *struct {
		Name             string            `json:"roleName"`
		Description      string            `json:"description"`
		AssignableScopes []string          `json:"assignableScopes"`
		Permissions      []role.Permission `json:"permissions"`
	} `json:"properties"`
}

// putDefinition makes or changes a custom role.
func (c *call) putDefinition() answer {
	var in definitionWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	old, there := c.s.roles.Definition(c.at.name())
	switch {
	case !guidForm.MatchString(c.at.name()):
		return fail(http.StatusBadRequest, "InvalidRoleDefinitionId", "The role definition ID '%s' is not valid. The role definition ID must be a GUID.", c.at.name())
	case there && !old.Custom:
		return fail(http.StatusForbidden, "RoleDefinitionIsBuiltIn", "A built-in role definition cannot be changed.")
	case in.Properties == nil || in.Properties.Name == "" || len(in.Properties.AssignableScopes) == 0:
		return fail(http.StatusBadRequest, "InvalidRoleDefinition", "A role definition must have a role name and assignable scopes.")
	}
	if named, taken := c.s.roles.Named(in.Properties.Name); taken && !strings.EqualFold(named.ID, c.at.name()) {
		return fail(http.StatusConflict, "RoleDefinitionWithSameNameExists", "A custom role with the same name already exists in this directory. Use a different name")
	}
	d := role.Definition{ID: strings.ToLower(c.at.name()), Name: in.Properties.Name, Description: in.Properties.Description, AssignableScopes: in.Properties.AssignableScopes}
	for _, p := range in.Properties.Permissions {
		d.Permissions = append(d.Permissions, p.Filled())
	}
	c.s.roles.Define(d)
	d.Custom = true
	return created(c.definitionBody(d))
}

func (c *call) deleteDefinition() answer {
	d, there := c.s.roles.Definition(c.at.name())
	if !there {
		return empty(http.StatusNoContent)
	}
	if slices.ContainsFunc(c.s.roles.Assignments(), func(a role.Assignment) bool { return strings.EqualFold(a.DefinitionID, d.ID) }) {
		return fail(http.StatusConflict, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role.")
	}
	if !c.s.roles.Undefine(d.ID) {
		return fail(http.StatusForbidden, "RoleDefinitionIsBuiltIn", "A built-in role definition cannot be deleted.")
	}
	return ok(c.definitionBody(d))
}
