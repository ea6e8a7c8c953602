package appservicesetting

import (
	"context"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

const (
	listAction  = "Microsoft.Web/sites/config/list/action"
	readAction  = "Microsoft.Web/sites/config/read"
	writeAction = "Microsoft.Web/sites/config/write"
)

// Check says whether the settings may be read and written, and whether this one may be.
func (t *Target) Check(ctx context.Context) []check.Check {
	title := t.Place().Title
	return target.SideBySide(
		func() []check.Check {
			return []check.Check{t.arm.CheckRights(ctx, "setting.rights", title, t.id, t.actions()...)}
		},
		func() []check.Check { return []check.Check{t.checkKind(ctx, title)} },
		func() []check.Check { return []check.Check{t.arm.CheckLock(ctx, "setting.lock", title, t.id)} },
	)
}

// actions are those of an app or, spelled otherwise, of a slot.
func (t *Target) actions() []string {
	actions := []string{listAction, writeAction, readAction}
	if t.id != t.app {
		actions = []string{"Microsoft.Web/sites/slots/config/list/action", "Microsoft.Web/sites/slots/config/write", readAction}
	}
	if t.cfg.Secondary == "" {
		return actions[:2]
	}
	return actions
}

func (t *Target) checkKind(ctx context.Context, title string) check.Check {
	const id = "setting.kind"
	found, err := t.list(ctx)
	if err == nil {
		err = t.understood(found)
	}
	if problem.Is(err, problem.Locked) {
		return check.Unsure(id, title, "a ReadOnly lock keeps the settings from being read too")
	}
	if err != nil {
		return target.Failed(id, title, t.explain(err), check.Grant{Kind: check.CustomRole, Name: "Keyturn " + title, Scope: t.id, Actions: t.actions()})
	}
	return check.Pass(id, title, "it is there and holds a value of its own")
}
