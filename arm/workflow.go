package arm

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// WorkflowVersion is the api-version of Microsoft.Logic. It is the one that Microsoft's own clients send.
const WorkflowVersion = "2019-05-01"

// Workflow is a logic app of the Consumption plan, read as far as its connections and its rhythm go.
type Workflow struct {
	ID          string
	Name        string
	Enabled     bool
	Connections map[string]string // alias in its definition -> connection's resource id
	Actions     map[string]string // name of an action, nested ones included -> alias of the connection it calls
	Triggers    []Trigger
}

// Trigger is what starts a workflow.
type Trigger struct {
	Name  string
	Type  string        // "Recurrence", "Request", "ApiConnection", ...
	Every time.Duration // 0 = it doesn't recur by itself
	Alias string        // of the connection it asks; "" = none
}

// Workflow reads one logic app.
func (c *Client) Workflow(ctx context.Context, id string) (Workflow, error) {
	var raw rawWorkflow
	if err := c.Get(ctx, id, WorkflowVersion, &raw); err != nil {
		return Workflow{}, err
	}
	return raw.read(), nil
}

// Workflows lists the logic apps of a resource group with their definitions: one request for each page.
func (c *Client) Workflows(ctx context.Context, groupID string) ([]Workflow, error) {
	rows, err := All[rawWorkflow](ctx, c, Call{ID: groupID + "/providers/Microsoft.Logic/workflows", Version: WorkflowVersion})
	if err != nil {
		return nil, fmt.Errorf("list logic apps: %w", err)
	}
	workflows := make([]Workflow, 0, len(rows))
	for _, raw := range rows {
		workflows = append(workflows, raw.read())
	}
	return workflows, nil
}

// Uses returns the names of the actions that call the connection, and whether anything in the workflow refers to it.
func (w Workflow) Uses(connectionID string) (actions []string, refers bool) {
	for name, alias := range w.Actions {
		if SameID(w.Connections[alias], connectionID) {
			actions = append(actions, name)
		}
	}
	for _, id := range w.Connections {
		refers = refers || SameID(id, connectionID)
	}
	return actions, refers
}

// Rhythm returns the longest time between two runs that the workflow's triggers tell of; 0 = it only runs when called.
func (w Workflow) Rhythm() time.Duration {
	var longest time.Duration
	for _, t := range w.Triggers {
		longest = max(longest, t.Every)
	}
	return longest
}

// Source of the shape: Workflow Definition Language,
// https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language (read 2026-11-22).
type rawWorkflow struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Properties struct {
		State      string `json:"state"`
		Definition struct {
			Triggers map[string]rawTrigger `json:"triggers"`
			Actions  map[string]rawAction  `json:"actions"`
		} `json:"definition"`
		Parameters struct {
			Connections struct {
				Value map[string]struct {
					ConnectionID string `json:"connectionId"`
				} `json:"value"`
			} `json:"$connections"`
		} `json:"parameters"`
	} `json:"properties"`
}

// Whole holds for what is a logic app at all.
func (r *rawWorkflow) Whole() bool { return r.ID != "" }

type rawTrigger struct {
	Type       string          `json:"type"`
	Recurrence rawRecurrence   `json:"recurrence"`
	Inputs     json.RawMessage `json:"inputs"`
}

type rawRecurrence struct {
	Frequency string          `json:"frequency"`
	Interval  json.RawMessage `json:"interval"`
	Schedule  struct {
		WeekDays  []string `json:"weekDays"`
		MonthDays []int    `json:"monthDays"`
	} `json:"schedule"`
}

// rawAction holds actions of its own when it is a scope, a loop, a condition or a switch.
type rawAction struct {
	Inputs  json.RawMessage      `json:"inputs"`
	Actions map[string]rawAction `json:"actions"`
	Else    *rawAction           `json:"else"`
	Cases   map[string]rawAction `json:"cases"`
	Default *rawAction           `json:"default"`
}

func (r rawWorkflow) read() Workflow {
	w := Workflow{
		ID: r.ID, Name: r.Name, Enabled: !strings.EqualFold(r.Properties.State, "Disabled"),
		Connections: map[string]string{}, Actions: map[string]string{},
	}
	for alias, connection := range r.Properties.Parameters.Connections.Value {
		w.Connections[alias] = connection.ConnectionID
	}
	for name, t := range r.Properties.Definition.Triggers {
		w.Triggers = append(w.Triggers, Trigger{Name: name, Type: t.Type, Every: t.Recurrence.every(), Alias: aliasIn(t.Inputs)})
	}
	gather(r.Properties.Definition.Actions, w.Actions)
	return w
}

func gather(actions map[string]rawAction, into map[string]string) {
	for name, a := range actions {
		if alias := aliasIn(a.Inputs); alias != "" {
			into[name] = alias
		}
		a.gather(into)
	}
}

func (a rawAction) gather(into map[string]string) {
	gather(a.Actions, into)
	gather(a.Cases, into)
	for _, branch := range []*rawAction{a.Else, a.Default} {
		if branch != nil {
			branch.gather(into)
		}
	}
}

// aliases finds the alias in "@parameters('$connections')['keyvault']['connectionId']".
var aliases = regexp.MustCompile(`\$connections'\)\s*\[\s*'([^']+)'\s*\]`)

func aliasIn(raw json.RawMessage) string {
	var inputs struct {
		Host struct {
			Connection struct {
				Name string `json:"name"`
			} `json:"connection"`
		} `json:"host"`
	}
	// inputs of other actions may be anything, a bare text included
	if json.Unmarshal(raw, &inputs) != nil {
		return ""
	}
	if found := aliases.FindStringSubmatch(inputs.Host.Connection.Name); found != nil {
		return found[1]
	}
	return ""
}

var units = map[string]time.Duration{
	"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
	"month": 31 * 24 * time.Hour, "year": 366 * 24 * time.Hour,
}

// every is the longest time between two runs. A schedule that names days can only stretch it: a daily trigger bound to
// Mondays runs once a week.
func (r rawRecurrence) every() time.Duration {
	interval := 1
	if json.Unmarshal(r.Interval, &interval) != nil || interval < 1 {
		interval = 1
	}
	every := units[strings.ToLower(r.Frequency)] * time.Duration(interval)
	if every > 0 && len(r.Schedule.WeekDays) > 0 {
		every = max(every, units["week"])
	}
	if every > 0 && len(r.Schedule.MonthDays) > 0 {
		every = max(every, units["month"])
	}
	return every
}
