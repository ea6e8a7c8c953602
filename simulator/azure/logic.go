package azure

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/azure/role"
)

const workflowType = "Microsoft.Logic/workflows"

func (s *Service) logicRoutes() []entry {
	return []entry{
		{"GET Microsoft.Logic/workflows/*", (*call).getWorkflow},
		{"GET Microsoft.Logic/workflows", (*call).listWorkflows},
		{"PUT Microsoft.Logic/workflows/*", (*call).putWorkflow},
		{"PATCH Microsoft.Logic/workflows/*", (*call).patchWorkflow},
		{"DELETE Microsoft.Logic/workflows/*", (*call).deleteGeneric},
		{"POST Microsoft.Logic/workflows/enable", (*call).enableWorkflow},
		{"POST Microsoft.Logic/workflows/disable", (*call).disableWorkflow},
		{"GET Microsoft.Logic/workflows/triggers", (*call).listTriggers},
		{"GET Microsoft.Logic/workflows/triggers/*", (*call).getTrigger},
		{"POST Microsoft.Logic/workflows/triggers/run", (*call).runTrigger},
		{"POST Microsoft.Logic/workflows/triggers/listCallbackUrl", (*call).listCallback},
		{"GET Microsoft.Logic/workflows/triggers/histories", (*call).listHistories},
		{"GET Microsoft.Logic/workflows/runs", (*call).listRuns},
		{"GET Microsoft.Logic/workflows/runs/*", (*call).getRun},
		{"GET Microsoft.Logic/workflows/runs/actions", (*call).listActions},
		{"GET Microsoft.Logic/workflows/runs/actions/*", (*call).getAction},
	}
}

// workflow is the workflow in the path, whether the path is its own or goes on below it; nil when there is none.
func (c *call) workflow() *Resource {
	p := c.at.last()
	return c.s.Resource(c.at.scope() + "/providers/" + p.namespace + "/" + p.types[0] + "/" + p.names[0])
}

func (c *call) workflowNotFound() answer {
	return fail(http.StatusNotFound, "ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", workflowType, c.at.last().names[0], c.at.group)
}

// object is the JSON object under a name, never nil.
func object(in map[string]any, name string) map[string]any {
	if o, ok := in[name].(map[string]any); ok {
		return o
	}
	return map[string]any{}
}

func enabled(r *Resource) bool {
	state, _ := r.Properties["state"].(string)
	return !strings.EqualFold(state, "Disabled")
}

// workflowHash is the workflow's name on its callback host.
func workflowHash(r *Resource) string {
	sum := sha256.Sum256([]byte(key(r.ID)))
	return hex.EncodeToString(sum[:16])
}

func (s *Service) workflowBody(r *Resource) map[string]any {
	state := "Enabled"
	if !enabled(r) {
		state = "Disabled"
	}
	properties := maps.Clone(r.Properties)
	if properties == nil {
		properties = map[string]any{}
	}
	sum := sha256.Sum256([]byte(stamp(r.Changed) + r.ID))
	maps.Copy(properties, map[string]any{
		"provisioningState": "Succeeded", "createdTime": stamp(r.Created), "changedTime": stamp(r.Changed), "state": state,
		"version": "0858" + hex.EncodeToString(sum[:8]), "accessEndpoint": "https://" + callbackHostOf(r) + ":443/workflows/" + workflowHash(r),
	})
	body := s.resourceBody(r)
	body["properties"] = properties
	return body
}

func (c *call) getWorkflow() answer {
	if r := c.workflow(); r != nil {
		return ok(c.s.workflowBody(r))
	}
	return c.workflowNotFound()
}

func (c *call) listWorkflows() answer {
	keep, refused := c.filter()
	if refused != nil {
		return *refused
	}
	seen := []any{}
	for _, r := range c.s.Resources(workflowType) {
		body := c.s.workflowBody(r)
		if role.Covers(c.at.scope(), r.ID) && keep(object(body, "properties")) {
			seen = append(seen, body)
		}
	}
	return c.page(seen)
}

func (c *call) putWorkflow() answer {
	var in resourceWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	if in.Location == nil || *in.Location == "" {
		return fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	}
	definition, isObject := in.Properties["definition"].(map[string]any)
	if !isObject || len(object(definition, "triggers")) == 0 {
		return fail(http.StatusBadRequest, "InvalidTemplate", "The template validation failed: 'The workflow definition must hold at least one trigger.'.")
	}
	for _, conn := range object(object(object(in.Properties, "parameters"), "$connections"), "value") {
		entry, _ := conn.(map[string]any)
		id, _ := entry["connectionId"].(string)
		if c.s.Connection(id) == nil {
			return fail(http.StatusBadRequest, "ApiConnectionNotFound", "The API connection '%s' could not be found.", id)
		}
	}
	a := c.store(in)
	r := c.workflow()
	r.Changed = c.now
	return answer{status: a.status, body: c.s.workflowBody(r)}
}

func (c *call) patchWorkflow() answer {
	var in resourceWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	r := c.workflow()
	if r == nil {
		return c.workflowNotFound()
	}
	if in.Tags != nil {
		r.Tags = in.Tags
	}
	return ok(c.s.workflowBody(r))
}

func (c *call) enableWorkflow() answer  { return c.setState("Enabled") }
func (c *call) disableWorkflow() answer { return c.setState("Disabled") }

func (c *call) setState(state string) answer {
	r := c.workflow()
	if r == nil {
		return c.workflowNotFound()
	}
	changed := maps.Clone(r.Properties)
	if changed == nil {
		changed = map[string]any{}
	}
	changed["state"] = state
	r.Properties, r.Changed = changed, c.now
	return empty(http.StatusOK)
}

func triggers(r *Resource) map[string]any {
	return object(object(r.Properties, "definition"), "triggers")
}

// trigger finds a trigger of the workflow by name, letter case aside, and says how it is really spelled.
func trigger(r *Resource, name string) (string, map[string]any, bool) {
	for spelled, t := range triggers(r) {
		if strings.EqualFold(spelled, name) {
			found, _ := t.(map[string]any)
			return spelled, found, true
		}
	}
	return "", nil, false
}

func workflowReference(r *Resource) map[string]any {
	return map[string]any{"id": r.ID, "name": r.Name, "type": workflowType}
}

func (c *call) triggerBody(r *Resource, name string) map[string]any {
	_, t, _ := trigger(r, name)
	state := "Enabled"
	if !enabled(r) {
		state = "Disabled"
	}
	properties := map[string]any{
		"provisioningState": "Succeeded", "createdTime": stamp(r.Created), "changedTime": stamp(r.Changed), "state": state, "workflow": workflowReference(r),
	}
	if recurrence, ok := t["recurrence"].(map[string]any); ok {
		properties["recurrence"] = recurrence
	}
	for _, run := range c.s.Runs(r.ID) {
		if strings.EqualFold(run.Trigger, name) {
			properties["lastExecutionTime"] = stamp(run.Start)
		}
	}
	return map[string]any{"id": r.ID + "/triggers/" + name, "name": name, "type": workflowType + "/triggers", "properties": properties}
}

func (c *call) listTriggers() answer {
	r := c.workflow()
	if r == nil {
		return c.workflowNotFound()
	}
	seen := []any{}
	for _, name := range slices.Sorted(maps.Keys(triggers(r))) {
		seen = append(seen, c.triggerBody(r, name))
	}
	return c.page(seen)
}

// calledTrigger is the trigger in the path, or the refusal.
func (c *call) calledTrigger() (*Resource, string, map[string]any, *answer) {
	r := c.workflow()
	if r == nil {
		a := c.workflowNotFound()
		return nil, "", nil, &a
	}
	name, t, there := trigger(r, c.at.last().names[1])
	if !there {
		a := fail(http.StatusNotFound, "WorkflowTriggerNotFound", "The workflow '%s' trigger '%s' could not be found.", r.Name, c.at.last().names[1])
		return nil, "", nil, &a
	}
	return r, name, t, nil
}

func (c *call) getTrigger() answer {
	r, name, _, refused := c.calledTrigger()
	if refused != nil {
		return *refused
	}
	return ok(c.triggerBody(r, name))
}

// runTrigger runs the workflow now; the answer names the run, whose outcome shows in the history.
func (c *call) runTrigger() answer {
	r, name, _, refused := c.calledTrigger()
	if refused != nil {
		return *refused
	}
	if !enabled(r) {
		return fail(http.StatusBadRequest, "WorkflowTriggerIsNotEnabled", "Could not execute workflow '%s' trigger '%s' with state 'Disabled': trigger is not enabled.", r.Name, name)
	}
	run, _ := c.s.execute(r, name)
	return empty(http.StatusAccepted).withHeader("x-ms-workflow-run-id", run).withHeader("x-ms-workflow-id", workflowHash(r)).withHeader("x-ms-workflow-name", r.Name).withHeader("x-ms-trigger-history-name", run)
}

// execute runs a workflow through the hook and records it.
func (s *Service) execute(r *Resource, trigger string) (string, RunResult) {
	result := RunResult{Status: Succeeded}
	if s.RunWorkflow != nil {
		result = s.RunWorkflow(r.ID, trigger)
	}
	return s.RecordRun(r.ID, trigger, result), result
}
