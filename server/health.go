package server

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"keyturn/problem"
)

// Health is what the process says of itself; nil means well. A problem's code is shown with its text.
type Health struct {
	// Alive is asked by /healthz: is this process at work? What it depends on doesn't count, since a restart mends nothing there.
	Alive func() error
	// Ready is asked by /readyz: could it do its work now?
	Ready func(ctx context.Context) error
}

// readyTimeout is how long the answer to /readyz may take: shorter than the patience of those who ask.
const readyTimeout = 4 * time.Second

// routes puts GET and HEAD of /healthz and /readyz on mux, each 200 or 503 with a small JSON object.
func (h Health) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, h.Alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		answer(w, h.Ready(ctx))
	})
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
