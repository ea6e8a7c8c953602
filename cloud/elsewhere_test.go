package cloud

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestElsewhereTakesTheSameWayAndIsNotLogged(t *testing.T) {
	t.Parallel()
	var proxied, direct atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "hooks.example" {
			proxied.Add(1)
		}
		w.Header().Set("Location", "http://elsewhere.example/")
		w.WriteHeader(http.StatusFound)
	}))
	defer proxy.Close()
	here := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { direct.Add(1) }))
	defer here.Close()
	var log bytes.Buffer
	s, err := Open(t.Context(), Options{
		Identity: IdentityAzureCLI, Proxy: proxy.URL, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	for address, status := range map[string]int{"http://hooks.example/token-nobody-may-see": http.StatusFound, here.URL + "/token-nobody-may-see": http.StatusOK} {
		answer, err := s.Elsewhere().Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("%s answered %d, want %d: a redirect is an answer here", address, answer.StatusCode, status)
		}
	}
	if proxied.Load() != 1 || direct.Load() != 1 || s.Requests() != 0 || strings.Contains(log.String(), "token") {
		t.Errorf("%d through the proxy, %d direct, %d counted, logged %s", proxied.Load(), direct.Load(), s.Requests(), log.String())
	}
}

// TestAnAnswerThatWasReadOrLeftIsWaitedForNoMore: nothing is told of it later.
func TestAnAnswerThatWasReadOrLeftIsWaitedForNoMore(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(io.ReadCloser) error{
		"read":   func(r io.ReadCloser) error { _, err := io.Copy(io.Discard, r); return err },
		"closed": func(r io.ReadCloser) error { return r.Close() },
	} {
		stopped := false
		body := &awaited{ReadCloser: io.NopCloser(strings.NewReader("{}")), stop: func() bool { stopped = true; return true }}
		if err := end(body); err != nil || !stopped {
			t.Errorf("%s: stopped %v, %v", name, stopped, err)
		}
	}
}
