// Package cloudtest stands in for a Microsoft cloud whose every answer a test writes itself: recorded refusals, broken
// connections, pages that point elsewhere. It is reached as the real one is behind a proxy that inspects TLS. What
// needs a cloud that behaves by itself uses the simulator instead. Only tests import it.
package cloudtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/cloud"
)

// Tenant is the tenant of every session, and Client and Secret the identity in the environment.
const (
	Tenant = "11111111-1111-1111-1111-111111111111"
	Client = "22222222-2222-2222-2222-222222222222"
	Secret = "own8Q~identity-of-keyturn-in-the-tests"
)

// Cloud is a stand-in. Fields may be set before the first request.
type Cloud struct {
	Proxy   string         // its address
	CAFile  string         // the authority that signs its certificates
	Refuses map[string]int // hosts to which the proxy answers this status instead of connecting

	mu      sync.Mutex
	sent    []string
	key     *ecdsa.PrivateKey
	root    *x509.Certificate
	inner   *http.Server
	tunnels chan net.Conn
	closed  chan struct{}
}

// Start serves handler as every host of the cloud until the test ends. Sign-ins that handler doesn't answer itself are
// granted with the given roles; see [Granting].
func Start(t *testing.T, handler http.Handler) *Cloud {
	t.Helper()
	c := &Cloud{Refuses: map[string]int{}, tunnels: make(chan net.Conn), closed: make(chan struct{})}
	c.makeAuthority(t)
	c.inner = &http.Server{Handler: c.noting(handler), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		_ = c.inner.Serve(tls.NewListener(c, &tls.Config{GetCertificate: c.certificate, MinVersion: tls.VersionTLS12}))
	}()
	outer := httptest.NewServer(http.HandlerFunc(c.connect))
	c.Proxy = outer.URL
	t.Cleanup(func() {
		outer.Close()
		_ = c.inner.Close()
	})
	return c
}

// Open opens a session to the stand-in as the identity [Client]. edit may change the options; nil = nothing.
func (c *Cloud) Open(t *testing.T, edit func(*cloud.Options)) *cloud.Session {
	t.Helper()
	t.Setenv("AZURE_CLIENT_ID", Client)
	t.Setenv("AZURE_CLIENT_SECRET", Secret)
	o := cloud.Options{Tenant: Tenant, Identity: cloud.IdentityEnvironment, Proxy: c.Proxy, CAFile: c.CAFile}
	if edit != nil {
		edit(&o)
	}
	session, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Client().CloseIdleConnections)
	return session
}

// Sent returns the requests that arrived so far, as "METHOD host/path".
func (c *Cloud) Sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.sent...)
}

// Count returns how many requests whose line contains part arrived.
func (c *Cloud) Count(part string) int {
	count := 0
	for _, line := range c.Sent() {
		if strings.Contains(line, part) {
			count++
		}
	}
	return count
}

func (c *Cloud) noting(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.sent = append(c.sent, r.Method+" "+r.Host+r.URL.Path)
		c.mu.Unlock()
		handler.ServeHTTP(w, r)
	})
}

// connect is the proxy.
func (c *Cloud) connect(w http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.Host)
	if status := c.Refuses[host]; r.Method != http.MethodConnect || status != 0 {
		w.WriteHeader(max(status, http.StatusBadRequest))
		return
	}
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if _, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	select {
	case c.tunnels <- connection:
	case <-c.closed:
		_ = connection.Close()
	}
}

// Accept gives the next tunnel; with Close and Addr it makes Cloud the inner server's listener.
func (c *Cloud) Accept() (net.Conn, error) {
	select {
	case connection := <-c.tunnels:
		return connection, nil
	case <-c.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listening.
func (c *Cloud) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closed:
	default:
		close(c.closed)
	}
	return nil
}

// Addr is nowhere in particular.
func (c *Cloud) Addr() net.Addr { return &net.TCPAddr{} }

func (c *Cloud) makeAuthority(t *testing.T) {
	t.Helper()
	var err error
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "stand-in"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &c.key.PublicKey, c.key)
	if err != nil {
		t.Fatal(err)
	}
	if c.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	c.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(c.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c *Cloud) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: hello.ServerName}, DNSNames: []string{hello.ServerName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, c.root, &c.key.PublicKey, c.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: c.key}, nil
}
