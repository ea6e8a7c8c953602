package simulator_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyturn/simulator"
	"keyturn/simulator/world"
)

// rig is a running simulator and an HTTP client that reaches it as any program behind a proxy would.
type rig struct {
	*simulator.Simulator
	client *http.Client
}

func start(t testing.TB, settings world.Settings) *rig {
	t.Helper()
	return startWith(t, simulator.Options{Settings: settings})
}

func startWith(t testing.TB, options simulator.Options) *rig {
	t.Helper()
	s, err := simulator.Start(t.Context(), options)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(s.Close)
	return &rig{Simulator: s, client: &http.Client{Transport: transport(t, s), Timeout: time.Minute}}
}

func transport(t testing.TB, s *simulator.Simulator) *http.Transport {
	t.Helper()
	proxy, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CAPEM()) {
		t.Fatal("no certificate in the authority's file")
	}
	tr := &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true,
		MaxIdleConns: 64, MaxIdleConnsPerHost: 64,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// options make an Azure SDK client use the rig; nothing else about it is changed.
func (r *rig) options() azcore.ClientOptions { return azcore.ClientOptions{Transport: r.client} }

func (r *rig) admin(t testing.TB) *azidentity.ClientSecretCredential {
	t.Helper()
	sample := r.Sample()
	cred, err := azidentity.NewClientSecretCredential(sample.Tenant, sample.AdminClientID, sample.AdminSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: r.options()})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

func (r *rig) token(t testing.TB, scope string) string {
	t.Helper()
	token, err := r.admin(t).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		t.Fatalf("get token: %v", err)
	}
	return token.Token
}

// reply is an answer with its body decoded when it is a JSON object.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (r *rig) do(t testing.TB, method, address, token string, body any) reply {
	t.Helper()
	return r.send(t, method, address, body, func(h http.Header) {
		if token != "" {
			h.Set("Authorization", "Bearer "+token)
		}
	})
}

func (r *rig) send(t testing.TB, method, address string, body any, edit func(http.Header)) reply {
	t.Helper()
	answer, err := r.try(t.Context(), method, address, body, edit)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	return answer
}

// try sends a request whose connection may be cut.
func (r *rig) try(ctx context.Context, method, address string, body any, edit func(http.Header)) (reply, error) {
	var content io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	case url.Values:
		content, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return reply{}, err
		}
		content, kind = bytes.NewReader(text), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return reply{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if edit != nil {
		edit(req.Header)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	answer := reply{status: res.StatusCode, header: res.Header, text: string(text)}
	_ = json.Unmarshal(text, &answer.body) // not every answer is an object
	return answer, err
}

// control calls a lever of the simulator, past the proxy.
func (r *rig) control(t testing.TB, method, path, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func (r *rig) lever(t testing.TB, path, body string) {
	t.Helper()
	if status, text := r.control(t, http.MethodPost, path, body); status != http.StatusOK {
		t.Fatalf("POST %s %s: %d %s", path, body, status, text)
	}
}

func asValues(form map[string][]string) url.Values { return form }

const (
	graphScope = "https://graph.microsoft.com/.default"
	v1         = "https://graph.microsoft.com/v1.0"
	loginHost  = "https://login.microsoftonline.com/"
)
