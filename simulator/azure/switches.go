package azure

import (
	"strings"

	"keyturn/simulator/world"
)

// Names of the switches.
const (
	LockSwitch          = "readonly-lock"
	PolicySwitch        = "arm-policy"
	BareSwitch          = "connection-parameters-hidden"
	JoinSwitch          = "managedapis-join"
	StaleSwitch         = "arm-stale-reads"
	switchedLockName    = "keep-as-is"
	policyAssignmentTag = "deny-changes"
)

func declareSwitches(w *world.World) {
	w.Declare(LockSwitch, `a ReadOnly lock: "on" for every resource group, or the id of a scope`, nil)
	w.Declare(PolicySwitch, `Azure Policy denies changes: "on" for all, or a resource type such as Microsoft.Web/connections`, nil)
	w.Declare(BareSwitch, `GET of a connection leaves out the parameters that are no secrets: "on", or a connection's name`, nil)
	w.Declare(JoinSwitch, `writing a connection needs Microsoft.Web/locations/managedApis/join/action on the subscription too: "on"`, nil)
	w.Declare(StaleSwitch, `GET of a connection or variable may show its old state for some seconds after a change: "on"`, nil)
}

func (s *Service) switched(name string) bool { return strings.EqualFold(s.w.Switch(name), "on") }

// heedPolicy refuses changes that the policy switch denies.
func (c *call) heedPolicy() *answer {
	denied := c.s.w.Switch(PolicySwitch)
	if denied == "" || (verb(c.r.Method) != "write") || c.group == nil {
		return nil
	}
	if !strings.EqualFold(denied, "on") && !strings.EqualFold(denied, c.at.resourceType()) {
		return nil
	}
	a := c.disallowed()
	return &a
}

// disallowed is the refusal of Azure Policy with the assignment that caused it.
func (c *call) disallowed() answer {
	assignment := "/subscriptions/" + c.sub.ID + "/providers/Microsoft.Authorization/policyAssignments/" + policyAssignmentTag
	definition := "/subscriptions/" + c.sub.ID + "/providers/Microsoft.Authorization/policyDefinitions/" + policyAssignmentTag
	message := "Resource '" + c.at.name() + "' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"" + policyAssignmentTag + "\",\"id\":\"" + assignment +
		"\"},\"policyDefinition\":{\"name\":\"" + policyAssignmentTag + "\",\"id\":\"" + definition + "\"}}]'."
	return answer{status: 403, body: envelope{errorDetail{
		Code: "RequestDisallowedByPolicy", Message: message, Target: c.at.name(),
		Additional: []any{map[string]any{"type": "PolicyViolation", "info": map[string]any{
			"policyDefinitionDisplayName": policyAssignmentTag, "policyDefinitionId": definition, "policyDefinitionName": policyAssignmentTag, "policyDefinitionEffect": "deny",
			"policyAssignmentId": assignment, "policyAssignmentName": policyAssignmentTag, "policyAssignmentDisplayName": policyAssignmentTag, "policyAssignmentScope": "/subscriptions/" + c.sub.ID,
		}}},
	}}}
}
