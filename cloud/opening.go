package cloud

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// opening lets one request alone open the first connection to a host. Those that come meanwhile wait for it: over HTTP/2
// they share it, where net/http would have each of them open, and pay the handshake of, a connection of its own.
type opening struct {
	base http.RoundTripper

	mu    sync.Mutex
	hosts map[string]chan struct{} // closed when the first connection stands, or couldn't be opened
}

func newOpening(base http.RoundTripper) *opening {
	return &opening{base: base, hosts: map[string]chan struct{}{}}
}

// RoundTrip sends one request.
func (o *opening) RoundTrip(r *http.Request) (*http.Response, error) {
	stands, first := o.enter(r.URL.Host)
	if first {
		return o.open(r, stands)
	}
	select {
	case <-stands:
		return o.base.RoundTrip(r)
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

func (o *opening) enter(host string) (stands chan struct{}, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	stands, known := o.hosts[host]
	if !known {
		stands = make(chan struct{})
		o.hosts[host] = stands
	}
	return stands, !known
}

// open sends the first request. Its headers on their way mean that the connection is there for others to find; where
// they never are, the others try for themselves.
func (o *opening) open(r *http.Request, stands chan struct{}) (*http.Response, error) {
	done := sync.OnceFunc(func() { close(stands) })
	defer done()
	trace := &httptrace.ClientTrace{WroteHeaders: done}
	return o.base.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
}
