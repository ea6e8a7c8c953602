package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"keyturn/problem"
	"keyturn/secret"
)

// SignIn is the proof that a secret works: it asks the tenant's token endpoint for a token for Microsoft Graph with it,
// by the client credentials grant, on a connection of its own and past every cache, and throws the token away. nil
// means accepted by the sign-in node that happened to answer; others may not know the secret yet.
//
// A refusal of the value has code [problem.SignIn] and class Retry, be it wrong, expired, removed or too fresh. Safe to
// repeat; it shows in the tenant's sign-in log. tenant "" is the session's own.
// Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (read 2026-11-22).
func (s *Session) SignIn(ctx context.Context, tenant, clientID string, value secret.Value) error {
	tenant, err := s.tenantFor(ctx, tenant)
	if err != nil {
		return err
	}
	request, err := s.proofRequest(ctx, tenant, clientID, value)
	if err != nil {
		return err
	}
	client, done := s.Fresh()
	defer done()
	answer, err := client.Do(request)
	subject := "sign-in of app " + clientID
	if err != nil {
		return Classify(err, subject)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return classifyProof(readRefusal(answer), subject)
	}
	return checkGranted(answer.Body, subject)
}

func (s *Session) tenantFor(ctx context.Context, tenant string) (string, error) {
	if tenant != "" {
		return tenant, nil
	}
	if s.options.Tenant != "" {
		return s.options.Tenant, nil
	}
	return s.TenantID(ctx)
}

func (s *Session) proofRequest(ctx context.Context, tenant, clientID string, value secret.Value) (*http.Request, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "scope": {s.hosts.GraphScope()},
		"client_secret": {value.Reveal()},
	}
	address := s.hosts.Login + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("build sign-in: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request, nil
}

// Fresh returns a client for one request on a connection of its own, so that another node may answer than before. It is
// otherwise like [Session.Client]. done gives the connection back.
func (s *Session) Fresh() (client *http.Client, done func()) {
	once, done := s.once()
	return newClient(&wire{meter: s.wire.meter, base: once}), done
}

// RefusedProof is what an answer other than success means to the sign-in of a managed app's own secret, at Entra or at ACS.
// See [Session.SignIn].
func RefusedProof(answer *http.Response, subject string) error {
	return classifyProof(readRefusal(answer), subject)
}

// once returns a connection pool for one request: the same path, nothing reused, nothing kept once done is called.
func (s *Session) once() (way http.RoundTripper, done func()) {
	if s.options.Carry != nil {
		return s.options.Carry, func() {}
	}
	once := s.base.Clone()
	once.DisableKeepAlives = true
	once.ForceAttemptHTTP2 = false
	once.TLSNextProto = nil
	once.TLSClientConfig.NextProtos = nil
	return once, once.CloseIdleConnections
}

func checkGranted(body io.Reader, subject string) error {
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&granted); err != nil || granted.Token == "" {
		return &problem.Error{
			Class: problem.Retry, Code: problem.Unreachable, Subject: subject,
			Message: "the answer holds no token", Fix: "see whether a proxy answers in Microsoft's place", Err: err,
		}
	}
	return nil
}
