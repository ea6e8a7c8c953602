package stage

import (
	"context"
	"errors"
	"fmt"

	"keyturn/audit"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/renewal"
)

// afterIssuing is where a run goes when its password was made: it stays where that is only the first of two steps.
func (j *Job) afterIssuing() renewal.State {
	if j.inSteps() {
		return renewal.Issuing
	}
	return renewal.Settling
}

// inSteps reports whether secrets are made in two steps.
func (j *Job) inSteps() bool {
	_, ok := j.Issuer.(issuer.Completing)
	return ok
}

// complete adds what a password that was just made still lacks. After a kill here the value is lost, and with it the
// attempt: no place knows it, so it is removed with whatever it had got, and another is made.
func (j *Job) complete(ctx context.Context, made renewal.Attempt) error {
	completing, ok := j.Issuer.(issuer.Completing)
	if !ok || j.value.IsZero() || j.valueOf != made.N {
		return j.startOver(ctx, made, "its value was lost before it was whole")
	}
	// look
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return fmt.Errorf("look before completing: %w", err)
	}
	// mark: completing is safe to repeat while the value is here; without it the attempt is given up, whole or not
	held := j.made(made)
	if err := j.save(ctx, draft{
		events: event("completing", completing.Completes(), "keyId", held.KeyID),
		audit:  entry("complete", held.KeyID, audit.Intended, completing.Completes()),
	}); err != nil {
		return err
	}
	// act
	err = completing.Complete(ctx, app, held, j.value)
	if errors.Is(err, issuer.ErrLifetime) && j.mayShorten() {
		return j.makeShorter(ctx, made, err)
	}
	if err != nil {
		failed := j.save(ctx, draft{audit: entry("complete", held.KeyID, audit.Failed, err.Error())})
		return errors.Join(fmt.Errorf("complete the new secret: %w", err), failed)
	}
	// advance
	return j.save(ctx, draft{
		run:    to(renewal.Settling),
		events: event("completed", "the new secret is whole", "keyId", held.KeyID),
		audit:  entry("complete", held.KeyID, audit.Happened, ""),
	})
}

// makeShorter takes back a password whose other half would live too long, and has another made that ends sooner.
func (j *Job) makeShorter(ctx context.Context, made renewal.Attempt, cause error) error {
	if err := j.abandon(ctx, made, "the tenant allows what belongs to it only a shorter life"); err != nil {
		return err
	}
	gone, _ := j.attempt()
	return j.shorten(ctx, gone, cause)
}

// made is the credential that an attempt made, as far as its row tells.
func (j *Job) made(a renewal.Attempt) credential.Credential {
	return credential.Credential{
		KeyID: a.KeyID, DisplayName: a.Mark, Hint: a.Hint, Kind: credential.Password, Start: a.Start, End: a.End,
	}
}
