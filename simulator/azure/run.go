package azure

import (
	"strings"
	"time"
)

// Status is a state of a run or an action, in the words of Logic Apps.
type Status string

// The states a run or an action can be in.
const (
	Running   Status = "Running"
	Succeeded Status = "Succeeded"
	Failed    Status = "Failed"
	Skipped   Status = "Skipped"
	Cancelled Status = "Cancelled"
)

// RunResult is how a run of a workflow went.
type RunResult struct {
	// Status is Succeeded or Failed, Code and Message the run's error when it failed.
	Status        Status
	Code, Message string
	Actions       []ActionResult
	// Took is how long the run lasts in simulated time; 0 draws some seconds, and none in a gentle world.
	Took time.Duration
}

// ActionResult is how one action of a run went.
type ActionResult struct {
	Name   string
	Status Status
	// Code is the outcome's code, such as OK, Unauthorized or ActionSkipped; ErrorCode and Message describe a failure.
	Code, ErrorCode, Message string
}

// Run is one run of a workflow, as its history shows it.
type Run struct {
	Name, Trigger string
	Start, End    time.Time
	Result        RunResult
	Tracking      string
}

// StatusAt is what the history shows at an instant: Running until the run has ended.
func (r *Run) StatusAt(now time.Time) Status {
	if now.Before(r.End) {
		return Running
	}
	return r.Result.Status
}

// RecordRun writes a run that begins now into a workflow's history and returns its name.
func (s *Service) RecordRun(workflowID, trigger string, result RunResult) string {
	now := s.w.Now()
	took := result.Took
	if took == 0 {
		took = s.w.Between(1500*time.Millisecond, 6*time.Second)
	}
	if result.Status == "" {
		result.Status = Succeeded
	}
	r := &Run{Name: s.newRunName(), Trigger: trigger, Start: now, End: now.Add(took), Result: result, Tracking: s.newRunName()}
	s.runs[key(workflowID)] = append(s.runs[key(workflowID)], r)
	return r.Name
}

// Runs lists a workflow's runs, oldest first.
func (s *Service) Runs(workflowID string) []*Run { return s.runs[key(workflowID)] }

// newRunName draws a name with the look of Logic Apps': digits and capitals, sorting newest first, ending in CU and two digits.
func (s *Service) newRunName() string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var b strings.Builder
	b.WriteString("0858")
	for range 19 {
		b.WriteByte(letters[s.w.Rand().IntN(10)])
	}
	for range 10 {
		b.WriteByte(letters[s.w.Rand().IntN(len(letters))])
	}
	b.WriteString("CU00")
	return b.String()
}

// JobResult is how a job of a runbook went.
type JobResult struct {
	// Failed jobs have the exception's text; Output is what the runbook wrote.
	Failed            bool
	Exception, Output string
	// Took is how long the job lasts in simulated time; 0 draws some seconds, and none in a gentle world.
	Took time.Duration
}
