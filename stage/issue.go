package stage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyturn/audit"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
)

// doubtWindow is how long a password whose request got no answer may still turn up in a lagging replica. Chosen well
// above the minutes that Terraform's provider allows for the same lag.
const doubtWindow = 15 * time.Minute

// issue makes one new password. After a kill here the intended attempt is found again by its mark. One that was made and
// lacks something yet is completed instead.
func issue(ctx context.Context, j *Job) (Pause, error) {
	if made, ok := j.attempt(); ok && made.State == renewal.AttemptIssued {
		return Pause{}, j.complete(ctx, made)
	}
	// look
	app, err := j.Issuer.Look(ctx, j.ClientID)
	if err != nil {
		return Pause{}, fmt.Errorf("look before issuing: %w", err)
	}
	if pause, err := j.mayIssue(ctx, app); err != nil || pause.Door != renewal.Open || j.Run.State != renewal.Issuing {
		return pause, err
	}
	// mark: if we die after this, the password exists under this mark or it doesn't; clearDoubts finds out.
	attempt, err := j.intend(ctx)
	if err != nil {
		return Pause{}, err
	}
	// act
	issued, err := j.Issuer.Issue(ctx, app, issuer.Order{Mark: attempt.Mark, End: j.Run.Order.End})
	if errors.Is(err, issuer.ErrLifetime) && j.mayShorten() {
		attempt.State = renewal.AttemptVoid
		return Pause{}, j.shorten(ctx, attempt, err)
	}
	if err != nil {
		return j.refusedAsFull(app, j.notIssued(ctx, attempt, err))
	}
	// advance
	j.value, j.valueOf = issued.Value, attempt.N
	return Pause{}, j.issued(ctx, attempt, issued)
}

// mayIssue finds out about earlier attempts and sees that there is room for another, unless that finds one to go on with.
func (j *Job) mayIssue(ctx context.Context, app credential.App) (Pause, error) {
	if err := j.clearDoubts(ctx, app); err != nil {
		return Pause{}, err
	}
	if pause, err := j.waitForRoom(ctx, app); err != nil || pause.Door != renewal.Open || j.Run.State != renewal.Issuing {
		return pause, err
	}
	return j.tooMany(), nil
}

// intend saves the next attempt before anything is sent.
func (j *Job) intend(ctx context.Context) (renewal.Attempt, error) {
	n := len(j.History.Attempts) + 1
	attempt := renewal.Attempt{
		Run: j.Run.ID, N: n, State: renewal.AttemptIntended, At: j.Now(),
		Mark: renewal.Mark(j.Run.Order.Description, j.Run.ID, n),
	}
	return attempt, j.save(ctx, draft{
		run:      func(r *renewal.Run) { r.Attempt = n },
		attempts: []renewal.Attempt{attempt},
		events:   event("issuing", "asking for a new secret", "mark", attempt.Mark),
		audit:    entry("issue", attempt.Mark, audit.Intended, "until "+j.Run.Order.End.Format(time.DateOnly)),
	})
}

// issued saves what Entra answered, without the value.
func (j *Job) issued(ctx context.Context, attempt renewal.Attempt, issued credential.Issued) error {
	attempt.State, attempt.KeyID, attempt.Hint = renewal.AttemptIssued, issued.KeyID, issued.Hint
	attempt.Start, attempt.End = issued.Start, issued.End
	return j.save(ctx, draft{
		run:      to(j.afterIssuing()),
		attempts: []renewal.Attempt{attempt},
		events: event("issued", "new secret until "+issued.End.Format(time.DateOnly),
			"keyId", issued.KeyID, "mark", attempt.Mark, "end", issued.End.Format(time.RFC3339)),
		audit: entry("issue", issued.KeyID, audit.Happened, attempt.Mark),
	})
}

// notIssued saves whether the attempt surely came to nothing, and passes the failure on.
func (j *Job) notIssued(ctx context.Context, attempt renewal.Attempt, cause error) error {
	attempt.State = renewal.AttemptVoid
	if problem.Of(cause).Doubtful {
		attempt.State = renewal.AttemptDoubtful
	}
	err := j.save(ctx, draft{
		attempts: []renewal.Attempt{attempt},
		events:   event("not issued", cause.Error(), "mark", attempt.Mark, "attempt", string(attempt.State)),
		audit:    entry("issue", attempt.Mark, audit.Failed, cause.Error()),
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("issue: %w", cause)
}

// shortest is the life below which a refused lifetime is a person's business rather than halved once more.
const shortest = 14 * 24 * time.Hour

func (j *Job) mayShorten() bool { return j.Run.Order.End.Sub(j.Now()) >= 2*shortest }

// shorten asks for a shorter life, because a policy that couldn't be read, or is new, allows no longer one, and says so.
func (j *Job) shorten(ctx context.Context, attempt renewal.Attempt, cause error) error {
	end := j.shorterEnd(ctx)
	if o := j.Run.Order; o.Linger > 0 && j.Run.Retires != "" && !o.Emergency && !retired(o).Before(end) {
		return j.tooShort(ctx, attempt, end)
	}
	note := "the tenant allows only a shorter life: asking for " + end.Format(time.DateOnly) + " instead"
	return j.save(ctx, draft{
		run: func(r *renewal.Run) {
			r.Order.End, r.Order.Notes = end, append(r.Order.Notes, note)
		},
		attempts: []renewal.Attempt{attempt},
		events:   event("lifetime cut", note, "mark", attempt.Mark),
		audit:    entry("issue", attempt.Mark, audit.Failed, cause.Error()),
	})
}

// tooShort is what a person hears where the tenant allows the new password no life that outlasts the old one, by which the
// service goes until it ends: the new one would never be what is signed with.
func (j *Job) tooShort(ctx context.Context, attempt renewal.Attempt, end time.Time) error {
	if err := j.saveAttempt(ctx, attempt, string(attempt.State), "the tenant allows it only a life that is too short"); err != nil {
		return err
	}
	return problem.NeedsPerson("renewal.early", j.App,
		"the service goes on with the old secret until it ends on "+j.Run.Order.RetiresEnd.Format(time.DateOnly)+", and the tenant allows the new one hardly a life beyond "+end.Format(time.DateOnly),
		"keyturn abort "+j.Run.ID+", and renew it later, or have the app management policy allow a longer life")
}

// shorterEnd is what the policies allow now, where they can be read and allow less than was asked for; else half of that.
func (j *Job) shorterEnd(ctx context.Context) time.Time {
	wanted := j.Run.Order.End
	if reader, ok := j.Issuer.(issuer.TermsReader); ok {
		app, err := j.Issuer.Look(ctx, j.ClientID)
		var terms issuer.Terms
		if err == nil {
			terms, err = reader.Terms(ctx, app)
		}
		allowed := policy.End(policy.Input{Now: j.Now(), Policy: j.Policy, Terms: policy.Terms(terms)})
		if err == nil && allowed.At.Before(wanted) {
			return allowed.At
		}
	}
	return j.Now().Add(wanted.Sub(j.Now()) / 2).Truncate(time.Second)
}
