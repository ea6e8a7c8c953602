package consumer

import (
	"fmt"
	"strings"
	"time"

	"keyturn/simulator/azure"
)

// How often people do what starts workflows: chosen so that a day has some, and the night has pauses.
const (
	userCallMin = time.Hour
	userCallMax = 5 * time.Hour
	// itemChance is how likely an hourly look finds a new list item.
	itemChance = 0.4
)

// workflow is a logic app that runs on its trigger, as its resource defines it at that moment.
type workflow struct {
	id     string
	tally  *tally
	labels *tally // the password grant's, once it was made
	held   string // the secret of the last password grant

	read    workflowProperties // as of version
	version string
}

// AddWorkflow makes a logic app act: on its recurrence, on list items, or when people call it.
func (p *Park) AddWorkflow(resourceID string) {
	wf := &workflow{id: resourceID}
	wf.tally = p.add(lastSegment(resourceID), KindLogicApp, nil)
	p.workflows = append(p.workflows, wf)
	p.expectUsers(wf)
	p.schedule(p.w.Now(), wf, true)
}

// expectUsers begins to count for the password grant and the certificate calls that a workflow will make.
func (p *Park) expectUsers(wf *workflow) {
	read, err := p.properties(wf)
	if err != nil {
		return
	}
	for _, a := range read.Definition.Actions {
		if strings.HasPrefix(a.Inputs.URI, p.loginAddress()) {
			p.labelFlow(wf)
		}
		if a.Inputs.Authentication["pfx"] != nil {
			p.certificateUsers()
		}
	}
}

// RunAll runs every workflow once, now, so that a sample has a history and its connectors hold tokens from the start.
func (p *Park) RunAll() {
	for _, wf := range p.workflows {
		name, _ := p.trigger(wf)
		p.a.RecordRun(wf.id, name, p.RunWorkflow(p.w.Now(), wf.id))
	}
}

// schedule plans the next run after now. The first run of a recurrence falls anywhere in its period, so that workflows
// do not march in step.
func (p *Park) schedule(now time.Time, wf *workflow, first bool) {
	_, t := p.trigger(wf)
	wait := t.every()
	switch {
	case wait == 0:
		wait = p.w.Draw(userCallMin, userCallMax)
	case first:
		wait = p.w.Draw(time.Minute, wait)
	}
	p.w.At(now.Add(wait), func(now time.Time) { p.due(now, wf) })
}

// due runs a workflow for its trigger and plans the next time; one that was deleted stops for good.
func (p *Park) due(now time.Time, wf *workflow) {
	resource := p.a.Resource(wf.id)
	if resource == nil {
		return
	}
	name, t := p.trigger(wf)
	state, _ := resource.Properties["state"].(string)
	polls := strings.EqualFold(t.Type, "ApiConnection")
	idle := strings.EqualFold(state, "Disabled") || (polls && p.w.Rand().Float64() >= itemChance)
	if !idle {
		p.a.RecordRun(wf.id, name, p.RunWorkflow(now, wf.id))
	}
	p.schedule(now, wf, false)
}

// properties are a workflow's properties as its resource has them at this moment, read again only after a change.
func (p *Park) properties(wf *workflow) (workflowProperties, error) {
	resource := p.a.Resource(wf.id)
	if resource == nil {
		return workflowProperties{}, fmt.Errorf("workflow %s is gone", lastSegment(wf.id))
	}
	version := fmt.Sprintf("%d %p", resource.Changed.UnixNano(), resource.Properties)
	if version == wf.version {
		return wf.read, nil
	}
	read, err := readWorkflow(resource.Properties)
	if err != nil {
		return workflowProperties{}, err
	}
	wf.read, wf.version = read, version
	return read, nil
}

// trigger is the workflow's trigger; one that cannot be read waits to be called.
func (p *Park) trigger(wf *workflow) (string, trigger) {
	read, err := p.properties(wf)
	if err != nil {
		return "manual", trigger{}
	}
	return read.Definition.trigger()
}

// RunWorkflow runs a workflow now, counts how it went and answers its actions for the history. It does not write into
// the history. A workflow that does not act here succeeds without doing anything.
func (p *Park) RunWorkflow(now time.Time, id string) azure.RunResult {
	wf := p.workflow(id)
	if wf == nil {
		return azure.RunResult{Status: azure.Succeeded}
	}
	read, err := p.properties(wf)
	if err != nil {
		return p.refuse(now, wf, err)
	}
	r := &run{park: p, now: now, workflow: wf, read: read, values: values{}, states: map[string]string{}}
	outcomes, err := r.execute()
	if err != nil {
		return p.refuse(now, wf, err)
	}
	p.count(now, wf, outcomes)
	return result(outcomes)
}

func (p *Park) workflow(id string) *workflow {
	for _, wf := range p.workflows {
		if strings.EqualFold(wf.id, id) {
			return wf
		}
	}
	return nil
}

// refuse is a run of a workflow whose definition cannot be run.
func (p *Park) refuse(now time.Time, wf *workflow, err error) azure.RunResult {
	wf.tally.failure(now, err.Error())
	return azure.RunResult{Status: azure.Failed, Code: "InvalidTemplate", Message: err.Error()}
}

// count judges a run for the report: a run that only the certificate broke is no failure of the secret, and no success.
func (p *Park) count(now time.Time, wf *workflow, outcomes []outcome) {
	broken := false
	for _, o := range outcomes {
		if o.fault != nil && !o.fault.certificate {
			wf.tally.failure(now, o.name+": "+o.fault.text)
			return
		}
		broken = broken || o.fault != nil
	}
	if !broken {
		wf.tally.success()
	}
}

// result is the run as the history keeps it.
func result(outcomes []outcome) azure.RunResult {
	all := azure.RunResult{Status: azure.Succeeded}
	for _, o := range outcomes {
		done := azure.ActionResult{Name: o.name, Status: azure.Status(o.status), Code: "OK"}
		switch {
		case o.fault != nil:
			done.Code, done.ErrorCode, done.Message = o.fault.code, o.fault.code, o.fault.text
			all.Status, all.Code = azure.Failed, "ActionFailed"
			all.Message = "An action failed. No dependent actions succeeded."
		case o.status == skipped:
			done.Code = "ActionSkipped"
		}
		all.Actions = append(all.Actions, done)
	}
	return all
}

// labelFlow begins to count for a workflow's password grant when it is first made.
func (p *Park) labelFlow(wf *workflow) *tally {
	if wf.labels == nil {
		wf.labels = p.add(lastSegment(wf.id)+" label step", KindLabelFlow, func() string { return wf.held })
	}
	return wf.labels
}
