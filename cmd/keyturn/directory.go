package main

import (
	"context"
	"iter"

	"keyturn/credential"
	"keyturn/graph"
)

// directory hands the tenant's objects, as Graph lists them, to those who look through all of them.
type directory struct{ graph *graph.Client }

// Applications walks the app registrations.
func (d directory) Applications(ctx context.Context) iter.Seq2[credential.App, error] {
	return mapped(d.graph.Applications(ctx), func(a graph.Application) credential.App { return graph.Together(&a, nil) })
}

// ServicePrincipals walks the service principals; most hold no credential of their own.
func (d directory) ServicePrincipals(ctx context.Context) iter.Seq2[credential.App, error] {
	return mapped(d.graph.ServicePrincipals(ctx), func(p graph.ServicePrincipal) credential.App { return graph.Together(nil, &p) })
}

func mapped[From, To any](from iter.Seq2[From, error], to func(From) To) iter.Seq2[To, error] {
	return func(yield func(To, error) bool) {
		for one, err := range from {
			if !yield(to(one), err) {
				return
			}
		}
	}
}
