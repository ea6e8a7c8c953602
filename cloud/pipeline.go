package cloud

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/problem"
)

// The limits of a read's repeats: three, within about ten seconds, and no longer wait than this when the service names
// one. A longer one is the caller's decision.
const (
	readRepeats = 3
	firstWait   = 800 * time.Millisecond
	longestWait = 15 * time.Second
	tryTimeout  = 75 * time.Second
)

// Pipeline returns the way to a service: requests for host (an address of [Hosts], or a vault's) carry a token for
// scope. Only reads are repeated, after throttling, 5xx and broken connections; whoever writes decides alone. A request
// for another host is refused before any token is sent. Requests to Microsoft Graph keep to the budget that the session
// shares, see [Session.Share].
func (s *Session) Pipeline(host, scope string) runtime.Pipeline {
	options := runtime.PipelineOptions{
		PerCall:  []policy.Policy{writesOnce{}},
		PerRetry: []policy.Policy{&authorizer{tokens: s.tokens, host: hostOf(host), scope: scope}},
	}
	if host == s.hosts.Graph {
		options.PerCall = append(options.PerCall, rank{}, turnstile{&s.purse})
		options.PerRetry = append(options.PerRetry, listener{&s.purse})
	}
	return runtime.NewPipeline("keyturn", "v1", options, &policy.ClientOptions{
		Transport: s.client, Retry: gentle(), Telemetry: policy.TelemetryOptions{ApplicationID: "keyturn"},
	})
}

// gentle is how calls that change nothing are repeated.
func gentle() policy.RetryOptions {
	return policy.RetryOptions{
		MaxRetries: readRepeats, RetryDelay: firstWait, MaxRetryDelay: longestWait, TryTimeout: tryTimeout,
		ShouldRetry: mayPass,
	}
}

// mayPass reports whether asking again within seconds may help: after a failing service and a connection that broke. A
// name that can't be resolved, nobody at an address, a proxy that refuses, an authority not trusted or a refused sign-in
// are told at once.
func mayPass(answer *http.Response, err error) bool {
	if err != nil {
		return problem.Of(Classify(err, "")).Class == problem.Retry && !unreached(err)
	}
	switch answer.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func hostOf(address string) string {
	if parsed, err := url.Parse(address); err == nil && parsed.Host != "" {
		return parsed.Host
	}
	return address
}

// rank says which requests Graph may refuse first. It doesn't change how many may be made; without it a request is of normal
// priority. High is meant for what a person waits for, and Keyturn's renewals can wait.
// Source: https://learn.microsoft.com/graph/throttling-limits, "Other headers" (read 2026-11-26).
type rank struct{}

// Do passes the request on.
func (rank) Do(r *policy.Request) (*http.Response, error) {
	if r.Raw().Context().Value(backgroundKey{}) != nil {
		r.Raw().Header.Set("x-ms-throttle-priority", "Low")
	}
	return r.Next()
}

// turnstile lets a request pass when the budget allows it. It stands before the repeats, so that waiting takes no time
// from the request, and a write that doesn't pass was surely never sent.
type turnstile struct{ purse *purse }

// Do passes the request on.
func (t turnstile) Do(r *policy.Request) (*http.Response, error) {
	if err := t.purse.pass(r.Raw().Context(), changes(r.Raw().Method)); err != nil {
		return nil, err
	}
	return r.Next()
}

// listener hears when Graph is asked too much, and makes everybody wait as long as it says. Reports have a limit of their
// own, which says nothing about the rest.
type listener struct{ purse *purse }

// Do passes the request on.
func (l listener) Do(r *policy.Request) (*http.Response, error) {
	answer, err := r.Next()
	if err == nil && answer.StatusCode == http.StatusTooManyRequests && !reports(r.Raw().URL.Path) {
		wait := retryAfter(answer.Header)
		if wait <= 0 {
			wait = unsaid
		}
		l.purse.hold(r.Raw().Context(), wait)
	}
	return answer, err
}

// reports tells the paths of reports and logs: /beta/reports/... and /beta/auditLogs/...
func reports(path string) bool {
	lower := strings.ToLower(path)
	return strings.Contains(lower, "/reports/") || strings.Contains(lower, "/auditlogs/")
}

// changes reports whether requests of that method may change something.
func changes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// writesOnce turns repeats off for every request that may change something: a write whose answer was lost may have
// happened, and only who knows its meaning can find out.
type writesOnce struct{}

// Do passes the request on.
func (writesOnce) Do(r *policy.Request) (*http.Response, error) {
	if changes(r.Raw().Method) {
		ctx := policy.WithRetryOptions(r.Raw().Context(), policy.RetryOptions{MaxRetries: -1, TryTimeout: tryTimeout})
		r = r.WithContext(ctx)
	}
	return r.Next()
}

// authorizer signs requests for one host with the token of one scope.
type authorizer struct {
	tokens      *tokens
	host, scope string
}

// fresh is how old a token must be for a refusal (403) to be a reason to get a newer one.
const fresh = 30 * time.Second

// Do sends the request with a token. Where the service takes the token for invalid, one new one is tried: a request
// refused that way had no effect.
func (a *authorizer) Do(r *policy.Request) (*http.Response, error) {
	if where := r.Raw().URL; where.Scheme != "https" || !strings.EqualFold(where.Host, a.host) {
		return nil, unreadable(a.host, "an address of another host was given: "+where.Host)
	}
	token, answer, err := a.send(r)
	if err != nil || (answer.StatusCode != http.StatusUnauthorized && answer.StatusCode != http.StatusForbidden) {
		return answer, err
	}
	if answer.StatusCode == http.StatusForbidden {
		a.tokens.drop(a.scope, token, fresh)
		return answer, nil
	}
	if asksForMore(answer.Header) || !a.tokens.drop(a.scope, token, 0) {
		return answer, nil
	}
	if err := r.RewindBody(); err != nil {
		return answer, nil //nolint:nilerr // the refusal at hand tells more
	}
	runtime.Drain(answer)
	_, answer, err = a.send(r)
	return answer, err
}

func (a *authorizer) send(r *policy.Request) (string, *http.Response, error) {
	token, err := a.tokens.GetToken(r.Raw().Context(), policy.TokenRequestOptions{Scopes: []string{a.scope}})
	if err != nil {
		return "", nil, err
	}
	r.Raw().Header.Set("Authorization", "Bearer "+token.Token)
	answer, err := r.Next()
	return token.Token, answer, err
}

// asksForMore reports whether a refusal wants a stronger sign-in, such as a second factor, rather than another token.
func asksForMore(header http.Header) bool {
	challenge := strings.ToLower(header.Get("WWW-Authenticate"))
	return strings.Contains(challenge, "insufficient_claims")
}
