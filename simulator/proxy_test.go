package simulator_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"go.uber.org/goleak"

	"keyturn/simulator"
	"keyturn/simulator/world"
)

func TestCertificateCredentialWorks(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "daemon"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	sample := r.Sample()
	patch := map[string]any{"keyCredentials": []any{map[string]any{
		"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.StdEncoding.EncodeToString(der),
	}}}
	token := r.token(t, graphScope)
	made := r.do(t, http.MethodPost, v1+"/applications", token, map[string]any{"displayName": "daemon"})
	if made.status != http.StatusCreated {
		t.Fatalf("create: %d %s", made.status, made.text)
	}
	if got := r.do(t, http.MethodPost, v1+"/servicePrincipals", token, map[string]any{"appId": made.body["appId"]}); got.status != http.StatusCreated {
		t.Fatalf("create principal: %d %s", got.status, got.text)
	}
	if got := r.do(t, http.MethodPatch, v1+"/applications/"+made.body["id"].(string), token, patch); got.status != http.StatusNoContent {
		t.Fatalf("patch: %d %s", got.status, got.text)
	}
	for _, tenant := range []string{sample.Tenant, sample.Domain} {
		cred, err := azidentity.NewClientCertificateCredential(tenant, made.body["appId"].(string), []*x509.Certificate{cert}, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: r.options()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}}); err != nil {
			t.Errorf("by %s: %v", tenant, err)
		}
	}
}

func TestWrongSecretIsAnAuthenticationFailure(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	cred, err := azidentity.NewClientSecretCredential(r.Sample().Tenant, r.Sample().AdminClientID, "nope",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: r.options()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse.StatusCode != http.StatusUnauthorized || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("got %v", err)
	}
}

func TestTunnels(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	get := func(t *testing.T, address string) error {
		t.Helper()
		_, err := r.try(t.Context(), http.MethodGet, address, nil, nil)
		return err
	}
	for name, address := range map[string]string{
		"a host outside": "https://example.com/", "another port": "https://graph.microsoft.com:8443/", "a vault that does not exist": "https://no-such-vault.vault.azure.net/secrets",
	} {
		if err := get(t, address); err == nil || !strings.Contains(err.Error(), "Bad Gateway") {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Run("a client that does not trust the authority", func(t *testing.T) {
		proxy, _ := url.Parse(r.URL())
		tr := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}}
		defer tr.CloseIdleConnections()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.microsoft.com/", nil)
		res, err := (&http.Client{Transport: tr}).Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		var unknown x509.UnknownAuthorityError
		if !errors.As(err, &unknown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("HTTP/2 is offered, HTTP/1.1 served", func(t *testing.T) {
		tr := transport(t, r.Simulator)
		one := tr.Clone()
		one.ForceAttemptHTTP2, one.TLSClientConfig.NextProtos = false, []string{"http/1.1"}
		one.Protocols = new(http.Protocols)
		one.Protocols.SetHTTP1(true)
		for want, tr := range map[int]*http.Transport{2: tr, 1: one} {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.microsoft.com/v1.0/me", nil)
			res, err := (&http.Client{Transport: tr}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.ProtoMajor != want || res.Header.Get("Date") == "" {
				t.Errorf("HTTP/%d with date %q, want HTTP/%d", res.ProtoMajor, res.Header.Get("Date"), want)
			}
			tr.CloseIdleConnections()
		}
	})
	t.Run("the log names what is unknown", func(t *testing.T) {
		_, text := r.control(t, http.MethodGet, "/_sim/log", "")
		if !strings.Contains(text, `"host":"example.com:443"`) || !strings.Contains(text, `"unknown":true`) {
			t.Errorf("log: %s", text)
		}
	})
}

// TestPipelinedHello sends the TLS hello right behind CONNECT, as some clients do, from one that speaks HTTP/1.0, and checks the certificate by name.
func TestPipelinedHello(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.CAPEM())
	early := &pipelined{Conn: conn, first: []byte("CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: graph.microsoft.com:443\r\n\r\n")}
	secure := tls.Client(early, &tls.Config{RootCAs: pool, ServerName: "graph.microsoft.com", NextProtos: []string{"http/1.0"}})
	if err := secure.HandshakeContext(t.Context()); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	leaf := secure.ConnectionState().PeerCertificates[0]
	if len(leaf.AuthorityKeyId) == 0 || len(leaf.DNSNames) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
		t.Errorf("leaf %v %v %v", leaf.AuthorityKeyId, leaf.DNSNames, leaf.ExtKeyUsage)
	}
	_, _ = fmt.Fprint(secure, "GET /v1.0/me HTTP/1.1\r\nHost: graph.microsoft.com\r\nConnection: close\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(secure), nil)
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %v, %v", res, err)
	}
}

// TestSessionsAreTakenUpAgain, on another connection, as Microsoft's hosts allow.
func TestSessionsAreTakenUpAgain(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.CAPEM())
	address, err := url.Parse(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	way := &http.Transport{
		Proxy: http.ProxyURL(address), DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{RootCAs: pool, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
	}
	for i := range 2 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.microsoft.com/v1.0/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := way.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.TLS.DidResume != (i > 0) {
			t.Errorf("connection %d resumed: %v", i, answer.TLS.DidResume)
		}
	}
}

// pipelined writes CONNECT together with the first bytes of TLS, and skips the proxy's answer.
type pipelined struct {
	net.Conn
	first   []byte
	skipped bool
}

func (p *pipelined) Write(b []byte) (int, error) {
	if p.first != nil {
		if _, err := p.Conn.Write(append(p.first, b...)); err != nil {
			return 0, err
		}
		p.first = nil
		return len(b), nil
	}
	return p.Conn.Write(b)
}

func (p *pipelined) Read(b []byte) (int, error) {
	if !p.skipped {
		p.skipped = true
		answer := make([]byte, len("HTTP/1.1 200 Connection established\r\n\r\n"))
		if _, err := io.ReadFull(p.Conn, answer); err != nil {
			return 0, err
		}
	}
	return p.Conn.Read(b)
}

func TestListenStaysOnLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]error{"0.0.0.0:0": simulator.ErrNotLoopback, ":0": simulator.ErrNotLoopback, "192.0.2.1:0": simulator.ErrNotLoopback} {
		s, err := simulator.Start(t.Context(), simulator.Options{Listen: address})
		if !errors.Is(err, want) {
			s.Close()
			t.Errorf("listen on %s: %v", address, err)
		}
	}
	if _, err := simulator.Start(t.Context(), simulator.Options{Seed: "nothing"}); err == nil || !strings.Contains(err.Error(), "provision-assist") {
		t.Errorf("an unknown sample: %v", err)
	}
}

// TestCloseEndsEverything runs alone, so that what is left over is its own.
func TestCloseEndsEverything(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	s, err := simulator.Start(ctx, simulator.Options{Settings: world.Settings{Gentle: true}})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: transport(t, s)}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.microsoft.com/v1.0/me", nil)
	if res, err := client.Do(req); err != nil {
		t.Fatal(err)
	} else {
		_ = res.Body.Close()
	}
	cancel()
	s.Close()
	s.Close()
	if res, err := client.Get(s.URL() + "/_sim/clock"); err == nil {
		_ = res.Body.Close()
		t.Error("still answers")
	}
	client.CloseIdleConnections()
}
