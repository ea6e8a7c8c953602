package inventory

import (
	"context"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// value tries the value that the first place gives back, for what keeps any value of the app from signing in: an app that is
// disabled, a service that is gone. A value that is merely refused is told by drift. What an open run has brought everywhere
// isn't tried: reports would show our sign-in as if a consumer used the new secret, which lets the old one go.
func (e *examination) value(ctx context.Context) {
	for _, t := range e.subject.Targets {
		custodian, ok := t.(target.Custodian)
		if !ok {
			continue
		}
		value, standing, err := custodian.Current(ctx)
		if err != nil || value.IsZero() || e.subject.Memory.Last.Brought(standing.Tag, standing.Receipt, e.subject.Memory.Deliveries[t.Place().ID]) {
			return // its own check says why
		}
		if err := e.subject.Issuer.SignIn(ctx, e.subject.ClientID, value); problem.Of(err) != nil && problem.Of(err).Class == problem.Person {
			found := problem.Of(err)
			e.tried = one(check.Fail("credential.value", found.Subject, found.Code, found.Message, found.Fix))
		}
		return
	}
}
