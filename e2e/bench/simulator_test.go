package bench_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	tokenLimit = 1000.0 // a second
	readLimit  = 2000.0
	clients    = 16
)

// TestBenchSimulator is how much the simulated cloud answers, client and cloud sharing the machine. The floor is a Go
// server behind TLS that answers nothing, asked in the same way.
func TestBenchSimulator(t *testing.T) {
	c := startCloud(t, 0)
	way := c.transport(t)
	floor := rate(t, emptyServer(t), func(int) *http.Request { return newRequest(t, http.MethodGet, "https://empty.test/", "") }, nil)
	var given sync.Map
	tokens := rate(t, way, func(int) *http.Request { return c.tokenRequest(t) }, func(body []byte) error {
		if _, again := given.LoadOrStore(tokenIn(body), true); again {
			return fmt.Errorf("a token came twice, or none: %s", body)
		}
		return nil
	})
	read := c.graphRead(t, way)
	reads := rate(t, way, func(int) *http.Request { return read.Clone(t.Context()) }, nil)
	figure{name: "simulator: distinct tokens", unit: "/s", value: tokens, floor: floor, limit: tokenLimit, atLeast: true}.report(t)
	figure{name: "simulator: Graph reads", unit: "/s", value: reads, floor: floor, limit: readLimit, atLeast: true}.report(t)
}

// rate is how many requests a second are answered with 200 and pass the check.
func rate(t *testing.T, way http.RoundTripper, next func(int) *http.Request, check func([]byte) error) float64 {
	t.Helper()
	length := 3 * time.Second
	if !strict() {
		length = 50 * time.Millisecond
	}
	var answered atomic.Int64
	var working sync.WaitGroup
	began := time.Now()
	for i := range clients {
		working.Go(func() {
			for time.Since(began) < length {
				if err := ask(way, next(i), check); err != nil {
					t.Error(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	working.Wait()
	return float64(answered.Load()) / time.Since(began).Seconds()
}

func ask(way http.RoundTripper, r *http.Request, check func([]byte) error) error {
	answer, err := way.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %v\n%s", r.Method, r.URL, answer.StatusCode, err, body)
	}
	if check == nil {
		return nil
	}
	return check(body)
}

// transport goes through the cloud's proxy and keeps a connection for each client.
func (c *cloud) transport(t *testing.T) *http.Transport {
	t.Helper()
	text, err := os.ReadFile(c.Variable("SSL_CERT_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	proxy, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	way := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: clients}
	t.Cleanup(way.CloseIdleConnections)
	return way
}

func newRequest(t *testing.T, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (c *cloud) tokenRequest(t *testing.T) *http.Request {
	t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.Variable("AZURE_CLIENT_ID")},
		"client_secret": {c.Variable("AZURE_CLIENT_SECRET")}, "scope": {"https://graph.microsoft.com/.default"},
	}
	r := newRequest(t, http.MethodPost, "https://login.microsoftonline.com/"+c.Variable("AZURE_TENANT_ID")+"/oauth2/v2.0/token", form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func tokenIn(answer []byte) string {
	var granted struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal(answer, &granted) // no token is as bad as one that came before
	return granted.Token
}

// graphRead is the reading of one application with all its properties.
func (c *cloud) graphRead(t *testing.T, way http.RoundTripper) *http.Request {
	t.Helper()
	var token string
	if err := ask(way, c.tokenRequest(t), func(body []byte) error { token = tokenIn(body); return nil }); err != nil {
		t.Fatal(err)
	}
	r := newRequest(t, http.MethodGet, "https://graph.microsoft.com/v1.0/applications(appId='"+c.Variable("AZURE_CLIENT_ID")+"')", "")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// emptyServer is a server that answers nothing, behind TLS as the simulator is, and the way to it.
func emptyServer(t *testing.T) http.RoundTripper {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	way := server.Client().Transport.(*http.Transport)
	way.MaxIdleConnsPerHost = clients
	address := strings.TrimPrefix(server.URL, "https://")
	return rewrite{way, address}
}

// rewrite sends every request to one address.
type rewrite struct {
	way     http.RoundTripper
	address string
}

// RoundTrip sends r.
func (w rewrite) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Host = w.address
	return w.way.RoundTrip(r)
}
