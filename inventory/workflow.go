package inventory

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	workflowKind    = "Microsoft.Logic/workflows"
	workflowVersion = "2019-05-01"
)

// workflow is what Azure shows of a Consumption logic app.
// Source: https://learn.microsoft.com/rest/api/logic/workflows (2019-05-01, read 2026-11-22).
type workflow struct {
	ID         string `json:"id"`
	Properties struct {
		State      string          `json:"state"`
		Definition json.RawMessage `json:"definition"`
		Parameters struct {
			Connections struct {
				Value map[string]struct {
					ConnectionID string `json:"connectionId"`
				} `json:"value"`
			} `json:"$connections"`
		} `json:"parameters"`
	} `json:"properties"`
}

// uses reports whether the workflow uses the connection.
func (w workflow) uses(id string) bool {
	for _, c := range w.Properties.Parameters.Connections.Value {
		if same(c.ConnectionID, id) {
			return true
		}
	}
	return false
}

func same(a, b string) bool { return strings.EqualFold(strings.Trim(a, "/"), strings.Trim(b, "/")) }

// secretPath is how the Key Vault connector addresses a secret in a workflow's definition: by its plain name, or by an
// expression that encodes it.
var secretPath = regexp.MustCompile(`/secrets/(?:@\{encodeURIComponent\('([0-9A-Za-z-]+)'\)\}|([0-9A-Za-z-]+))/value`)

// secrets lists the Key Vault secrets that the workflow reads by name, in lower case.
func (w workflow) secrets() []string {
	found := map[string]bool{}
	for _, match := range secretPath.FindAllSubmatch(w.Properties.Definition, -1) {
		found[strings.ToLower(string(match[1])+string(match[2]))] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// consumer describes the workflow by its slowest trigger.
func (w workflow) consumer() Consumer {
	c := Consumer{Resource: w.ID, Name: lastOf(w.ID)}
	var definition struct {
		Triggers map[string]trigger `json:"triggers"`
	}
	if json.Unmarshal(w.Properties.Definition, &definition) != nil || len(definition.Triggers) == 0 {
		c.Trigger = "trigger not known"
		return c
	}
	for _, name := range slices.Sorted(maps.Keys(definition.Triggers)) {
		t := definition.Triggers[name]
		c.Trigger, c.Every = t.words(), max(c.Every, t.every())
	}
	if c.Every > 0 {
		c.Trigger = "every " + span(c.Every)
	}
	if strings.EqualFold(w.Properties.State, "Disabled") {
		c.Trigger += ", disabled"
	}
	return c
}

// trigger is the part of a trigger that tells when it fires.
type trigger struct {
	Type       string `json:"type"`
	Recurrence struct {
		Frequency string          `json:"frequency"`
		Interval  json.RawMessage `json:"interval"` // a number, or an expression
		Schedule  struct {
			WeekDays  []string `json:"weekDays"`
			MonthDays []int    `json:"monthDays"`
		} `json:"schedule"`
	} `json:"recurrence"`
}

// units are the recurrence's frequencies; a month and a year are taken at their longest.
// Source: https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-actions-triggers (read 2026-11-22).
var units = map[string]time.Duration{
	"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": aDay, "week": 7 * aDay, "month": 31 * aDay, "year": 366 * aDay,
}

const aDay = 24 * time.Hour

// every is the longest time between two firings; named days can stretch it to a week or a month. 0 = not on a schedule.
func (t trigger) every() time.Duration {
	interval := 1
	if json.Unmarshal(t.Recurrence.Interval, &interval) != nil || interval < 1 {
		interval = 1
	}
	every := time.Duration(interval) * units[strings.ToLower(t.Recurrence.Frequency)]
	if every > 0 && len(t.Recurrence.Schedule.WeekDays) > 0 {
		every = max(every, units["week"])
	}
	if every > 0 && len(t.Recurrence.Schedule.MonthDays) > 0 {
		every = max(every, units["month"])
	}
	return every
}

func (t trigger) words() string {
	if strings.EqualFold(t.Type, "Request") {
		return "on request"
	}
	return "on an event"
}

// span writes a duration as keyturn.yaml would.
func span(d time.Duration) string {
	switch {
	case d >= aDay && d%aDay == 0:
		return fmt.Sprintf("%dd", d/aDay)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// day writes an instant as people read a due date.
func day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }
