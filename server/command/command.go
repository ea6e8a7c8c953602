// Package command is what people tell Keyturn to do at the console: what they may say, and what must hold before it is
// heard. Pages and the API give the same commands, and they do exactly what the command line does.
//
// Start at [Desk].
package command

import (
	"context"
	"errors"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/store"
)

// Ask is what is asked of one renewal, as the flags of keyturn renew have it.
type Ask struct {
	App         string
	Replace     string // Secret ID to replace, or "none"; "" = found by proof
	MakeRoom    string // Secret ID to remove first when the app holds as many as it may
	Reuse       bool   // make no new secret: spread the Key Vault's
	Emergency   bool   // the secret in use has leaked
	RevokeFirst bool   // with Emergency: remove it before anything else, although consumers fail until the new one is delivered
	AsPerson    bool   // with the rights of whoever asks, who has signed in at Microsoft from the console
	Plan        string // Digest of the plan that was shown: another one isn't carried out; "" = whatever the plan is
}

// Word is what a person says to a run that is open.
type Word string

const (
	Resume    Word = "resume"    // go on
	Overwrite Word = "overwrite" // go on, and write again what somebody else changed
	Approve   Word = "approve"   // it may go on without what is missing
	Abort     Word = "abort"     // end for good, breaking nothing
)

// Engine carries commands out.
type Engine interface {
	// Plan reads everything that decides a renewal and says what it would do. It changes nothing.
	Plan(ctx context.Context, ask Ask, by access.Person) (Plan, error)
	// Start makes the plan again and begins the renewal, to be driven by whoever serves. When one is open already, that is
	// returned with begun false.
	Start(ctx context.Context, ask Ask, by access.Person) (run renewal.Run, begun bool, err error)
	// Tell says a word to an open run that was seen at that version; 0 = whatever its version is. asPerson lets it go on
	// with the rights of whoever says it, who has signed in at Microsoft from the console.
	Tell(ctx context.Context, run string, version int64, word Word, asPerson bool, by access.Person) (renewal.Run, error)
}

// Runs finds runs by id.
type Runs interface {
	Run(ctx context.Context, id string) (renewal.Run, error)
}

// Desk takes commands. Who may give which is the route's business; that nobody approves what they began is its own.
type Desk struct {
	Engine Engine
	Runs   Runs
}

// Plan shows what a renewal would do.
func (d Desk) Plan(ctx context.Context, ask Ask) (Plan, error) {
	if err := ask.check(ctx); err != nil {
		return Plan{}, err
	}
	return d.Engine.Plan(ctx, ask, access.From(ctx))
}

// Start begins a renewal, or returns the one that is open.
func (d Desk) Start(ctx context.Context, ask Ask) (run renewal.Run, begun bool, err error) {
	if err := ask.check(ctx); err != nil {
		return renewal.Run{}, false, err
	}
	return d.Engine.Start(ctx, ask, access.From(ctx))
}

// check refuses what can't be meant, and what takes more than the role that may start.
func (a Ask) check(ctx context.Context) error {
	switch {
	case a.RevokeFirst && !a.Emergency:
		return problem.NeedsPerson("ask.invalid", a.App, "a secret is revoked first in an emergency alone", "ask for an emergency too")
	case a.RevokeFirst && !access.From(ctx).Role.May(access.Admin):
		return problem.NeedsPerson("role.insufficient", access.From(ctx).Name, "may not let consumers fail: revoking first takes admin", "ask somebody who has it")
	}
	return nil
}

// Tell says a word to an open run that was seen at that version; 0 = whatever its version is, which approving never is.
func (d Desk) Tell(ctx context.Context, id string, version int64, word Word, asPerson bool) (renewal.Run, error) {
	run, err := d.Runs.Run(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return run, problem.NeedsPerson(problem.NotFound, "run "+id, "there is no such renewal", "see the list of renewals")
	case err != nil:
		return run, err
	}
	by := access.From(ctx)
	if word == Approve {
		if err := mayApprove(run, version, by); err != nil {
			return run, err
		}
	}
	return d.Engine.Tell(ctx, id, version, word, asPerson, by)
}

// mayApprove holds the rule of four eyes: whoever asked for a run doesn't approve it, whatever they show to come in.
func mayApprove(run renewal.Run, version int64, by access.Person) error {
	switch {
	case run.Order.AskedAs != "" && run.Order.AskedAs == by.Subject:
		return problem.NeedsPerson("approve.own", "run "+run.ID, "was asked for by you, so somebody else approves it", "ask another approver")
	case version == 0:
		return problem.NeedsPerson("version.missing", "run "+run.ID, "what is approved must be named", "send If-Match with the ETag of the run that you saw")
	}
	return nil
}
