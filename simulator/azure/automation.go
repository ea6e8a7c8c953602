package azure

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
)

const (
	accountType = "Microsoft.Automation/automationAccounts"
	runbookType = "Microsoft.Automation/automationAccounts/runbooks"
	// variablesOnPage is how many variables one page lists.
	variablesOnPage = 100
)

func (s *Service) automationRoutes() []entry {
	return []entry{
		{"GET Microsoft.Automation/automationAccounts/variables/*", (*call).getVariable},
		{"GET Microsoft.Automation/automationAccounts/variables", (*call).listVariables},
		{"PUT Microsoft.Automation/automationAccounts/variables/*", (*call).putVariable},
		{"PATCH Microsoft.Automation/automationAccounts/variables/*", (*call).patchVariable},
		{"DELETE Microsoft.Automation/automationAccounts/variables/*", (*call).deleteVariable},
		{"PUT Microsoft.Automation/automationAccounts/jobs/*", (*call).putJob},
		{"GET Microsoft.Automation/automationAccounts/jobs/*", (*call).getJob},
		{"GET Microsoft.Automation/automationAccounts/jobs", (*call).listJobs},
		{"GET Microsoft.Automation/automationAccounts/jobs/output", (*call).getJobOutput},
		{"GET Microsoft.Automation/automationAccounts/jobs/streams", (*call).listJobStreams},
	}
}

// variableWrite is the body of PUT and PATCH. Pointers tell what was left out.
type variableWrite struct {
	Name       *string `json:"name"`
	Properties *struct {
		Value       *string `json:"value"`
		Description *string `json:"description"`
		IsEncrypted *bool   `json:"isEncrypted"`
	} `json:"properties"`
}

func (c *call) variable() *Variable { return c.s.variables[key(c.at.id())] }

// account is the id of the Automation account in the path.
func (c *call) account() string {
	p := c.at.last()
	return c.at.scope() + "/providers/" + p.namespace + "/" + p.types[0] + "/" + p.names[0]
}

// accountThere refuses a path whose account does not exist.
func (c *call) accountThere() *answer {
	if c.s.Resource(c.account()) != nil {
		return nil
	}
	a := parentNotFound(c, c.account())
	if verb(c.r.Method) == "read" {
		a = fail(http.StatusNotFound, "ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", accountType, c.at.last().names[0], c.at.group)
	}
	return &a
}

func variableNotFound(name string) answer {
	return automationFail(http.StatusNotFound, "NotFound", "Variable %s was not found.", name)
}

// variableBody is a variable as GET shows it: the value of an encrypted one is left out.
func variableBody(v *Variable) map[string]any {
	properties := map[string]any{"isEncrypted": v.Encrypted, "creationTime": stamp(v.Created), "lastModifiedTime": stamp(v.Changed)}
	if v.HasValue && !v.Encrypted {
		properties["value"] = v.Value
	}
	if v.Description != "" {
		properties["description"] = v.Description
	}
	return map[string]any{"id": v.ID, "name": v.Name, "type": variableType, "properties": properties}
}

func (c *call) getVariable() answer {
	if refused := c.accountThere(); refused != nil {
		return *refused
	}
	v := c.variable()
	if v == nil {
		return variableNotFound(c.at.name())
	}
	if v.before != nil && c.now.Before(v.staleUntil) && c.s.switched(StaleSwitch) && c.s.w.Chance(0.5) {
		return ok(variableBody(v.before))
	}
	return ok(variableBody(v))
}

func (c *call) listVariables() answer {
	if refused := c.accountThere(); refused != nil {
		return *refused
	}
	seen := []any{}
	for _, v := range c.s.Variables() {
		if role.Covers(c.account(), v.ID) {
			seen = append(seen, variableBody(v))
		}
	}
	if _, given := c.query["$top"]; !given {
		c.query["$top"] = strconv.Itoa(variablesOnPage)
	}
	return c.page(seen)
}

// putVariable makes a variable or replaces its value; whether it is encrypted never changes after it is made.
func (c *call) putVariable() answer {
	var in variableWrite
	if refused := c.readVariable(&in); refused != nil {
		return *refused
	}
	if in.Properties == nil || in.Name == nil {
		return automationFail(http.StatusBadRequest, "BadRequest", "The request content must hold a name and properties.")
	}
	encrypted := in.Properties.IsEncrypted != nil && *in.Properties.IsEncrypted
	v := c.variable()
	if v != nil && v.Encrypted != encrypted {
		return automationFail(http.StatusBadRequest, "BadRequest", "The IsEncrypted property of the variable asset %s cannot be changed.", v.Name)
	}
	isNew := v == nil
	if isNew {
		v = c.s.SetVariable(c.account(), c.at.name(), "", encrypted)
	}
	c.write(v, in)
	v.HasValue = in.Properties.Value != nil
	if isNew {
		v.before = nil
		return created(variableBody(v))
	}
	return ok(variableBody(v))
}

// write takes value and description over and moves the time of the last change.
func (c *call) write(v *Variable, in variableWrite) {
	was := *v
	was.before = nil
	if in.Properties.Value != nil {
		v.Value, v.HasValue = *in.Properties.Value, true
	}
	if in.Properties.Description != nil {
		v.Description = *in.Properties.Description
	}
	v.before, v.staleUntil = &was, c.now.Add(c.s.w.Between(time.Second, 6*time.Second))
	if !c.now.After(v.Changed) {
		v.Changed = v.Changed.Add(time.Microsecond)
		return
	}
	v.Changed = c.now
}

// readVariable decodes a write and refuses a value that is no JSON document in a text.
func (c *call) readVariable(in *variableWrite) *answer {
	if refused := c.accountThere(); refused != nil {
		return refused
	}
	if refused := c.decode(in); refused != nil {
		return refused
	}
	var a answer
	switch {
	case in.Name != nil && !strings.EqualFold(*in.Name, c.at.name()):
		a = automationFail(http.StatusBadRequest, "BadRequest", "The variable name in the request body does not match the name in the path.")
	case in.Properties != nil && in.Properties.Value != nil && !json.Valid([]byte(*in.Properties.Value)):
		a = automationFail(http.StatusBadRequest, "BadRequest", "Invalid JSON - Kindly check the value of the variable.")
	default:
		return nil
	}
	return &a
}

func (c *call) patchVariable() answer {
	var in variableWrite
	if refused := c.readVariable(&in); refused != nil {
		return *refused
	}
	v := c.variable()
	if v == nil {
		return variableNotFound(c.at.name())
	}
	if in.Properties != nil {
		c.write(v, in)
	}
	return ok(variableBody(v))
}

func (c *call) deleteVariable() answer {
	if refused := c.accountThere(); refused != nil {
		return *refused
	}
	if !c.s.removeVariable(c.at.id()) {
		return variableNotFound(c.at.name())
	}
	return empty(http.StatusOK)
}
