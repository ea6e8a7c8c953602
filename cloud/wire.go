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
	slow  time.Duration // after which it is told that an answer isn't whole yet
	hear  func(Exchange)
	sent  atomic.Int64
}

// Exchange is one request with its answer, as metrics count it.
type Exchange struct {
	Service string // one of [Services]
	Status  int    // 0 = no answer came
	Took    time.Duration
	Wait    time.Duration // after which the service wants to be asked again; 0 = it didn't throttle, or named none
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
	stop := w.await(r)
	answer, err := send(w.base, r)
	if err == nil && isPage(answer) {
		_ = answer.Body.Close() // nobody wants to read it
		answer, err = nil, page(r)
	}
	if err != nil {
		stop()
	} else {
		answer.Body = &awaited{ReadCloser: answer.Body, stop: stop}
	}
	if err == nil && r.URL.Scheme == "https" && w.hosts.Owns(r.URL.Hostname()) {
		w.clock.observe(answer.Header)
	}
	took := time.Since(start)
	w.tell(r, answer, err, took)
	w.hear(w.exchange(r, answer, took))
	return answer, err
}

func (w *wire) exchange(r *http.Request, answer *http.Response, took time.Duration) Exchange {
	e := Exchange{Service: w.hosts.Service(r.URL.Hostname()), Took: took}
	if answer == nil {
		return e
	}
	e.Status = answer.StatusCode
	if e.Status == http.StatusTooManyRequests {
		e.Wait = retryAfter(answer.Header)
	}
	return e
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
		attributes = append(attributes, slog.String("error", Classify(err, "").Error()))
	} else {
		attributes = append(attributes, slog.Int("status", answer.StatusCode), slog.String("request_id", requestID(answer.Header)))
	}
	w.log.LogAttrs(r.Context(), slog.LevelDebug, "http", attributes...)
}
