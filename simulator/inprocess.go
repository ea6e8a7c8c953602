package simulator

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

var _ http.RoundTripper = (*Simulator)(nil)

// RoundTrip answers one request as a client behind the proxy would have it answered, without network and TLS: for tests
// that have the cloud in their own process. A reply that is lost is [io.ErrUnexpectedEOF].
func (s *Simulator) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	if s.cloud.Load().host(bareHost(r.URL.Host)) == nil {
		return nil, fmt.Errorf("the simulated cloud has no host %s", r.URL.Host)
	}
	arrived := r.Clone(r.Context())
	arrived.Host, arrived.RequestURI = r.URL.Host, r.URL.RequestURI()
	if arrived.Body == nil {
		arrived.Body = http.NoBody
	}
	defer func() {
		if cut := recover(); cut != nil {
			if cut != http.ErrAbortHandler {
				panic(cut)
			}
			answer, err = nil, io.ErrUnexpectedEOF
		}
	}()
	out := &held{header: http.Header{}}
	s.answer(out, arrived)
	return &http.Response{
		Status: http.StatusText(out.status), StatusCode: out.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: out.header,
		Body: io.NopCloser(bytes.NewReader(out.body.Bytes())), ContentLength: int64(out.body.Len()), Request: r,
	}, nil
}
