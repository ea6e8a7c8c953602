package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Run is one run of a workflow.
type Run struct {
	ID      string // its name, such as "08584..."
	Trigger string // name of the trigger that started it
	Status  string // "Running", "Waiting", "Succeeded", "Failed", "Cancelled", ...
	Start   time.Time
}

// Ended reports whether the run's status will not change any more.
func (r Run) Ended() bool {
	switch strings.ToLower(r.Status) {
	case "", "notspecified", "paused", "running", "waiting", "suspended":
		return false
	}
	return true
}

// Action is what became of one action of a run. Inputs and outputs aren't read: they may hold secrets.
type Action struct {
	Name    string
	Status  string // "Succeeded", "Failed", "Skipped", ...
	Code    string // such as "OK", "Unauthorized", "ActionFailed"
	Error   string // the error's own code
	Message string
}

// StartRun fires a trigger and returns the name of the run, or "" when the answer doesn't tell. The workflow does its
// work: NOT safe to repeat.
func (c *Client) StartRun(ctx context.Context, workflowID, trigger string) (string, error) {
	header, err := c.Do(ctx, Call{
		Method: http.MethodPost, ID: workflowID + "/triggers/" + trigger + "/run", Version: WorkflowVersion,
	})
	if err != nil {
		return "", err
	}
	return header.Get("x-ms-workflow-run-id"), nil
}

// Run reads one run.
func (c *Client) Run(ctx context.Context, workflowID, run string) (Run, error) {
	var raw rawRun
	if err := c.Get(ctx, workflowID+"/runs/"+run, WorkflowVersion, &raw); err != nil {
		return Run{}, err
	}
	return raw.read(), nil
}

// Runs returns at most limit runs that started at since or later, newest first: one request.
func (c *Client) Runs(ctx context.Context, workflowID string, since time.Time, limit int) ([]Run, error) {
	var page page[rawRun]
	_, err := c.Do(ctx, Call{
		ID: workflowID + "/runs", Version: WorkflowVersion, Into: &page,
		Query: url.Values{"$top": {strconv.Itoa(limit)}, "$filter": {"startTime ge " + since.UTC().Format(time.RFC3339)}},
	})
	if err != nil {
		return nil, err
	}
	runs := make([]Run, 0, len(page.Value))
	for _, raw := range page.Value {
		// the filter counts whole seconds
		if run := raw.read(); !run.Start.Before(since) {
			runs = append(runs, run)
		}
	}
	return runs, nil
}

// Actions reads what became of each action of a run.
func (c *Client) Actions(ctx context.Context, workflowID, run string) ([]Action, error) {
	rows, err := All[rawRunAction](ctx, c, Call{ID: workflowID + "/runs/" + run + "/actions", Version: WorkflowVersion})
	if err != nil {
		return nil, err
	}
	actions := make([]Action, 0, len(rows))
	for _, raw := range rows {
		actions = append(actions, raw.read())
	}
	return actions, nil
}

type rawRun struct {
	Name       string `json:"name"`
	Properties struct {
		Status    string    `json:"status"`
		StartTime time.Time `json:"startTime"`
		Trigger   struct {
			Name string `json:"name"`
		} `json:"trigger"`
	} `json:"properties"`
}

// Whole holds for what is a run at all.
func (r *rawRun) Whole() bool { return r.Name != "" }

func (r rawRun) read() Run {
	return Run{ID: r.Name, Trigger: r.Properties.Trigger.Name, Status: r.Properties.Status, Start: r.Properties.StartTime}
}

type rawRunAction struct {
	Name       string `json:"name"`
	Properties struct {
		Status string          `json:"status"`
		Code   string          `json:"code"`
		Error  json.RawMessage `json:"error"`
	} `json:"properties"`
}

func (r rawRunAction) read() Action {
	var inner struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	// the error's shape is the connector's own; what can't be read isn't needed
	_ = json.Unmarshal(r.Properties.Error, &inner)
	return Action{
		Name: r.Name, Status: r.Properties.Status, Code: r.Properties.Code, Error: inner.Code, Message: inner.Message,
	}
}
