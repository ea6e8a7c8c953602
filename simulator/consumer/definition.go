package consumer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// definition is what the runner reads of a workflow's definition. Source: Workflow Definition Language,
// https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language (read 2026-11-22).
type definition struct {
	Triggers map[string]trigger `json:"triggers"`
	Actions  map[string]action  `json:"actions"`
}

type trigger struct {
	Type       string     `json:"type"`
	Recurrence recurrence `json:"recurrence"`
}

type recurrence struct {
	Frequency string `json:"frequency"`
	Interval  int    `json:"interval"`
}

type action struct {
	Type     string              `json:"type"`
	RunAfter map[string][]string `json:"runAfter"`
	Inputs   inputs              `json:"inputs"`
}

type inputs struct {
	Host struct {
		Connection struct {
			Name string `json:"name"`
		} `json:"connection"`
	} `json:"host"`
	Method         string         `json:"method"`
	Path           string         `json:"path"`
	URI            string         `json:"uri"`
	Queries        map[string]any `json:"queries"`
	Body           any            `json:"body"`
	Authentication map[string]any `json:"authentication"`
}

// UnmarshalJSON takes inputs that are no object, as Compose has them, for empty ones.
func (i *inputs) UnmarshalJSON(b []byte) error {
	type plain inputs
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	return json.Unmarshal(b, (*plain)(i))
}

// workflowProperties are the properties of a Microsoft.Logic/workflows resource.
type workflowProperties struct {
	State      string     `json:"state"`
	Definition definition `json:"definition"`
	Parameters struct {
		Connections struct {
			Value map[string]struct {
				ConnectionID string `json:"connectionId"`
			} `json:"value"`
		} `json:"$connections"`
	} `json:"parameters"`
}

func readWorkflow(properties map[string]any) (workflowProperties, error) {
	var read workflowProperties
	raw, err := json.Marshal(properties)
	if err != nil {
		return read, fmt.Errorf("encode workflow: %w", err)
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		return read, fmt.Errorf("read workflow: %w", err)
	}
	return read, nil
}

// connection is the id of the connection that an alias of $connections stands for, "" when there is none.
func (p workflowProperties) connection(alias string) string {
	return p.Parameters.Connections.Value[alias].ConnectionID
}

// trigger returns the workflow's trigger and its name; workflows have one. Without any the name is "".
func (d definition) trigger() (string, trigger) {
	for name, t := range d.Triggers {
		return name, t
	}
	return "", trigger{}
}

// every is the time between two runs of a recurring trigger, 0 for one that waits to be called.
func (t trigger) every() time.Duration {
	units := map[string]time.Duration{
		"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour,
	}
	return units[strings.ToLower(t.Recurrence.Frequency)] * time.Duration(max(t.Recurrence.Interval, 1))
}

// order lists the actions so that each comes after those it waits for, by name where they wait for nothing of each other.
func (d definition) order() ([]string, error) {
	var names []string
	for name := range d.Actions {
		names = append(names, name)
	}
	slices.Sort(names)
	ordered, placed := make([]string, 0, len(names)), map[string]bool{}
	for len(ordered) < len(names) {
		before := len(ordered)
		for _, name := range names {
			if !placed[name] && d.ready(name, placed) {
				ordered, placed[name] = append(ordered, name), true
			}
		}
		if len(ordered) == before {
			return nil, errors.New("actions wait for each other or for one that does not exist")
		}
	}
	return ordered, nil
}

func (d definition) ready(name string, placed map[string]bool) bool {
	for earlier := range d.Actions[name].RunAfter {
		if !placed[earlier] {
			return false
		}
	}
	return true
}
