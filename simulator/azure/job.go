package azure

import (
	"net/http"
	"strings"
	"time"
)

// job is one run of a runbook.
type job struct {
	id, runbook string
	parameters  map[string]string
	created     time.Time
	start, end  time.Time
	result      JobResult
}

func (j *job) status(now time.Time) string {
	switch {
	case now.Before(j.start):
		return "New"
	case now.Before(j.end):
		return "Running"
	case j.result.Failed:
		return "Failed"
	}
	return "Completed"
}

// jobWrite is the body of PUT.
type jobWrite struct {
	Properties *struct {
		Runbook    struct{ Name string }
		Parameters map[string]string `json:"parameters"`
		RunOn      string            `json:"runOn"`
	} `json:"properties"`
}

func (c *call) job() *job {
	name := c.at.last().names[1]
	for _, j := range c.s.jobs[key(c.account())] {
		if strings.EqualFold(j.id, name) {
			return j
		}
	}
	return nil
}

func (c *call) jobBody(j *job) map[string]any {
	status := j.status(c.now)
	properties := map[string]any{
		"jobId": j.id, "creationTime": stamp(j.created), "provisioningState": "Processing", "status": status, "statusDetails": "None", "startedBy": c.id.AppID,
		"startTime": nil, "endTime": nil, "lastModifiedTime": stamp(j.created), "lastStatusModifiedTime": stamp(j.created), "exception": nil,
		"parameters": j.parameters, "runOn": "", "runbook": map[string]any{"name": j.runbook},
	}
	if status != "New" {
		properties["startTime"] = stamp(j.start)
	}
	if status == "Completed" || status == "Failed" {
		properties["endTime"], properties["lastModifiedTime"], properties["lastStatusModifiedTime"], properties["provisioningState"] = stamp(j.end), stamp(j.end), stamp(j.end), "Succeeded"
	}
	if status == "Failed" {
		properties["exception"], properties["provisioningState"] = j.result.Exception, "Failed"
	}
	return map[string]any{"id": c.account() + "/jobs/" + j.id, "name": j.id, "type": accountType + "/jobs", "properties": properties}
}

// putJob starts a runbook. The same job id again changes nothing.
func (c *call) putJob() answer {
	var in jobWrite
	if refused := c.accountThere(); refused != nil {
		return *refused
	}
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	switch {
	case in.Properties == nil || in.Properties.Runbook.Name == "":
		return automationFail(http.StatusBadRequest, "BadRequest", "The runbook name is required.")
	case c.s.Resource(c.account()+"/runbooks/"+in.Properties.Runbook.Name) == nil:
		return automationFail(http.StatusBadRequest, "BadRequest", "Runbook %s was not found.", in.Properties.Runbook.Name)
	case c.job() != nil:
		return automationFail(http.StatusConflict, "Conflict", "Job %s already exists.", c.at.name())
	}
	return created(c.jobBody(c.startJob(in)))
}

func (c *call) startJob(in jobWrite) *job {
	j := &job{id: c.at.name(), runbook: in.Properties.Runbook.Name, parameters: in.Properties.Parameters, created: c.now}
	if j.parameters == nil {
		j.parameters = map[string]string{}
	}
	if c.s.RunJob != nil {
		j.result = c.s.RunJob(c.account(), j.runbook, j.parameters)
	}
	took := j.result.Took
	if took == 0 {
		took = c.s.w.Between(3*time.Second, 15*time.Second)
	}
	j.start = c.now.Add(c.s.w.Between(500*time.Millisecond, 4*time.Second))
	j.end = j.start.Add(took)
	k := key(c.account())
	c.s.jobs[k] = append(c.s.jobs[k], j)
	return j
}

func jobNotFound(name string) answer {
	return automationFail(http.StatusNotFound, "NotFound", "Job %s was not found.", name)
}

func (c *call) getJob() answer {
	if refused := c.accountThere(); refused != nil {
		return *refused
	}
	if j := c.job(); j != nil {
		return ok(c.jobBody(j))
	}
	return jobNotFound(c.at.name())
}

func (c *call) listJobs() answer {
	if refused := c.accountThere(); refused != nil {
		return *refused
	}
	seen := []any{}
	for _, j := range c.s.jobs[key(c.account())] {
		seen = append(seen, c.jobBody(j))
	}
	return c.page(seen)
}

func (c *call) getJobOutput() answer {
	j := c.job()
	switch {
	case j == nil:
		return jobNotFound(c.at.name())
	case c.now.Before(j.end):
		return answer{status: http.StatusOK, body: ""}
	}
	return answer{status: http.StatusOK, body: j.result.Output}
}

func (c *call) listJobStreams() answer {
	j := c.job()
	if j == nil {
		return jobNotFound(c.at.name())
	}
	streams := []any{}
	if !c.now.Before(j.end) {
		kind, summary := "Output", j.result.Output
		if j.result.Failed {
			kind, summary = "Error", j.result.Exception
		}
		streams = append(streams, map[string]any{
			"id": c.account() + "/jobs/" + j.id + "/streams/1", "properties": map[string]any{"jobStreamId": "1", "time": stamp(j.end), "streamType": kind, "summary": summary, "value": map[string]any{}},
		})
	}
	return list(streams)
}
