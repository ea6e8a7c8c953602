package azure

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// runsOnPage is how many runs a page lists unless $top says otherwise.
const runsOnPage = "30"

func (c *call) run(r *Resource) *Run {
	for _, run := range c.s.Runs(r.ID) {
		if strings.EqualFold(run.Name, c.at.last().names[1]) {
			return run
		}
	}
	return nil
}

func (c *call) runBody(r *Resource, run *Run) map[string]any {
	status := run.StatusAt(c.now)
	correlation := map[string]any{"clientTrackingId": run.Tracking}
	properties := map[string]any{
		"startTime": stamp(run.Start), "status": status, "correlation": correlation, "workflow": workflowReference(r), "outputs": map[string]any{},
		"trigger": map[string]any{"name": run.Trigger, "startTime": stamp(run.Start), "endTime": stamp(run.Start), "correlation": correlation, "status": "Succeeded", "code": "OK"},
	}
	if status != Running {
		properties["endTime"] = stamp(run.End)
	}
	if status == Failed {
		properties["code"] = filledText(run.Result.Code, "ActionFailed")
		properties["error"] = map[string]any{
			"code": filledText(run.Result.Code, "ActionFailed"), "message": filledText(run.Result.Message, "An action failed. No dependent actions succeeded."),
		}
	}
	return map[string]any{"id": r.ID + "/runs/" + run.Name, "name": run.Name, "type": workflowType + "/runs", "properties": properties}
}

func filledText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (c *call) listRuns() answer {
	r := c.workflow()
	if r == nil {
		return c.workflowNotFound()
	}
	keep, refused := c.filter()
	if refused != nil {
		return *refused
	}
	seen := []any{}
	for _, run := range slices.Backward(c.s.Runs(r.ID)) {
		body := c.runBody(r, run)
		if keep(map[string]any{"status": string(run.StatusAt(c.now)), "startTime": stamp(run.Start), "clientTrackingId": run.Tracking}) {
			seen = append(seen, body)
		}
	}
	if _, given := c.query["$top"]; !given {
		c.query["$top"] = runsOnPage
	}
	return c.page(seen)
}

// calledRun is the run in the path, or the refusal.
func (c *call) calledRun() (*Resource, *Run, *answer) {
	r := c.workflow()
	if r == nil {
		a := c.workflowNotFound()
		return nil, nil, &a
	}
	run := c.run(r)
	if run == nil {
		a := fail(http.StatusNotFound, "WorkflowRunNotFound", "The workflow '%s' run '%s' could not be found.", r.Name, c.at.last().names[1])
		return nil, nil, &a
	}
	return r, run, nil
}

func (c *call) getRun() answer {
	r, run, refused := c.calledRun()
	if refused != nil {
		return *refused
	}
	return ok(c.runBody(r, run))
}

// progress lists the actions that have begun: those done, and the one under way while the run is.
func (c *call) progress(r *Resource, run *Run) []any {
	seen := []any{}
	each := run.End.Sub(run.Start) / time.Duration(max(len(run.Result.Actions), 1))
	for i, a := range run.Result.Actions {
		start := run.Start.Add(each * time.Duration(i))
		if c.now.Before(start) {
			break
		}
		seen = append(seen, c.actionBody(r, run, a, start, start.Add(each)))
	}
	return seen
}

func (c *call) actionBody(r *Resource, run *Run, a ActionResult, start, end time.Time) map[string]any {
	properties := map[string]any{
		"startTime": stamp(start), "status": Running,
		"correlation": map[string]any{"actionTrackingId": run.Tracking, "clientTrackingId": run.Tracking},
	}
	if !c.now.Before(end) {
		properties["endTime"], properties["status"], properties["code"] = stamp(end), a.Status, filledText(a.Code, codeOf(a.Status))
		if a.Status == Failed || a.ErrorCode != "" {
			properties["error"] = map[string]any{"code": filledText(a.ErrorCode, "BadRequest"), "message": a.Message}
		}
	}
	return map[string]any{"id": r.ID + "/runs/" + run.Name + "/actions/" + a.Name, "name": a.Name, "type": workflowType + "/runs/actions", "properties": properties}
}

func codeOf(status Status) string {
	switch status {
	case Succeeded:
		return "OK"
	case Skipped:
		return "ActionSkipped"
	}
	return "BadRequest"
}

func (c *call) listActions() answer {
	r, run, refused := c.calledRun()
	if refused != nil {
		return *refused
	}
	return c.page(c.progress(r, run))
}

func (c *call) getAction() answer {
	r, run, refused := c.calledRun()
	if refused != nil {
		return *refused
	}
	for _, body := range c.progress(r, run) {
		if strings.EqualFold(body.(map[string]any)["name"].(string), c.at.name()) {
			return ok(body)
		}
	}
	return fail(http.StatusNotFound, "WorkflowRunActionNotFound", "The workflow '%s' run '%s' action '%s' could not be found.", r.Name, run.Name, c.at.name())
}

// listHistories lists what a trigger did: each firing with its run.
func (c *call) listHistories() answer {
	r, name, _, refused := c.calledTrigger()
	if refused != nil {
		return *refused
	}
	seen := []any{}
	for _, run := range slices.Backward(c.s.Runs(r.ID)) {
		if !strings.EqualFold(run.Trigger, name) {
			continue
		}
		seen = append(seen, map[string]any{
			"id": r.ID + "/triggers/" + name + "/histories/" + run.Name, "name": run.Name, "type": workflowType + "/triggers/histories",
			"properties": map[string]any{
				"startTime": stamp(run.Start), "endTime": stamp(run.Start), "status": "Succeeded", "code": "OK", "fired": true, "correlation": map[string]any{"clientTrackingId": run.Tracking},
				"run": map[string]any{"id": r.ID + "/runs/" + run.Name, "name": run.Name, "type": workflowType + "/runs"},
			},
		})
	}
	return c.page(seen)
}
