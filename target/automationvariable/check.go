package automationvariable

import (
	"context"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

const (
	readAction  = "Microsoft.Automation/automationAccounts/variables/read"
	writeAction = "Microsoft.Automation/automationAccounts/variables/write"
)

// Check says whether the variable is there, encrypted and may be written.
func (t *Target) Check(ctx context.Context) []check.Check {
	title := t.Place().Title
	return target.SideBySide(
		func() []check.Check {
			return []check.Check{t.arm.CheckRights(ctx, "variable.rights", title, t.id, readAction, writeAction)}
		},
		func() []check.Check { return []check.Check{t.checkKind(ctx, title)} },
		func() []check.Check { return []check.Check{t.arm.CheckLock(ctx, "variable.lock", title, t.id)} },
	)
}

func (t *Target) checkKind(ctx context.Context, title string) check.Check {
	const id = "variable.encrypted"
	found, err := t.read(ctx)
	if err != nil {
		grant := check.Grant{Kind: check.CustomRole, Name: "Keyturn " + title, Scope: t.id, Actions: []string{readAction, writeAction}}
		return target.Failed(id, title, t.explain(err), grant)
	}
	if !found.Properties.Encrypted {
		plain := problem.Of(t.plain())
		return check.Fail(id, title, plain.Code, plain.Message, plain.Fix)
	}
	return check.Pass(id, title, "it is there and encrypted")
}
