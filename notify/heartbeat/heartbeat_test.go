package heartbeat

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"keyturn/secret"
)

const token = "/ping/token-which-nobody-may-see"

func TestABeatIsOneRequest(t *testing.T) {
	t.Parallel()
	var asked, status atomic.Int32
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == token {
			asked.Add(1)
		}
		w.WriteHeader(int(status.Load()))
	}))
	defer server.Close()
	h, err := New(secret.New(server.URL+token), server.Client())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Beat(t.Context()); err != nil || asked.Load() != 1 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
	status.Store(http.StatusServiceUnavailable)
	failed := h.Beat(t.Context())
	if failed == nil || asked.Load() != 2 {
		t.Errorf("asked %d times in all, the failure is %v", asked.Load(), failed)
	}
	server.Close()
	for _, err := range []error{failed, h.Beat(t.Context())} {
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestAnAddressThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "hc-ping.com/x", "ftp://hc-ping.com/x", "https://"} {
		if _, err := New(secret.New(address), http.DefaultClient); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}
