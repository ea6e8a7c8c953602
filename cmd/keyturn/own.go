package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"keyturn/cloud"
	"keyturn/engine"
	"keyturn/graph"
	"keyturn/problem"
)

// ownNear is how long before its end people are told of what Keyturn itself signs in with: nothing renews that.
const ownNear = 30 * 24 * time.Hour

// ownWorry looks when Keyturn's own credential ends. A certificate tells it itself; a secret's end is read from the app
// that it belongs to, where this identity may read that.
func (s *service) ownWorry(ctx context.Context) (engine.Worry, error) {
	self, err := s.session.Self(ctx)
	if err != nil {
		return engine.Worry{}, fmt.Errorf("sign in: %w", err)
	}
	own := s.session.OwnCredential()
	end, what := own.End, "certificate"
	if own.Hint != "" {
		what = "secret"
		if end, err = s.ownSecretEnd(ctx, self.ClientID, own); err != nil {
			return engine.Worry{}, err
		}
	}
	if end.IsZero() || end.Sub(s.clock.Now()) > ownNear {
		return engine.Worry{}, nil
	}
	return ownEnds(self, what, end), nil
}

// ownSecretEnd is the latest end among the app's secrets that begin as ours does; zero = not known.
func (s *service) ownSecretEnd(ctx context.Context, clientID string, own cloud.OwnCredential) (time.Time, error) {
	app, err := s.graph.Application(ctx, clientID)
	if problem.Is(err, problem.Denied) || problem.Is(err, problem.NotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("look at Keyturn's own app: %w", err)
	}
	var end time.Time
	for _, c := range graph.Together(&app, nil).Passwords() {
		if c.Hint == own.Hint && c.End.After(end) {
			end = c.End
		}
	}
	return end, nil
}

func ownEnds(self cloud.Identity, what string, end time.Time) engine.Worry {
	fix := "make a new secret for that app and set AZURE_CLIENT_SECRET for keyturn serve, then start it anew; better still, use a managed identity"
	if what == "certificate" {
		fix = "add a new certificate to that app and name it in AZURE_CLIENT_CERTIFICATE_PATH for keyturn serve, then start it anew; better still, use a managed identity"
	}
	name := self.Name
	if !strings.Contains(name, self.ClientID) {
		name = fmt.Sprintf("%s (%s)", name, self.ClientID)
	}
	return engine.Worry{
		Code: "self.ending", By: end, Fix: fix,
		Text: fmt.Sprintf("the %s with which Keyturn signs in as %s ends on %s; nothing is renewed after that", what, name, end.UTC().Format("2 January 2006")),
	}
}
