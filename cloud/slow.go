package cloud

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// slowAfter is the usual time after which it is told that a request has no whole answer: long enough for most writes of Azure
// Resource Manager, short enough for somebody who sits and waits.
const slowAfter = 8 * time.Second

// await tells in the log, once, that the whole answer to a request isn't there after some seconds, until the returned function
// is called. Each try tells for itself.
func (w *wire) await(r *http.Request) (stop func() bool) {
	text := "no whole answer yet; if it doesn't come within " + tryTimeout.String() + ", Keyturn looks whether the write happened"
	if !changes(r.Method) {
		text = "no whole answer yet; if it doesn't come within " + tryTimeout.String() + ", it is asked for again"
	}
	return time.AfterFunc(w.slow, func() {
		w.log.LogAttrs(r.Context(), slog.LevelWarn, text, slog.String("method", r.Method), slog.String("host", r.URL.Host),
			slog.String("path", r.URL.Path), slog.Int64("ms", w.slow.Milliseconds()))
	}).Stop
}

// awaited is an answer's body that is waited for until it was read or closed.
type awaited struct {
	io.ReadCloser
	stop func() bool
}

// Read reads on.
func (a *awaited) Read(into []byte) (int, error) {
	n, err := a.ReadCloser.Read(into)
	if err != nil {
		a.stop()
	}
	return n, err
}

// Close ends the waiting.
func (a *awaited) Close() error {
	a.stop()
	return a.ReadCloser.Close()
}
