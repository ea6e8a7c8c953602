package server

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"

	"keyturn/problem"
)

// Health is what the process says of itself; nil means well. A problem's code is shown with its text.
type Health struct {
	// Alive is asked by /healthz: is this process at work? What it depends on doesn't count, since a restart mends nothing there.
	Alive func() error
	// Ready is asked by /readyz: could it do its work now?
	Ready func(ctx context.Context) error
	// Metrics answers /metrics to those who ask for this machine by its own name; nil = nothing is there.
	Metrics http.Handler
}

// readyTimeout is how long the answer to /readyz may take: shorter than the patience of those who ask.
const readyTimeout = 4 * time.Second

// routes puts GET and HEAD of /healthz and /readyz on mux, each 200 or 503 with a small JSON object, and /metrics where
// there are any.
func (h Health) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, h.Alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		answer(w, h.Ready(ctx))
	})
	if h.Metrics != nil {
		mux.Handle("GET /metrics", localOnly(h.Metrics))
	}
}

// Metrics returns the handler of an address where GET and HEAD of /metrics are answered to everybody, and nothing else.
func Metrics(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	return mux
}

// localOnly answers those alone who call this machine by its own name: not a page of another site whose name was made to
// point here, and not whoever comes through a proxy in front of it.
func localOnly(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocalName(r.Host) {
			http.NotFound(w, r)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// isLocalName reports whether host, with or without a port, is a name by which this machine calls itself.
func isLocalName(host string) bool {
	name := nameOf(host)
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

// nameOf is a host without its port, in lower case.
func nameOf(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return strings.ToLower(strings.Trim(name, "[]"))
}

// state is the answer to both questions.
type state struct {
	OK   bool   `json:"ok"`
	Code string `json:"code,omitempty"` // stable, such as "look.stale"
	Text string `json:"text,omitempty"` // the reason, for a person
	Fix  string `json:"fix,omitempty"`
}

func answer(w http.ResponseWriter, trouble error) {
	said, status := state{OK: true}, http.StatusOK
	if found := problem.Of(trouble); found != nil {
		said, status = state{Code: found.Code, Text: trouble.Error(), Fix: found.Fix}, http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(said) // whoever asked has gone: nobody is left to tell
}
