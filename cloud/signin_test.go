package cloud_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
	"keyturn/secret"
)

const (
	otherApp = "44444444-4444-4444-4444-444444444444"
	tried    = "try8Q~value.of-an_app.with+plus&and=more"
)

// oauth is a refusal of the token endpoint, in the form of the recorded ones.
func oauth(name string, number int, sentence string) string {
	return fmt.Sprintf(`{"error":%q,"error_description":"AADSTS%d: %s Trace ID: 0a Correlation ID: 0b Timestamp: 2026-11-22 10:00:00Z","error_codes":[%d],"trace_id":"0a"}`,
		name, number, sentence, number)
}

// refusing answers every sign-in of otherApp's with one refusal.
func refusing(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			w.Header().Set("X-Ms-Request-Id", "req-7")
			cloudtest.Answer(w, status, body)
			return
		}
		cloudtest.Granting(nil, fine)(w, r)
	}
}

func TestTheProofSendsTheValueOnAFreshConnectionEachTime(t *testing.T) {
	var mu sync.Mutex
	from := map[string]bool{}
	c := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		for field, want := range map[string]string{
			"grant_type": "client_credentials", "client_id": otherApp, "client_secret": tried, "scope": "https://graph.microsoft.com/.default",
		} {
			if r.PostForm.Get(field) != want {
				t.Errorf("%s is %q", field, r.PostForm.Get(field))
			}
		}
		mu.Lock()
		from[r.RemoteAddr] = true
		mu.Unlock()
		cloudtest.Granting(nil, fine)(w, r)
	}))
	s := c.Open(t, nil)
	for range 3 {
		if err := s.SignIn(t.Context(), "", otherApp, secret.New(tried)); err != nil {
			t.Fatal(err)
		}
	}
	if len(from) != 3 || s.Requests() != 3 {
		t.Errorf("%d connections, %d requests", len(from), s.Requests())
	}
	if want := "POST login.microsoftonline.com/" + cloudtest.Tenant + "/oauth2/v2.0/token"; c.Count(want) != 3 {
		t.Errorf("sent %v", c.Sent())
	}
}

func TestWhatAFailedProofMeans(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   string
		class  problem.Class
	}{
		"wrong, removed or too fresh": {401, oauth("invalid_client", 7000215, "Invalid client secret provided."), problem.SignIn, problem.Retry},
		"expired":                     {401, oauth("invalid_client", 7000222, "The provided client secret keys are expired."), problem.SignIn, problem.Retry},
		"any other refused client":    {401, oauth("invalid_client", 7000999, "Something new."), problem.SignIn, problem.Retry},
		"the number only in the text": {401, `{"error":"invalid_client","error_description":"AADSTS7000215: no."}`, problem.SignIn, problem.Retry},
		"no such app":                 {400, oauth("unauthorized_client", 700016, "Application not found."), problem.NotFound, problem.Person},
		"a disabled app":              {401, oauth("unauthorized_client", 7000112, "Application is disabled."), "app.disabled", problem.Person},
		"no service principal":        {401, oauth("invalid_client", 7000229, "Missing service principal."), "principal.missing", problem.Person},
		"conditional access":          {401, oauth("interaction_required", 53003, "Blocked."), "signin.blocked", problem.Person},
		"no such tenant":              {400, oauth("invalid_request", 90002, "Tenant not found."), "tenant.unknown", problem.Person},
		"too many requests":           {429, "", problem.Throttled, problem.Retry},
		"a failing service":           {503, "<html>", "service.failing", problem.Retry},
		"success without a token":     {200, "{}", problem.Unreachable, problem.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			s := cloudtest.Start(t, refusing(c.status, c.body)).Open(t, nil)
			err := s.SignIn(t.Context(), "", otherApp, secret.New(tried))
			p := problem.Of(err)
			if err == nil || p.Code != c.code || p.Class != c.class || !strings.Contains(p.Subject, otherApp) {
				t.Errorf("%v: code %s, class %s", err, p.Code, p.Class)
			}
			if p.Class == problem.Person && p.Fix == "" {
				t.Error("a person isn't told what to do")
			}
			if strings.Contains(p.Message, "Trace ID") {
				t.Errorf("noise in %q", p.Message)
			}
		})
	}
}

func TestWhatAFailedSignInOfOurOwnMeans(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body, code string
		fix        string
	}{
		"no such tenant":     {400, oauth("invalid_request", 90002, "Tenant not found."), "tenant.unknown", "tenant"},
		"no such client":     {400, oauth("unauthorized_client", 700016, "Application not found."), "identity.missing", "AZURE_CLIENT_ID"},
		"an expired secret":  {401, oauth("invalid_client", 7000222, "Expired."), "identity.expired", "AZURE_CLIENT_SECRET"},
		"a wrong secret":     {401, oauth("invalid_client", 7000215, "Invalid."), "identity.secret", "Secret ID"},
		"another cloud":      {400, oauth("invalid_request", 90038, "Redirect."), "cloud.mismatch", "cloud"},
		"conditional access": {400, oauth("interaction_required", 53003, "Blocked."), "signin.blocked", "policy"},
		"an unknown number":  {400, oauth("invalid_grant", 999999, "Something new."), problem.SignIn, "identity"},
	} {
		t.Run(name, func(t *testing.T) {
			stand := cloudtest.Start(t, refusing(c.status, c.body))
			_, err := stand.Open(t, nil).Self(t.Context())
			p := problem.Of(err)
			if p.Code != c.code || p.Class != problem.Person || !strings.Contains(p.Fix, c.fix) || p.RequestID != "req-7" {
				t.Errorf("%v: code %s, class %s, fix %q", err, p.Code, p.Class, p.Fix)
			}
			if stand.Count("/token") != 1 {
				t.Errorf("a refused sign-in was repeated: %v", stand.Sent())
			}
		})
	}
}

func TestAnUnknownTenantShowsBeforeTheToken(t *testing.T) {
	body := `{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant 'nope' not found.","error_codes":[90002]}`
	c := cloudtest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { cloudtest.Answer(w, 400, body) }))
	s := c.Open(t, func(o *cloud.Options) { o.Tenant = "nope.example" })
	if _, err := s.Self(t.Context()); !problem.Is(err, "tenant.unknown") {
		t.Errorf("sign-in: %v", err)
	}
	if _, err := s.TenantID(t.Context()); !problem.Is(err, "tenant.unknown") {
		t.Errorf("look-up: %v", err)
	}
}

func TestNeitherLogNorErrorsShowAValue(t *testing.T) {
	var log bytes.Buffer
	repeats := func(w http.ResponseWriter, r *http.Request) { // a service that repeats what it was sent
		body := new(bytes.Buffer)
		_, _ = body.ReadFrom(r.Body)
		cloudtest.Answer(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"code": "Bad", "message": "cannot read " + tried + " in " + body.String()}})
	}
	c := cloudtest.Start(t, http.HandlerFunc(repeats))
	s := c.Open(t, func(o *cloud.Options) {
		o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	shown := new(strings.Builder)
	request := graphAddress + "/v1.0/x?sig=" + tried
	answer, err := s.Client().Post(request, "text/plain", strings.NewReader(tried))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{cloud.FromResponse(answer, "x"), s.SignIn(t.Context(), "", otherApp, secret.New(tried))} {
		fmt.Fprintf(shown, "%v %+v %#v", err, problem.Of(err), problem.Of(err).Err)
	}
	if !strings.Contains(log.String(), "/v1.0/x") || !strings.Contains(log.String(), "status") {
		t.Errorf("the log lacks the request: %s", log.String())
	}
	for where, text := range map[string]string{"log": log.String(), "errors": shown.String()} {
		for _, value := range []string{tried, cloudtest.Secret, "client_secret"} {
			if strings.Contains(text, value) {
				t.Errorf("%s shows %q", where, value)
			}
		}
	}
}
