package access

import (
	"context"
	"net/http"
)

// Route is one way in: what answers, and the least role that may ask.
type Route struct {
	Pattern string // as [http.ServeMux] takes it, with its method
	Least   Role   // Nobody = open to all
	Handler http.Handler
	Counted bool // somebody who tries to sign in: only so often
	Stream  bool // goes on for as long as anybody listens
	Slow    bool // asks the cloud while whoever sent it waits
}

type visitorKey struct{}

// With returns ctx in which person has come in.
func With(ctx context.Context, person Person) context.Context {
	return context.WithValue(ctx, visitorKey{}, person)
}

// From returns who has come in; the zero Person where nobody has.
func From(ctx context.Context) Person {
	person, _ := ctx.Value(visitorKey{}).(Person)
	return person
}
