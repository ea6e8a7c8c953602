package apiconnection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyturn/arm"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// tokenLife is how long a connector may go on with a token bought by the old secret: a run that starts earlier proves
// nothing about the new one. Tokens live 60 to 90 minutes.
// Source: https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes (read 2026-11-22).
const tokenLife = 90 * time.Minute

// Verify sees that nobody wrote after us and, where a probe is configured and can mean something, that a logic app
// works through the connection. A run that happened anyway is taken before one is started.
func (t *Target) Verify(ctx context.Context, _ target.Parcel, written target.Written) (target.Proof, error) {
	found, err := t.read(ctx)
	if err != nil {
		return target.Proof{}, t.explain(err)
	}
	if err := t.unchanged(found, written); err != nil {
		return target.Proof{}, err
	}
	if t.probe == nil {
		return target.Proof{Rung: renewal.Acknowledged, Note: "the connection took the secret (token may be cached until " +
			clock(written.At.Add(tokenLife)) + "); no harmless probe is known"}, nil
	}
	from := meaningful(written)
	if written.Now.Before(from) {
		return t.later("a probe before " + clock(from) + " could still use a token of the old secret"), nil
	}
	return t.proveByRun(ctx, written, from)
}

// meaningful is when a run may start to prove something. That somebody uses the new key already shows that connectors
// have let go of old tokens.
func meaningful(written target.Written) time.Time {
	if written.SeenInUse {
		return written.At
	}
	return written.At.Add(tokenLife)
}

func (t *Target) unchanged(found connection, written target.Written) error {
	switch receipt := found.receipt(); {
	case receipt == written.Receipt:
		return nil
	case arm.Later(written.Receipt, receipt):
		return problem.Later("replica.lag", t.Place().Title, 5*time.Second, errors.New("an older state is shown than the one we wrote"))
	default:
		return problem.NeedsPerson(problem.Drift, t.Place().Title, "somebody changed it at "+receipt+", after we wrote it",
			"find out who wrote what; then write ours again with keyturn resume APP --overwrite, or leave it and end the run with keyturn abort RUN")
	}
}

// later is an honest "not yet".
func (t *Target) later(why string) target.Proof {
	return target.Proof{
		Rung: renewal.Acknowledged, Probe: t.probe.String(), Better: true,
		Note: "the connection took the secret (token may be cached); " + why,
	}
}

func clock(at time.Time) string { return fmt.Sprintf("%s UTC", at.UTC().Format("2006-01-02 15:04")) }
