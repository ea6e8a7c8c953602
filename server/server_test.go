package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keyturn/problem"
	"keyturn/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open serves health on a port of its own until the test ends, and returns its address.
func open(t *testing.T, health server.Health) string {
	t.Helper()
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, listener, nil, server.New(health, nil), slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

func TestHealthTellsTheTruth(t *testing.T) {
	stale := problem.Later("look.stale", "tenant", 0, errors.New("last seen 3h ago"))
	hangs := func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
	well := func(context.Context) error { return nil }
	for name, c := range map[string]struct {
		method, path string
		health       server.Health
		status       int
		code         string
	}{
		"alive":                        {"GET", "/healthz", server.Health{Alive: func() error { return nil }}, 200, ""},
		"not at work":                  {"GET", "/healthz", server.Health{Alive: func() error { return errors.New("stuck") }}, 503, "internal"},
		"ready":                        {"GET", "/readyz", server.Health{Ready: well}, 200, ""},
		"not ready":                    {"GET", "/readyz", server.Health{Ready: func(context.Context) error { return stale }}, 503, "look.stale"},
		"a store that doesn't answer":  {"GET", "/readyz", server.Health{Ready: hangs}, 503, "internal"},
		"nothing else is there":        {"GET", "/", server.Health{}, 404, ""},
		"and nothing can be done here": {"POST", "/readyz", server.Health{}, 405, ""},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), c.method, open(t, c.health)+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != c.status || time.Since(began) > 9*time.Second {
				t.Fatalf("status %d after %s", answer.StatusCode, time.Since(began))
			}
			if c.status >= 404 && c.status < 500 {
				return
			}
			var said struct {
				OK         bool
				Code, Text string
			}
			if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
				t.Fatal(err)
			}
			if said.OK != (c.status == 200) || said.Code != c.code || (said.Text == "") != said.OK {
				t.Errorf("said %+v", said)
			}
		})
	}
}

func TestAPortThatIsTakenIsAPersonsBusiness(t *testing.T) {
	address := open(t, server.Health{})
	if _, err := server.Listen(t.Context(), address[len("http://"):]); problem.Of(err).Class != problem.Person || problem.Of(err).Fix == "" {
		t.Errorf("listening twice: %v", err)
	}
}

func TestMetricsAreToldToThisMachineAlone(t *testing.T) {
	told := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	local := server.New(server.Health{Metrics: told}, nil)
	for name, c := range map[string]struct {
		handler      http.Handler
		method, path string
		host         string
		status       int
	}{
		"by its address":                     {local, "GET", "/metrics", "127.0.0.1:8420", 202},
		"by its name":                        {local, "GET", "/metrics", "LOCALHOST", 202},
		"by its other address":               {local, "GET", "/metrics", "[::1]:8420", 202},
		"by a name that was made to point":   {local, "GET", "/metrics", "evil.example:8420", 404},
		"through a proxy":                    {local, "GET", "/metrics", "keyturn.contoso.com", 404},
		"none are told":                      {server.New(server.Health{}, nil), "GET", "/metrics", "localhost", 404},
		"at an address of their own":         {server.Metrics(told), "GET", "/metrics", "keyturn-0:9420", 202},
		"nothing else at an address of them": {server.Metrics(told), "GET", "/healthz", "keyturn-0:9420", 404},
		"nothing can be sent there":          {server.Metrics(told), "POST", "/metrics", "keyturn-0:9420", 405},
	} {
		request := httptest.NewRequest(c.method, c.path, http.NoBody)
		request.Host = c.host
		answer := httptest.NewRecorder()
		c.handler.ServeHTTP(answer, request)
		if answer.Code != c.status {
			t.Errorf("%s: status %d, want %d", name, answer.Code, c.status)
		}
	}
}
