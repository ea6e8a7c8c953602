package cloud_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

func answer(method, address string, status int, header http.Header, body string) *http.Response {
	where, _ := url.Parse(address)
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: header, Body: io.NopCloser(strings.NewReader(body)),
		Request: &http.Request{Method: method, URL: where},
	}
}

const (
	graphURL = "https://graph.microsoft.com/v1.0/applications/x/addPassword"
	vaultURL = "https://kv-x.vault.azure.net/secrets/appSecret"
	armURL   = "https://management.azure.com/subscriptions/s/resourceGroups/g"
)

func graphError(code, message string) string {
	return `{"error":{"code":"` + code + `","message":"` + message + `","innerError":{"date":"2026-11-22T10:00:00","request-id":"r-1","client-request-id":"r-1"}}}`
}

func TestRefusalsAreDecidedByTheirCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url    string
		status int
		body   string
		code   string
		class  problem.Class
		fix    string
	}{
		"graph: missing permission":  {graphURL, 403, graphError("Authorization_RequestDenied", "Insufficient privileges to complete the operation."), problem.Denied, problem.Person, "Application.ReadWrite.OwnedBy"},
		"graph: unknown object":      {graphURL, 404, graphError("Request_ResourceNotFound", "Resource 'x' does not exist."), problem.NotFound, problem.Permanent, ""},
		"graph: bad token":           {graphURL, 401, graphError("InvalidAuthenticationToken", "Access token is empty."), "token.refused", problem.Retry, ""},
		"graph: two passwords":       {graphURL, 400, `{"error":{"code":"TooManyAppPasswords","message":"Not allowed to add 3 passwords.","details":[{"target":"passwordCredentials","code":"TooManyAppPasswords"}]}}`, problem.Full, problem.Person, "remove"},
		"graph: code in the details": {graphURL, 400, `{"error":{"code":"Request_BadRequest","message":"no","details":[{"code":"CredentialTypeNotAllowedAsPerAppPolicy"}]}}`, problem.Blocked, problem.Person, "policy"},
		"graph: code within":         {graphURL, 400, `{"error":{"code":"Request_BadRequest","message":"no","innerError":{"code":"CredentialInvalidLifetimeAsPerAppPolicy"}}}`, problem.Blocked, problem.Person, "lifetime"},
		"graph: concurrent, 400":     {graphURL, 400, graphError("Directory_ConcurrencyViolation", "Error due to concurrent requests being made to the tenant."), problem.Conflict, problem.Retry, ""},
		"graph: concurrent, 409":     {graphURL, 409, graphError("Directory_ConcurrencyViolation", "Error due to concurrent requests being made to the tenant."), problem.Conflict, problem.Retry, ""},
		"graph: locked principal":    {graphURL, 400, graphError("CannotUpdateLockedServicePrincipalProperty", "locked"), problem.Locked, problem.Person, "servicePrincipalLockConfiguration"},
		"graph: no licence":          {graphURL, 403, graphError("Authentication_RequestFromNonPremiumTenantOrB2CTenant", "no"), "license.missing", problem.Person, ""},
		"graph: too many requests":   {graphURL, 429, graphError("TooManyRequests", "wait"), problem.Throttled, problem.Retry, ""},
		"graph: malformed":           {graphURL, 400, graphError("Request_BadRequest", "A value without a type name was found."), "request.refused", problem.Permanent, ""},

		"vault: no access policy": {vaultURL, 403, `{"error":{"code":"Forbidden","message":"The user, group or application does not have secrets set permission on key vault 'kv-x;location=westeurope'.","innererror":{"code":"ForbiddenByPolicy"}}}`, problem.Denied, problem.Person, "doctor"},
		"vault: no role":          {vaultURL, 403, `{"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.","innererror":{"code":"ForbiddenByRbac"}}}`, problem.Denied, problem.Person, "doctor"},
		"vault: firewall":         {vaultURL, 403, `{"error":{"code":"Forbidden","message":"Client address is not authorized and caller is not a trusted service.","innererror":{"code":"ForbiddenByFirewall"}}}`, problem.Firewall, problem.Person, "Networking"},
		"vault: private only":     {vaultURL, 403, `{"error":{"code":"Forbidden","message":"Public network access is disabled.","innererror":{"code":"ForbiddenByConnection"}}}`, problem.Firewall, problem.Person, "Networking"},
		"vault: disabled version": {vaultURL, 403, `{"error":{"code":"Forbidden","message":"Operation get is not allowed on a disabled secret.","innererror":{"code":"SecretDisabled"}}}`, "secret.disabled", problem.Person, "enable"},
		"vault: no such secret":   {vaultURL, 404, `{"error":{"code":"SecretNotFound","message":"A secret with (name/id) appSecret was not found in this key vault."}}`, problem.NotFound, problem.Permanent, ""},
		"vault: soft deleted":     {vaultURL, 409, `{"error":{"code":"Conflict","message":"Secret appSecret is currently in a deleted but recoverable state.","innererror":{"code":"ObjectIsDeletedButRecoverable"}}}`, "secret.deleted", problem.Person, "recover"},

		"arm: missing right":   {armURL, 403, `{"error":{"code":"AuthorizationFailed","message":"The client 'x' does not have authorization to perform action 'Microsoft.Web/connections/write' over scope '/subscriptions/s'."}}`, problem.Denied, problem.Person, "doctor"},
		"arm: right on a link": {armURL, 403, `{"error":{"code":"LinkedAuthorizationFailed","message":"missing join"}}`, problem.Denied, problem.Person, "doctor"},
		"arm: lock":            {armURL, 409, `{"error":{"code":"ScopeLocked","message":"The scope '/subscriptions/s' cannot perform write operation because following scope(s) are locked: '/x'."}}`, problem.Locked, problem.Person, "ReadOnly"},
		"arm: azure policy":    {armURL, 403, `{"error":{"code":"RequestDisallowedByPolicy","message":"Resource 'x' was disallowed by policy."}}`, problem.Blocked, problem.Person, "exemption"},
		"arm: second factor":   {armURL, 403, `{"error":{"code":"RequestDisallowedByAzure","message":"aka.ms/MFAforAzure"}}`, "mfa.required", problem.Person, "multifactor"},
		"arm: no subscription": {armURL, 404, `{"error":{"code":"SubscriptionNotFound","message":"no"}}`, problem.NotFound, problem.Person, "subscription"},
		"arm: old shape":       {armURL, 403, `{"Code":"Forbidden","Message":"no","Target":null,"Details":[{"Message":"no"},{"Code":"AuthorizationFailed"},{"ErrorEntity":{"ExtendedCode":"1","Code":"AuthorizationFailed","Message":"no"}}],"Innererror":null}`, problem.Denied, problem.Person, "doctor"},
		"arm: throttled":       {armURL, 429, `{"error":{"code":"SubscriptionRequestsThrottled","message":"no"}}`, problem.Throttled, problem.Retry, ""},
		"a proxy's own words":  {armURL, 502, `{"error":"Bad gateway"}`, "service.failing", problem.Retry, ""},
		"arm: busy":            {armURL, 409, `{"error":{"code":"AnotherOperationInProgress","message":"no"}}`, problem.Conflict, problem.Retry, ""},

		"no body at all":    {armURL, 403, ``, problem.Denied, problem.Person, "doctor"},
		"not JSON":          {armURL, 502, `<html>Bad Gateway</html>`, "service.failing", problem.Retry, ""},
		"a list instead":    {armURL, 400, `[1]`, "request.refused", problem.Permanent, ""},
		"another condition": {armURL, 412, `{}`, problem.Conflict, problem.Retry, ""},
	} {
		err := cloud.FromResponse(answer(http.MethodPut, c.url, c.status, nil, c.body), "the thing")
		p := problem.Of(err)
		if p.Code != c.code || p.Class != c.class || !strings.Contains(p.Fix, c.fix) || p.Subject != "the thing" {
			t.Errorf("%s: %v\ncode %s, class %s, fix %q", name, err, p.Code, p.Class, p.Fix)
		}
		if p.Class == problem.Person && p.Fix == "" {
			t.Errorf("%s: a person isn't told what to do", name)
		}
		if strings.Contains(p.Message, "\n") || len(p.Message) > 500 {
			t.Errorf("%s: message %q", name, p.Message)
		}
	}
}

func TestWhoMayNotReadIsToldWhichPermissionReads(t *testing.T) {
	t.Parallel()
	err := cloud.FromResponse(answer(http.MethodGet, graphURL, 403, nil, graphError("Authorization_RequestDenied", "no")), "apps")
	if p := problem.Of(err); p.Code != problem.Denied || !strings.Contains(p.Fix, "Application.Read.All") {
		t.Errorf("%v, fix %q", err, p.Fix)
	}
}

func TestARecordedRefusalReadsTheSame(t *testing.T) {
	t.Parallel()
	body := `{"error":{"code":"Request_ResourceNotFound","message":"Resource 'not-a-valid-object-id' does not exist or one of its queried reference-property objects are not present.","innerError":{"date":"2026-09-08T23:26:59","request-id":"id","client-request-id":"id"}}}`
	err := cloud.FromResponse(answer(http.MethodGet, graphURL, 404, http.Header{"Request-Id": {"r-9"}}, body), "app x")
	want := "app x: the directory has no such object: Resource 'not-a-valid-object-id' does not exist or one of its queried reference-property objects are not present (404 Request_ResourceNotFound) (request r-9)"
	if err.Error() != want {
		t.Errorf("%q\nwant %q", err, want)
	}
	var refusal *cloud.Refusal
	if !errors.As(err, &refusal) || refusal.Status != 404 || !refusal.Has("request_resourceNOTfound") {
		t.Errorf("refusal %+v", refusal)
	}
}

// TestAPageIsNobodysRefusal: where the service always answers in JSON, somebody in between refuses, and may not in a minute.
func TestAPageIsNobodysRefusal(t *testing.T) {
	t.Parallel()
	page := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	for name, c := range map[string]struct {
		url    string
		status int
		class  problem.Class
	}{
		"a vault's 403":  {vaultURL, 403, problem.Retry},
		"Graph's 404":    {graphURL, 404, problem.Retry},
		"Azure's 400":    {armURL, 400, problem.Retry},
		"Azure's 503":    {armURL, 503, problem.Retry},
		"another way":    {vaultURL, 302, problem.Retry},
		"a site's own":   {"https://contoso.sharepoint.com/_api/web", 403, problem.Person},
		"nobody we know": {"https://example.org/", 404, problem.Permanent},
	} {
		p := problem.Of(cloud.FromResponse(answer(http.MethodGet, c.url, c.status, page.Clone(), "<html>Please sign in</html>"), "x"))
		if p.Class != c.class || strings.Contains(p.Error(), "Please") {
			t.Errorf("%s: %s, class %s", name, p, p.Class)
		}
	}
}

func TestAWriteIsInDoubtOnlyWhenItMayHaveHappened(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		status int
		want   bool
	}{
		"a write and 500": {http.MethodPost, 500, true}, "a write and 503": {http.MethodPut, 503, true},
		"a read and 500": {http.MethodGet, 500, false}, "a write and 429": {http.MethodPost, 429, false},
		"a write and 408": {http.MethodPost, 408, true}, "a read and 408": {http.MethodGet, 408, false},
		"a write and 400": {http.MethodPost, 400, false}, "a write and 403": {http.MethodPost, 403, false},
	} {
		p := problem.Of(cloud.FromResponse(answer(c.method, graphURL, c.status, nil, ""), "x"))
		if p.Doubtful != c.want {
			t.Errorf("%s: doubtful %v", name, p.Doubtful)
		}
	}
}

func TestTheWaitIsWhatTheServiceSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"seconds":      {http.Header{"Retry-After": {"37"}}, 37 * time.Second},
		"milliseconds": {http.Header{"Retry-After-Ms": {"12500"}}, 12500 * time.Millisecond},
		"a date":       {http.Header{"Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}, "Retry-After": {"Sun, 22 Nov 2026 10:00:45 GMT"}}, 45 * time.Second},
		"nothing":      {nil, 10 * time.Second},
		"days":         {http.Header{"Retry-After": {"864000"}}, time.Hour},
		"eternity":     {http.Header{"Retry-After": {"99999999999999"}}, time.Hour},
		"next year":    {http.Header{"Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}, "Retry-After": {"Mon, 22 Nov 2027 10:00:00 GMT"}}, time.Hour},
		"nonsense":     {http.Header{"Retry-After": {"soon"}}, 10 * time.Second},
		"less than we": {http.Header{"Retry-After": {"1"}}, time.Second},
	} {
		p := problem.Of(cloud.FromResponse(answer(http.MethodGet, graphURL, 429, c.header, ""), "x"))
		if p.After != c.want {
			t.Errorf("%s: after %s, want %s", name, p.After, c.want)
		}
	}
}

func TestProblemsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	if cloud.Classify(nil, "x") != nil {
		t.Error("nothing became a problem")
	}
	known := problem.NeedsPerson("lock", "the vault", "locked", "unlock")
	if got := cloud.Classify(known, "other"); got != error(known) {
		t.Errorf("changed to %v", got)
	}
}

func TestBrokenConnections(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	silent.Close() // an address that nobody answers at
	for name, c := range map[string]struct {
		edit     func(*cloudtest.Cloud, *cloud.Options)
		url      string
		code     string
		class    problem.Class
		doubtful bool
		fix      string
	}{
		"the authority isn't trusted": {func(_ *cloudtest.Cloud, o *cloud.Options) { o.CAFile = "" }, graphURL, problem.Between, problem.Retry, false, "--ca-file"},
		"the proxy is off":            {func(_ *cloudtest.Cloud, o *cloud.Options) { o.Proxy = silent.URL }, graphURL, problem.Unreachable, problem.Retry, false, "see that it runs"},
		"the proxy wants a password":  {func(c *cloudtest.Cloud, _ *cloud.Options) { c.Refuses["graph.microsoft.com"] = 407 }, graphURL, problem.Between, problem.Retry, false, "password"},
		"the proxy forbids the host":  {func(c *cloudtest.Cloud, _ *cloud.Options) { c.Refuses["graph.microsoft.com"] = 403 }, graphURL, problem.Between, problem.Retry, false, "allowed"},
		"no vault of that name":       {func(c *cloudtest.Cloud, _ *cloud.Options) { c.Refuses["kv-x.vault.azure.net"] = 502 }, vaultURL, problem.Unreachable, problem.Retry, false, "vault's name"},
		"cut after the request":       {func(*cloudtest.Cloud, *cloud.Options) {}, graphURL, problem.Unreachable, problem.Retry, true, "network"},
	} {
		t.Run(name, func(t *testing.T) {
			stand := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { cloudtest.Cut(w) }))
			s := stand.Open(t, func(o *cloud.Options) { c.edit(stand, o) })
			_, failed := s.Client().Post(c.url, "text/plain", strings.NewReader("x")) //nolint:bodyclose // there is no answer
			err := cloud.Classify(failed, "x")
			p := problem.Of(err)
			if failed == nil || p.Code != c.code || p.Class != c.class || p.Doubtful != c.doubtful || !strings.Contains(p.Fix, c.fix) {
				t.Errorf("%v: code %s, class %s, doubtful %v, fix %q", err, p.Code, p.Class, p.Doubtful, p.Fix)
			}
		})
	}
}

// The sign-in library keeps only the text of a broken connection; what it means must come through all the same.
func TestABrokenConnectionShowsThroughASignIn(t *testing.T) {
	stand := cloudtest.Start(t, cloudtest.Granting(nil, fine))
	s := stand.Open(t, func(o *cloud.Options) { o.CAFile = "" })
	_, err := s.Self(t.Context())
	if p := problem.Of(err); p.Class != problem.Retry || !strings.Contains(p.Fix, "--ca-file") {
		t.Errorf("%v, fix %q", err, p.Fix)
	}
}

// TestAnAuthorityThatNotepadSaved: a mark stands before its first line.
func TestAnAuthorityThatNotepadSaved(t *testing.T) {
	stand := cloudtest.Start(t, cloudtest.Granting(nil, fine))
	s := stand.Open(t, func(o *cloud.Options) {
		text, err := os.ReadFile(o.CAFile)
		if err != nil {
			t.Fatal(err)
		}
		o.CAFile = filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(o.CAFile, append([]byte("\uFEFF"), text...), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := s.Self(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOurOwnStopIsNoFailure(t *testing.T) {
	stand := cloudtest.Start(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	s := stand.Open(t, nil)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := s.Self(ctx); !errors.Is(err, context.DeadlineExceeded) || problem.Of(err).Class != problem.Retry {
		t.Errorf("%v", err)
	}
}

func TestMain(m *testing.M) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"} {
		_ = os.Unsetenv(name) // the machine's own proxy has no part in these tests
	}
	os.Exit(m.Run())
}
