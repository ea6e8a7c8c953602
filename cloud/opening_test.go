package cloud

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
)

// dials is a transport to an HTTP/2 server that counts the connections it opens, each after ready is closed.
func dials(t *testing.T, ready <-chan struct{}, fail func(n int64) error) (trip http.RoundTripper, address string, count *atomic.Int64) {
	t.Helper()
	host := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	host.EnableHTTP2 = true
	host.StartTLS()
	t.Cleanup(host.Close)
	count = new(atomic.Int64)
	trip = &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: host.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			n := count.Add(1)
			<-ready
			if err := fail(n); err != nil {
				return nil, err
			}
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}
	return trip, host.URL, count
}

func get(t *testing.T, trip http.RoundTripper, address string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := trip.RoundTrip(request)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func TestRequestsAtOnceShareTheFirstConnection(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	trip, address, count := dials(t, ready, func(int64) error { return nil })
	shared := newOpening(trip)
	var group errgroup.Group
	for range 20 {
		group.Go(func() error { return get(t, shared, address) })
	}
	close(ready)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if count.Load() != 1 {
		t.Errorf("%d connections were opened", count.Load())
	}
}

func TestAFirstConnectionThatFailsHoldsNobody(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	close(ready)
	trip, address, _ := dials(t, ready, func(n int64) error {
		if n == 1 {
			return net.ErrClosed
		}
		return nil
	})
	shared := newOpening(trip)
	if err := get(t, shared, address); err == nil {
		t.Fatal("the first connection didn't fail")
	}
	if err := get(t, shared, address); err != nil {
		t.Errorf("the second request: %v", err)
	}
}

func TestARequestThatIsGivenUpWaitsForNoConnection(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	trip, address, _ := dials(t, ready, func(int64) error { return nil })
	shared := newOpening(trip)
	var group errgroup.Group
	stands, first := shared.enter(address[len("https://"):])
	if !first {
		t.Fatal("somebody was there before")
	}
	ctx, cancel := context.WithCancel(t.Context())
	group.Go(func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		answer, err := shared.RoundTrip(request)
		if err == nil {
			_ = answer.Body.Close()
			t.Error("the request was answered")
		}
		return nil
	})
	cancel()
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	close(stands)
	close(ready)
}
