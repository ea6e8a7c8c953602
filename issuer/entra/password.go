package entra

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/problem"
)

// Issue makes one password on the app registration, or on the service principal of an app that is registered elsewhere.
// A policy that allows only shorter lives is a Person problem.Blocked with [issuer.ErrLifetime] inside; one that forbids
// passwords is problem.Blocked; a full app is problem.Full; somebody else's change at the same moment is
// problem.Conflict; an object that a replica doesn't know yet is a Retry problem.NotFound.
func (i *Issuer) Issue(ctx context.Context, app credential.App, order issuer.Order) (credential.Issued, error) {
	on := holderOf(app)
	made, err := i.graph.AddPassword(counted(ctx, app), on, graph.NewPassword{DisplayName: order.Mark, End: order.End})
	if graph.TooLong(err) {
		i.fallback.forget() // it has changed since it was read, or the identity mayn't read it
	}
	if err != nil {
		return credential.Issued{}, judgeIssue(err, app)
	}
	return credential.Issued{
		Credential: credential.Credential{
			KeyID: made.KeyID, DisplayName: made.DisplayName, Hint: made.Hint, Kind: credential.Password, Holder: on.Kind,
			Start: made.Start.UTC(), End: made.End.UTC(),
		},
		Value: made.Value,
	}, nil
}

func holderOf(app credential.App) graph.Holder {
	if app.ObjectID == "" {
		return graph.Holder{Kind: credential.OnServicePrincipal, ID: app.ServicePrincipalID}
	}
	return graph.Holder{Kind: credential.OnApplication, ID: app.ObjectID}
}

// title is how a person knows an app.
func title(app credential.App) string {
	if app.Name == "" {
		return "app " + app.ClientID
	}
	return fmt.Sprintf("app %s (%s)", app.Name, app.ClientID)
}

// judgeIssue says what a failed addPassword means for this app.
func judgeIssue(err error, app credential.App) error {
	p := *problem.Of(err)
	p.Subject = title(app)
	refusal := refusalIn(err)
	switch {
	case refusal == nil:
	case graph.TooLong(err):
		p.Err = fmt.Errorf("%w: %w", issuer.ErrLifetime, refusal)
	case p.Code == problem.NotFound:
		p.Class = problem.Retry
	case p.Code == problem.Full:
		p.Fix = "remove a password of this app that nobody uses; keyturn plan names the candidates"
	}
	return &p
}

// counted says of a write which limits of Graph it counts for.
func counted(ctx context.Context, app credential.App) context.Context {
	if app.TakesPersonal() {
		return cloud.ForPersonal(ctx)
	}
	return ctx
}

// Remove removes one password. Graph refuses a key id that the answering replica doesn't know with a general 400, be it
// gone or too fresh; that is judged by reading the app again, not by the sentence that comes with it.
func (i *Issuer) Remove(ctx context.Context, app credential.App, held credential.Credential) error {
	if held.Kind == credential.Certificate {
		return &problem.Error{
			Class: problem.Permanent, Code: "credential.kind", Subject: title(app),
			Message: "credential " + held.KeyID + " is a certificate, which Keyturn doesn't remove",
		}
	}
	err := i.graph.RemovePassword(counted(ctx, app), holding(app, held), held.KeyID)
	if err == nil {
		return nil
	}
	p := *problem.Of(err)
	p.Subject = title(app)
	if refusal := refusalIn(err); p.Class == problem.Permanent && refusal != nil &&
		(refusal.Status == http.StatusBadRequest || refusal.Status == http.StatusNotFound) {
		return i.judgeUnknown(ctx, app, held, &p)
	}
	return &p
}

func holding(app credential.App, held credential.Credential) graph.Holder {
	if held.Holder == credential.OnServicePrincipal {
		return graph.Holder{Kind: credential.OnServicePrincipal, ID: app.ServicePrincipalID}
	}
	return graph.Holder{Kind: credential.OnApplication, ID: app.ObjectID}
}

// judgeUnknown looks whether the app still holds a key id that removePassword was refused for. Not there: nothing is
// left to do. There: the replica asked was behind, and the same call will succeed later.
func (i *Issuer) judgeUnknown(ctx context.Context, app credential.App, held credential.Credential, refused *problem.Error) error {
	seen, err := i.Look(ctx, app.ClientID)
	if err != nil {
		return fmt.Errorf("look for password %s: %w", held.KeyID, err)
	}
	if _, there := seen.Find(held.KeyID); !there {
		return nil
	}
	refused.Class, refused.Code = problem.Retry, problem.Conflict
	refused.Message = "a replica of the directory doesn't know password " + held.KeyID + " yet"
	return refused
}

func refusalIn(err error) *cloud.Refusal {
	var refusal *cloud.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return nil
}
