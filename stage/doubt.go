package stage

import (
	"context"
	"fmt"
	"slices"

	"keyturn/audit"
	"keyturn/credential"
	"keyturn/renewal"
)

// clearDoubts settles what became of earlier attempts of this run: one that turns up under its mark is abandoned and,
// when no place may know it, removed; one that stays unseen for the doubt window never came to exist.
func (j *Job) clearDoubts(ctx context.Context, app credential.App) error {
	for _, a := range j.History.Attempts {
		if err := j.clearDoubt(ctx, app, a); err != nil {
			return err
		}
	}
	return nil
}

func (j *Job) clearDoubt(ctx context.Context, app credential.App, a renewal.Attempt) error {
	seen, there := j.ours(app, a)
	switch a.State {
	case renewal.AttemptIntended, renewal.AttemptDoubtful:
		if there {
			a.KeyID = seen.KeyID
			return j.abandon(ctx, a, "its value never reached us")
		}
		if j.Now().Sub(a.At) >= doubtWindow {
			a.State = renewal.AttemptVoid
			return j.saveAttempt(ctx, a, "void", "never came to exist")
		}
	case renewal.AttemptAbandoned:
		if j.knownToNoPlace(a) {
			return j.sweep(ctx, a)
		}
	}
	return nil
}

// clearLate gives up attempts that were taken for never made, or for gone, and are there all the same: a gateway may refuse
// what the service behind it has done, and replicas may lag longer than any window.
func (j *Job) clearLate(ctx context.Context) error {
	if !slices.ContainsFunc(j.History.Attempts, func(a renewal.Attempt) bool { return settled(a.State) }) {
		return nil
	}
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return fmt.Errorf("look for attempts that came late: %w", err)
	}
	return j.abandonLate(ctx, app)
}

// abandonLate is clearLate for an app that was just read.
func (j *Job) abandonLate(ctx context.Context, app credential.App) error {
	for _, a := range j.History.Attempts {
		late, there := app.ByDescription(a.Mark)
		if !settled(a.State) || !there {
			continue
		}
		a.KeyID, a.State = late.KeyID, renewal.AttemptAbandoned
		if err := j.saveAttempt(ctx, a, "abandoned", "it was taken for never made or gone, and is there"); err != nil {
			return err
		}
	}
	return nil
}

// ours finds the password of an attempt: by key id where we know it, else by its mark, which what is left of one bears too.
func (j *Job) ours(app credential.App, a renewal.Attempt) (credential.Credential, bool) {
	if held, there := app.Find(a.KeyID); there && a.KeyID != "" {
		return held, true
	}
	return app.ByDescription(a.Mark)
}

// knownToNoPlace reports whether no write of this attempt was ever intended, so that nobody can be using it.
func (j *Job) knownToNoPlace(a renewal.Attempt) bool { return len(j.History.Of(a.N)) == 0 }

// abandon gives an attempt up. Where no place may know its value it is removed at once, else only when the run retires.
func (j *Job) abandon(ctx context.Context, a renewal.Attempt, why string) error {
	a.State = renewal.AttemptAbandoned
	if err := j.saveAttempt(ctx, a, "abandoned", why); err != nil {
		return err
	}
	if !j.knownToNoPlace(a) {
		return nil
	}
	return j.sweep(ctx, a)
}

// sweep removes an abandoned attempt. It is a row of this store with our own mark, so it is ours to remove.
func (j *Job) sweep(ctx context.Context, a renewal.Attempt) error {
	// look
	app, held, there, err := j.find(ctx, a)
	if err != nil {
		return err
	}
	// mark: removing is safe to repeat, and the row already says abandoned, so dying here costs nothing.
	if there {
		if held.DisplayName != a.Mark {
			return fmt.Errorf("secret %s no longer bears our mark %q: left alone", held.KeyID, a.Mark)
		}
		// act
		if err := j.Issuer.Remove(ctx, app, held); err != nil {
			return fmt.Errorf("remove the abandoned attempt %s: %w", a.Mark, err)
		}
		j.removed = append(j.removed, a.N)
	}
	// advance, once several replicas agree; one that we didn't remove may only be late in all of them, even where its key id
	// is known, and so may what was made in a second step
	gone, err := j.gone(ctx, a.KeyID, a.Mark)
	if err != nil || !gone {
		return err
	}
	if (!slices.Contains(j.removed, a.N) || j.inSteps()) && j.Now().Sub(a.At) < doubtWindow {
		return nil
	}
	return j.swept(ctx, a, there)
}

// find looks for what an attempt made, more than once where a replica doesn't show it.
func (j *Job) find(ctx context.Context, a renewal.Attempt) (app credential.App, held credential.Credential, there bool, err error) {
	for look := 0; look < goneReads && !there; look++ {
		if app, err = j.Issuer.Look(ctx, j.ClientID); err != nil {
			return app, held, false, fmt.Errorf("look for an abandoned attempt: %w", err)
		}
		held, there = j.ours(app, a)
	}
	return app, held, there, nil
}

// swept saves what became of an attempt that isn't there any more, or never was.
func (j *Job) swept(ctx context.Context, a renewal.Attempt, seen bool) error {
	if !seen && a.KeyID == "" {
		a.State = renewal.AttemptVoid
		return j.saveAttempt(ctx, a, "void", "never came to exist")
	}
	a.State = renewal.AttemptRemoved
	return j.saveAttempt(ctx, a, "removed", "an abandoned attempt is gone")
}

// mostLeft is how many attempts of one run may be on the app, or in doubt, before a person is asked: whatever loses their
// values again and again would fill the app with secrets.
const mostLeft = 5

// tooMany stops before another attempt while as many are left as may be, unless a person has just said to go on.
func (j *Job) tooMany() Pause {
	left := 0
	for _, a := range j.History.Attempts {
		if !settled(a.State) {
			left++
		}
	}
	if left < mostLeft || j.reopened {
		return Pause{}
	}
	return askPerson("attempts.many", fmt.Sprintf("%d secrets were made for this renewal and couldn't be used; they are removed when it ends", left),
		"see with keyturn show "+j.Run.ID+" what ended each of them, mend that, then: keyturn resume "+j.App)
}

func (j *Job) saveAttempt(ctx context.Context, a renewal.Attempt, kind, why string) error {
	return j.save(ctx, draft{
		attempts: []renewal.Attempt{a},
		events:   event("attempt "+kind, why, "mark", a.Mark, "keyId", a.KeyID),
		audit:    entry("attempt", a.Mark, audit.Noted, kind+": "+why),
	})
}
