package cloud

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"keyturn/problem"
)

// How long each part of a request may take. A write of Azure Resource Manager may answer after most of a minute.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 75 * time.Second
	wholeTimeout  = 90 * time.Second
)

// newTransport builds the network path: proxy, trusted authorities and time limits.
func newTransport(o Options) (*http.Transport, error) {
	proxy, err := proxyOf(o.Proxy)
	if err != nil {
		return nil, err
	}
	roots, err := rootsWith(o.CAFile)
	if err != nil {
		return nil, err
	}
	// Sessions are taken up again, so that the fresh connections of proofs don't check the same certificates each time.
	resumed := tls.NewLRUClientSessionCache(0)
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: resumed},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    8,
		OnProxyConnectResponse: connected,
	}, nil
}

// newClient wraps a round tripper. Redirects are answers here: following one could carry a token or a secret elsewhere.
func newClient(trip http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     trip,
		Timeout:       wholeTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// proxyOf returns which proxy a request takes. The machine itself and the link-local address at which Azure hands out
// managed identities are always asked directly: no proxy can answer for them.
func proxyOf(address string) (func(*http.Request) (*url.URL, error), error) {
	choose := http.ProxyFromEnvironment
	if address != "" {
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		fixed, err := url.Parse(address)
		if err != nil || fixed.Host == "" {
			return nil, problem.NeedsPerson("network.proxy", "network.proxy", "the proxy's address can't be read",
				"write it as http://name:port in network.proxy or --proxy")
		}
		choose = http.ProxyURL(fixed)
	}
	return func(r *http.Request) (*url.URL, error) {
		if isOnThisMachine(r.URL.Hostname()) {
			return nil, nil
		}
		return choose(r)
	}, nil
}

func isOnThisMachine(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || (address != nil && (address.IsLoopback() || address.IsLinkLocalUnicast()))
}

// rootsWith returns the machine's authorities and those of file. Go reads no variable for them on Windows and macOS, so
// that a company proxy which inspects TLS needs this everywhere. nil means the machine's own, as the platform checks them.
func rootsWith(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	const fix = "set network.caFile or --ca-file to a file with the authority's certificate in PEM form"
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, syscall.EMFILE):
		return nil, problem.NeedsPerson("network.caFile", file, "the authority file can't be read: "+problem.TooManyFiles, problem.FixTooManyFiles)
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.NeedsPerson("network.caFile", file, "there is no such authority file", fix)
	case errors.Is(err, fs.ErrPermission):
		return nil, problem.NeedsPerson("network.caFile", file, "this user may not read the authority file", "grant it, or "+fix)
	case err != nil:
		return nil, problem.NeedsPerson("network.caFile", file, "the authority file can't be read", fix)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(bytes.TrimPrefix(text, []byte("\uFEFF"))) { // Notepad's mark
		return nil, problem.NeedsPerson("network.caFile", file, "the authority file holds no certificate", fix)
	}
	return roots, nil
}

// proxyRefusal is a proxy's answer other than yes to the wish for a connection.
type proxyRefusal struct {
	proxy, target string
	status        int
}

func (r *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy %s answered %d to a connection to %s", r.proxy, r.status, r.target)
}

func connected(_ context.Context, proxy *url.URL, request *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{proxy: proxy.Host, target: request.Host, status: answer.StatusCode}
}
