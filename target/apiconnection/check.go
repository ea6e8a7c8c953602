package apiconnection

import (
	"context"
	"fmt"

	"keyturn/check"
	"keyturn/target"
)

const (
	readAction  = "Microsoft.Web/connections/read"
	writeAction = "Microsoft.Web/connections/write"
	flowRead    = "Microsoft.Logic/workflows/read"
	flowStart   = "Microsoft.Logic/workflows/triggers/run/action"
	runsRead    = "Microsoft.Logic/workflows/runs/read"
	actionsRead = "Microsoft.Logic/workflows/runs/actions/read"
)

// Check says whether the connection is there, ours to write, wholly accounted for, and whether we may write it and run
// its probe.
func (t *Target) Check(ctx context.Context) []check.Check {
	title, id := t.Place().Title, t.id.String()
	looks := []func() []check.Check{
		func() []check.Check {
			return []check.Check{t.ARM.CheckRights(ctx, "connection.rights", title, id, readAction, writeAction)}
		},
		func() []check.Check { return []check.Check{t.checkSettings(ctx, title)} },
		func() []check.Check { return []check.Check{t.ARM.CheckLock(ctx, "connection.lock", title, id)} },
	}
	if t.probe != nil {
		subject, scope := "probe "+t.probe.workflow.Name, t.probe.workflow.String()
		looks = append(looks,
			func() []check.Check {
				return []check.Check{t.ARM.CheckRights(ctx, "connection.probe.rights", subject, scope, flowRead, flowStart, runsRead, actionsRead)}
			},
			func() []check.Check { return []check.Check{t.checkProbe(ctx, subject, scope)} })
	}
	return target.SideBySide(looks...)
}

func (t *Target) checkSettings(ctx context.Context, title string) check.Check {
	const id = "connection.settings"
	found, err := t.read(ctx)
	if err != nil {
		grant := check.Grant{Kind: check.CustomRole, Name: "Keyturn " + title, Scope: t.id.String(), Actions: []string{readAction, writeAction}}
		return target.Failed(id, title, t.explain(err), grant)
	}
	if refused := t.judge(found); refused != nil {
		return check.Fail(id, title, refused.Code, refused.Message, refused.Fix)
	}
	if _, shown := lookup(found.shown(), clientIDName); !shown {
		return check.Pass(id, title, "Azure doesn't show which app it signs in as; keyturn.yaml says that it is "+t.clientID)
	}
	return check.Pass(id, title, "it signs in as "+t.clientID+", and every setting is accounted for")
}

func (t *Target) checkProbe(ctx context.Context, subject, scope string) check.Check {
	const id = "connection.probe"
	flow, err := t.Flows.Workflow(ctx, scope)
	if err != nil {
		grant := check.Grant{Kind: check.CustomRole, Name: "Keyturn " + subject, Scope: scope, Actions: []string{flowRead, flowStart, runsRead, actionsRead}}
		return target.Failed(id, subject, err, grant)
	}
	if calls, _ := flow.Uses(t.id.String()); len(calls) == 0 {
		return check.Fail(id, subject, "probe.unrelated",
			"the logic app "+flow.Name+" doesn't call the connection "+t.id.Name, "name one under probe that does, or remove probe from this apiConnection")
	}
	for _, trigger := range flow.Triggers {
		if trigger.Name == t.probe.trigger {
			return check.Pass(id, subject, fmt.Sprintf("it calls the connection; trigger %s can be fired", trigger.Name))
		}
	}
	return check.Fail(id, subject, "probe.trigger", "the logic app "+flow.Name+" has no trigger "+t.probe.trigger,
		"set trigger under probe to "+triggerNames(flow))
}
