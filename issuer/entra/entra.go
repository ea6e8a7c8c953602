// Package entra is the issuer of Microsoft Entra ID: passwords of app registrations and service principals, made and
// removed through Microsoft Graph and proven at the token endpoint. It fulfils issuer.Issuer, issuer.TermsReader,
// issuer.UsageReader and issuer.Checker.
//
// It never changes the password collection of an app as a whole, never repeats addPassword, and never judges by the text
// of an answer alone. Which password goes and when is no business of its own.
//
// Start at [Issuer].
package entra

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/secret"
)

// Issuer makes, proves and removes the passwords of a tenant's apps. It is safe for concurrent use.
type Issuer struct {
	session *cloud.Session
	graph   *graph.Client
	pause   func(ctx context.Context, d time.Duration) error

	flights  singleflight.Group // reads under way, shared by whoever asks for the same meanwhile
	mu       sync.Mutex
	resource string // object id of Microsoft Graph in this tenant, once known
	fallback recently[graph.Policy]
	report   tenantReport
}

var (
	_ issuer.Issuer      = (*Issuer)(nil)
	_ issuer.TermsReader = (*Issuer)(nil)
	_ issuer.UsageReader = (*Issuer)(nil)
	_ issuer.Checker     = (*Issuer)(nil)
)

// New returns the issuer of the session's tenant. It contacts nobody.
func New(session *cloud.Session, client *graph.Client) *Issuer {
	return &Issuer{session: session, graph: client, pause: cloud.Sleep}
}

// Two more reads follow one that found nothing where something must be: a replica may not know a new object yet.
var again = []time.Duration{600 * time.Millisecond, 1500 * time.Millisecond}

// Look reads the app registration and the service principal side by side. An app known to the tenant by only one of
// the two is returned with that one. A client id that the tenant doesn't know at all is problem.NotFound.
func (i *Issuer) Look(ctx context.Context, clientID string) (credential.App, error) {
	if !cloud.IsGUID(clientID) {
		return credential.App{}, problem.NeedsPerson(problem.NotFound, "app "+clientID, "that is no client id",
			"take the Application (client) ID from the app registration's overview page")
	}
	found, lagging, err := i.read(ctx, clientID)
	for _, wait := range again {
		if err != nil || !lagging {
			break
		}
		if err = i.pause(ctx, wait); err == nil {
			found, lagging, err = i.read(ctx, clientID)
		}
	}
	switch {
	case err != nil:
		return credential.App{}, cloud.Classify(err, "app "+clientID)
	case found.a == nil && found.p == nil:
		return credential.App{}, problem.NeedsPerson(problem.NotFound, "app "+clientID, "the tenant has no such app",
			"check clientId and tenant in the configuration; keyturn scan lists the tenant's apps")
	}
	app := graph.Together(found.a, found.p)
	app.Elsewhere = found.a == nil && !lagging
	return app, nil
}

// pair is what the directory has of one app.
type pair struct {
	a *graph.Application
	p *graph.ServicePrincipal
}

// read reads both objects. lagging is true when one is missing that may be there all the same.
func (i *Issuer) read(ctx context.Context, clientID string) (found pair, lagging bool, err error) {
	both, asked := errgroup.WithContext(ctx)
	both.Go(func() error {
		a, err := i.graph.Application(asked, clientID)
		found.a, err = unlessMissing(&a, err)
		return err
	})
	both.Go(func() error {
		p, err := i.graph.ServicePrincipal(asked, clientID)
		found.p, err = unlessMissing(&p, err)
		return err
	})
	if err := both.Wait(); err != nil {
		return pair{}, false, err
	}
	lagging, err = i.lags(ctx, found)
	return found, lagging, err
}

// lags reports whether a replica may be behind: neither object is there, or the registration isn't although the service
// principal says that this tenant is its home.
func (i *Issuer) lags(ctx context.Context, found pair) (bool, error) {
	if found.a != nil || found.p == nil {
		return found.a == nil, nil
	}
	if strings.EqualFold(found.p.Type, "Legacy") {
		return false, nil // a SharePoint add-in of before December 2024 has no app registration
	}
	self, err := i.session.Self(ctx)
	return found.p.HomeTenant == self.TenantID, err
}

func unlessMissing[T any](found *T, err error) (*T, error) {
	if problem.Is(err, problem.NotFound) {
		return nil, nil //nolint:nilnil // nothing is what was found
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// SignIn proves value at the tenant's token endpoint. See [cloud.Session.SignIn].
func (i *Issuer) SignIn(ctx context.Context, clientID string, value secret.Value) error {
	return i.session.SignIn(ctx, "", clientID, value)
}

// shared reads what key stands for, together with everybody who asks for it at the same moment: a plan and its checks
// read the same policies and reports side by side. A reader who is stopped leaves the others' read going.
func shared[T any](ctx context.Context, i *Issuer, key string, read func(context.Context) (T, error)) (T, error) {
	flight := i.flights.DoChan(key, func() (any, error) { return read(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		var none T
		return none, cloud.Classify(ctx.Err(), "")
	case landed := <-flight:
		found, _ := landed.Val.(T)
		return found, landed.Err
	}
}
