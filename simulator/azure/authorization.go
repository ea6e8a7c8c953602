package azure

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/azure/role"
)

const lockType = "Microsoft.Authorization/locks"

func (s *Service) authorizationRoutes() []entry {
	return []entry{
		{"GET Microsoft.Authorization/permissions", (*call).listPermissions},
		{"GET Microsoft.Authorization/locks", (*call).listLocks},
		{"GET Microsoft.Authorization/locks/*", (*call).getLock},
		{"PUT Microsoft.Authorization/locks/*", (*call).putLock},
		{"DELETE Microsoft.Authorization/locks/*", (*call).deleteLock},
		{"GET Microsoft.Authorization/roleAssignments", (*call).listAssignments},
		{"GET Microsoft.Authorization/roleAssignments/*", (*call).getAssignment},
		{"PUT Microsoft.Authorization/roleAssignments/*", (*call).putAssignment},
		{"DELETE Microsoft.Authorization/roleAssignments/*", (*call).deleteAssignment},
		{"GET Microsoft.Authorization/roleDefinitions", (*call).listDefinitions},
		{"GET Microsoft.Authorization/roleDefinitions/*", (*call).getDefinition},
		{"PUT Microsoft.Authorization/roleDefinitions/*", (*call).putDefinition},
		{"DELETE Microsoft.Authorization/roleDefinitions/*", (*call).deleteDefinition},
		{"GET Microsoft.Authorization/policyAssignments", (*call).listPolicyAssignments},
		{"GET Microsoft.Authorization/denyAssignments", (*call).listNone},
		{"GET Microsoft.Authorization/classicAdministrators", (*call).listNone},
		{"GET Microsoft.Authorization/roleEligibilityScheduleInstances", (*call).listNone},
		{"GET Microsoft.Authorization/roleAssignmentScheduleInstances", (*call).listNone},
	}
}

// listNone lists what the simulated subscriptions have none of: everything in them is granted by plain role assignments.
func (c *call) listNone() answer { return list([]any{}) }

// listPermissions answers what the caller may do at a scope, one entry for each role that counts there.
func (c *call) listPermissions() answer {
	scope := c.at.scope()
	if c.at.group != "" && len(c.at.parts) > 1 && !c.s.exists(scope) && c.s.variables[key(scope)] == nil {
		at := parsePath(scope)
		return notFound(&call{at: at})
	}
	seen := []any{}
	for _, p := range c.s.roles.At(c.id.ObjectID, scope, c.now) {
		seen = append(seen, p)
	}
	if len(seen) == 0 && !c.s.roles.Touches(c.id.ObjectID, scope, c.now) {
		return c.authorizationFailed("Microsoft.Authorization/permissions/read", scope)
	}
	return list(seen)
}

// locksInForce are the locks that were put, and the one that the switch stands for.
func (s *Service) locksInForce() []*Lock {
	locks := slices.Clone(s.locks)
	switch switched := s.w.Switch(LockSwitch); {
	case strings.EqualFold(switched, "on"):
		for _, sub := range s.subscriptions {
			for _, g := range sub.Groups {
				locks = append(locks, &Lock{Name: switchedLockName, Scope: groupID(sub.ID, g.Name), Level: ReadOnly})
			}
		}
	case switched != "":
		locks = append(locks, &Lock{Name: switchedLockName, Scope: switched, Level: ReadOnly})
	}
	return locks
}

func lockBody(l *Lock) map[string]any {
	properties := map[string]any{"level": l.Level}
	if l.Notes != "" {
		properties["notes"] = l.Notes
	}
	return map[string]any{"id": join(parsePath(l.Scope).segments) + "/providers/" + lockType + "/" + l.Name, "name": l.Name, "type": lockType, "properties": properties}
}

// near reports whether a scope belongs to a listing: at or above the listed one, and below it too unless the filter says atScope().
func (c *call) near(scope string) bool {
	listed := c.at.scope()
	above := role.Covers(scope, listed)
	if strings.Contains(strings.ToLower(c.query["$filter"]), "atscope()") {
		return above
	}
	return above || role.Covers(listed, scope)
}

func (c *call) listLocks() answer {
	seen := []any{}
	for _, l := range c.s.locksInForce() {
		if c.near(l.Scope) {
			seen = append(seen, lockBody(l))
		}
	}
	return c.page(seen)
}

func (c *call) lock() *Lock {
	for _, l := range c.s.locksInForce() {
		if strings.EqualFold(l.Name, c.at.name()) && key(l.Scope) == key(c.at.scope()) {
			return l
		}
	}
	return nil
}

func (c *call) getLock() answer {
	if l := c.lock(); l != nil {
		return ok(lockBody(l))
	}
	return fail(http.StatusNotFound, "LockNotFound", "The lock '%s' could not be found.", c.at.name())
}

func (c *call) putLock() answer {
	var in struct {
		Properties struct {
			Level LockLevel `json:"level"`
			Notes string    `json:"notes"`
		} `json:"properties"`
	}
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	if in.Properties.Level != ReadOnly && in.Properties.Level != CanNotDelete {
		return fail(http.StatusBadRequest, "InvalidLockLevel", "The lock level '%s' is invalid; CanNotDelete or ReadOnly is expected.", in.Properties.Level)
	}
	if l := c.lock(); l != nil {
		l.Level, l.Notes = in.Properties.Level, in.Properties.Notes
		return ok(lockBody(l))
	}
	l := &Lock{Name: c.at.name(), Scope: c.at.scope(), Level: in.Properties.Level, Notes: in.Properties.Notes}
	c.s.locks = append(c.s.locks, l)
	return created(lockBody(l))
}

func (c *call) deleteLock() answer {
	l := c.lock()
	if l == nil {
		return empty(http.StatusNoContent)
	}
	c.s.locks = slices.DeleteFunc(c.s.locks, func(o *Lock) bool { return o == l })
	if l.Name == switchedLockName {
		_ = c.s.w.SetSwitch(LockSwitch, "") // declared by this package, so it is known
	}
	return empty(http.StatusOK)
}

// listPolicyAssignments shows the assignment behind the policy switch, so that those who look can see it coming.
func (c *call) listPolicyAssignments() answer {
	if c.s.w.Switch(PolicySwitch) == "" || c.sub == nil {
		return list([]any{})
	}
	scope := "/subscriptions/" + c.sub.ID
	return list([]any{map[string]any{
		"id": scope + "/providers/Microsoft.Authorization/policyAssignments/" + policyAssignmentTag, "name": policyAssignmentTag, "type": "Microsoft.Authorization/policyAssignments",
		"properties": map[string]any{"displayName": policyAssignmentTag, "scope": scope, "enforcementMode": "Default", "policyDefinitionId": scope + "/providers/Microsoft.Authorization/policyDefinitions/" + policyAssignmentTag},
	}})
}
