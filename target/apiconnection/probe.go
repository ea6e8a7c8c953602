package apiconnection

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"keyturn/arm"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// Flows is what the target needs of logic apps.
type Flows interface {
	FlowReader
	FlowRunner
}

// FlowReader reads logic apps.
type FlowReader interface {
	Workflow(ctx context.Context, id string) (arm.Workflow, error)
	Workflows(ctx context.Context, groupID string) ([]arm.Workflow, error)
}

// FlowRunner starts logic apps and follows their runs.
type FlowRunner interface {
	StartRun(ctx context.Context, workflowID, trigger string) (string, error)
	Run(ctx context.Context, workflowID, run string) (arm.Run, error)
	Runs(ctx context.Context, workflowID string, since time.Time, limit int) ([]arm.Run, error)
	Actions(ctx context.Context, workflowID, run string) ([]arm.Action, error)
}

// probePace is how long after a run that proved nothing the next one may be started: a probe does work.
const probePace = 24 * time.Hour

// looks are the waits between two looks at a running probe: three minutes in all. A run that takes longer is found in
// the history by the next Verify.
var looks = []time.Duration{
	time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 9 * time.Second, 15 * time.Second, 25 * time.Second,
	30 * time.Second, 30 * time.Second, 30 * time.Second, 30 * time.Second,
}

// probe is a [Probe] read.
type probe struct {
	workflow arm.ID
	trigger  string
}

// String names it for a person.
func (p *probe) String() string { return "workflow " + p.workflow.Name }

func newProbe(cfg *Probe, connection arm.ID) (*probe, error) {
	if cfg == nil {
		return nil, nil
	}
	id := cfg.Workflow
	if !strings.Contains(id, "/") {
		id = connection.GroupID() + "/providers/Microsoft.Logic/workflows/" + id
	}
	workflow, err := arm.Require(id, "Microsoft.Logic/workflows")
	if err != nil {
		return nil, fmt.Errorf("apiConnection: probe: workflow: %w", err)
	}
	trigger := cfg.Trigger
	if trigger == "" {
		trigger = "manual"
	}
	if strings.ContainsAny(trigger, "/?#%") {
		return nil, problem.NeedsPerson("config.trigger", "trigger "+trigger, "this can't be the name of a trigger",
			"give the trigger's name as the workflow's code view shows it, such as manual")
	}
	return &probe{workflow: workflow, trigger: trigger}, nil
}

// proveByRun takes the newest run since from, or starts one when there is none.
func (t *Target) proveByRun(ctx context.Context, written target.Written, from time.Time) (target.Proof, error) {
	flow, err := t.Flows.Workflow(ctx, t.probe.workflow.String())
	if err != nil {
		return target.Proof{}, fmt.Errorf("%s: read the probe's logic app: %w", Code, err)
	}
	calls, _ := flow.Uses(t.id.String())
	if len(calls) == 0 {
		return target.Proof{Rung: renewal.Acknowledged, Note: t.probe.String() + " doesn't use this connection, so it can't prove it"}, nil
	}
	proof, start, err := t.fromHistory(ctx, calls, written, from)
	if err != nil || !start {
		return proof, err
	}
	return t.fromNewRun(ctx, calls, written)
}

// fromHistory judges the newest run that means something. start is true when a new one is worth its work.
func (t *Target) fromHistory(ctx context.Context, calls []string, written target.Written, from time.Time) (proof target.Proof, start bool, err error) {
	runs, err := t.Flows.Runs(ctx, t.probe.workflow.String(), from, 5)
	if err != nil {
		return target.Proof{}, false, fmt.Errorf("%s: list runs of the probe: %w", Code, err)
	}
	run, ok := newest(runs, "")
	switch {
	case !ok:
		return target.Proof{}, true, nil
	case !run.Ended() && written.Now.Sub(run.Start) < probePace:
		return t.later("run " + run.ID + " of " + t.probe.String() + " hasn't ended"), false, nil
	}
	proof, err = t.judgeRun(ctx, calls, run)
	if proof.Rung == renewal.LiveProbe {
		return proof, false, nil
	}
	// what failed may have been mended since, and only a new run can tell; one that said nothing is asked once a day
	if err != nil {
		return target.Proof{}, problem.Is(err, refusedCode), unlessRefused(err)
	}
	return proof, written.Now.Sub(run.Start) >= probePace, nil
}

func unlessRefused(err error) error {
	if problem.Is(err, refusedCode) {
		return nil
	}
	return err
}

// fromNewRun fires the probe once and waits for it. A start whose answer was lost is looked for, not repeated.
func (t *Target) fromNewRun(ctx context.Context, calls []string, written target.Written) (target.Proof, error) {
	workflow := t.probe.workflow.String()
	id, err := t.Flows.StartRun(ctx, workflow, t.probe.trigger)
	if err != nil && !problem.Of(err).Doubtful {
		return target.Proof{}, fmt.Errorf("%s: start the probe: %w", Code, err)
	}
	var run arm.Run
	for _, pause := range looks {
		if err := t.Sleep(ctx, pause); err != nil {
			return target.Proof{}, fmt.Errorf("%s: wait for the probe: %w", Code, err)
		}
		if run, err = t.find(ctx, id, written.Now); err != nil {
			return target.Proof{}, err
		}
		if run.Ended() {
			return t.judgeRun(ctx, calls, run)
		}
	}
	return t.later("the run of " + t.probe.String() + " hasn't ended yet"), nil
}

// find reads the run by its name, or as the newest one of our trigger when the answer to the start didn't tell it. A run
// not there yet is the zero Run. Clocks may differ by some seconds.
func (t *Target) find(ctx context.Context, id string, started time.Time) (arm.Run, error) {
	workflow := t.probe.workflow.String()
	if id == "" {
		runs, err := t.Flows.Runs(ctx, workflow, started.Add(-5*time.Second), 5)
		if err != nil {
			return arm.Run{}, fmt.Errorf("%s: look for the probe's run: %w", Code, err)
		}
		run, _ := newest(runs, t.probe.trigger)
		return run, nil
	}
	run, err := t.Flows.Run(ctx, workflow, id)
	if problem.Is(err, problem.NotFound) {
		return arm.Run{}, nil
	}
	if err != nil {
		return arm.Run{}, fmt.Errorf("%s: read the probe's run: %w", Code, err)
	}
	return run, nil
}

// newest returns the run that started last; trigger "" = whatever started it.
func newest(runs []arm.Run, trigger string) (found arm.Run, ok bool) {
	for _, run := range runs {
		if (trigger == "" || strings.EqualFold(run.Trigger, trigger)) && (!ok || run.Start.After(found.Start)) {
			found, ok = run, true
		}
	}
	return found, ok
}

// refusedCode is the problem of a probe whose connection wasn't let in.
const refusedCode = "probe.unauthorized"

// judgeRun looks only at the actions that call this connection: what else failed in the run says nothing about it.
func (t *Target) judgeRun(ctx context.Context, calls []string, run arm.Run) (target.Proof, error) {
	actions, err := t.Flows.Actions(ctx, t.probe.workflow.String(), run.ID)
	if err != nil {
		return target.Proof{}, fmt.Errorf("%s: read what the probe did: %w", Code, err)
	}
	worked := ""
	for _, action := range actions {
		if !contains(calls, action.Name) {
			continue
		}
		if reason, refused := unauthorized(action); refused {
			return target.Proof{}, problem.NeedsPerson(refusedCode, t.Place().Title,
				fmt.Sprintf("action %s of %s (run %s) wasn't let in: %s", action.Name, t.probe, run.ID, reason),
				"the old secret still works; open the run in the portal, check that the app may still do what the action does, then: keyturn resume")
		}
		if strings.EqualFold(action.Status, "Succeeded") {
			worked = action.Name
		}
	}
	if worked == "" {
		return t.later("run " + run.ID + " of " + t.probe.String() + " ended without using the connection well, which proves nothing either way"), nil
	}
	return target.Proof{
		Rung: renewal.LiveProbe, Probe: t.probe.String(),
		Note: fmt.Sprintf("action %s worked in run %s, started %s", worked, run.ID, clock(run.Start)),
	}, nil
}

var signInCode = regexp.MustCompile(`AADSTS\d+`)

// unauthorized reports whether an action failed at the door. Of the connector's message only Entra's code is kept: the
// rest is a stranger's text.
func unauthorized(action arm.Action) (reason string, refused bool) {
	if !strings.EqualFold(action.Status, "Failed") {
		return "", false
	}
	code := signInCode.FindString(action.Message)
	for _, said := range []string{action.Code, action.Error} {
		if strings.EqualFold(said, "Unauthorized") || said == "401" {
			return strings.TrimSpace("Unauthorized " + code), true
		}
	}
	return code, code != ""
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
