package cloud

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// meter is what is learned from requests, whichever connection they take.
type meter struct {
	hosts Hosts
	log   *slog.Logger
	clock *clock
	sent  atomic.Int64
}

// wire is what every request passes: it counts, logs without content, and learns the cloud's time.
type wire struct {
	*meter
	base http.RoundTripper
}

// RoundTrip sends one request.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.sent.Add(1)
	start := time.Now()
	answer, err := w.base.RoundTrip(r)
	if err == nil && r.URL.Scheme == "https" && w.hosts.Owns(r.URL.Hostname()) {
		w.clock.observe(answer.Header)
	}
	w.tell(r, answer, err, time.Since(start))
	return answer, err
}

// tell logs what a request was and how it ended: never a header, a body or a query string, which may carry secrets.
func (w *wire) tell(r *http.Request, answer *http.Response, err error, took time.Duration) {
	if !w.log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	attributes := []slog.Attr{
		slog.String("method", r.Method), slog.String("host", r.URL.Host), slog.String("path", r.URL.Path),
		slog.Int64("ms", took.Milliseconds()),
	}
	if err != nil {
		attributes = append(attributes, slog.String("failed", Classify(err, "").Error()))
	} else {
		attributes = append(attributes, slog.Int("status", answer.StatusCode), slog.String("request", requestID(answer.Header)))
	}
	w.log.LogAttrs(r.Context(), slog.LevelDebug, "http", attributes...)
}
