package engine

import (
	"context"
	"strings"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
)

// underAnotherName refuses to begin a renewal while another name's is open for the same app registration, as after somebody
// renamed an application in the configuration, or where two configurations share a store: each would take the other's new
// secret for a stranger's.
func (e *Engine) underAnotherName(ctx context.Context, setup stage.Setup) error {
	open, err := e.openRuns(ctx)
	if err != nil {
		return err
	}
	return otherName(open, setup.App, setup.ClientID)
}

// otherName is the problem of an app registration of which a renewal is open under another name; nil = none is.
func otherName(open map[string]renewal.Run, app, clientID string) error {
	for name, run := range open {
		if name != app && clientID != "" && strings.EqualFold(run.ClientID, clientID) {
			return problem.NeedsPerson("run.elsewhere", app, "the same app registration is being renewed as "+name+" (run "+run.ID+")",
				"finish that one first, with the configuration that calls it so: keyturn resume "+name+"; or give it up: keyturn abort "+run.ID)
		}
	}
	return nil
}
