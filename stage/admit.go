package stage

import (
	"context"
	"fmt"
	"slices"

	"keyturn/check"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/target"
)

// Admit refuses to let an unattended identity go on with a run that a person's sign-in began, unless that identity has
// every right that the rest of the run needs. A person's sign-in ends with its process and is kept nowhere, so such a run
// waits for the next one. The refusal is a Person problem with code "signin.needed"; a reading that failed for a moment
// is returned as it is. It changes nothing.
func (j *Job) Admit(ctx context.Context) error {
	if j.Run.Order.Person == "" || j.Person != "" || j.Run.State.Ended() {
		return nil
	}
	missing, err := j.missing(ctx)
	switch {
	case err != nil && problem.Of(err).Class == problem.Retry:
		return err
	case err != nil:
		return NeedsSignIn(j.App, problem.Of(err).Message)
	case missing != nil:
		return NeedsSignIn(j.App, missing.Subject+": "+missing.Message)
	}
	return nil
}

// NeedsSignIn is the problem of a run that waits for a person's sign-in. why says what the unattended identity lacks.
func NeedsSignIn(app, why string) error {
	known := problem.FindKnown("signin.needed")
	return known.Stops(app, "a person's sign-in began this renewal and has ended; the unattended identity can't finish it: "+why, "")
}

// missing returns the first check that the identity at hand fails, or nil.
func (j *Job) missing(ctx context.Context) (*check.Check, error) {
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return nil, fmt.Errorf("look at the app registration: %w", err)
	}
	checks := slices.Clone(j.Checks)
	if checker, ok := j.Issuer.(issuer.Checker); ok {
		found, err := checker.Check(ctx, app)
		if err != nil {
			return nil, fmt.Errorf("look at the rights: %w", err)
		}
		checks = append(checks, found...)
	}
	for _, t := range j.Targets {
		if checker, ok := t.(target.Checker); ok {
			checks = append(checks, checker.Check(ctx)...)
		}
	}
	if failed := check.Failed(checks); len(failed) > 0 {
		return &failed[0], nil
	}
	return nil, nil //nolint:nilnil // nothing is missing
}
