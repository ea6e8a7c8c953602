package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// discoveryPath ends every address at which a tenant tells how to sign in to it.
const discoveryPath = "/.well-known/openid-configuration"

// discovery carries the requests of sign-ins. What a tenant says of itself is asked for once and then remembered, so
// that sign-ins for several services can go side by side without each asking again.
type discovery struct {
	client *http.Client
	mu     sync.Mutex
	told   map[string][]byte // by address; only good answers
}

// Do sends r or answers it from memory. A failure is also noted for the sign-in under way, see [withFailure].
func (d *discovery) Do(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, discoveryPath) {
		return d.send(r)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	address := strings.ToLower(r.URL.Host + r.URL.Path)
	if body, known := d.told[address]; known {
		return remembered(r, body), nil
	}
	answer, err := d.send(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if d.told == nil {
		d.told = map[string][]byte{}
	}
	d.told[address] = body
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func (d *discovery) send(r *http.Request) (*http.Response, error) {
	answer, err := d.client.Do(r)
	if err == nil && answer.StatusCode == http.StatusOK {
		answer, err = whole(r, answer)
	}
	if noted, ok := r.Context().Value(failureKey{}).(*failure); ok {
		noted.set(answer, err)
	}
	return answer, err
}

func remembered(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)), Request: r,
	}
}

// tenantID looks a domain's tenant up. An unknown domain is a Person problem with code "tenant.unknown".
func (d *discovery) tenantID(ctx context.Context, login, tenant string) (string, error) {
	address := login + "/" + url.PathEscape(tenant) + "/v2.0" + discoveryPath
	request, err := runtime.NewRequest(ctx, http.MethodGet, address)
	if err != nil {
		return "", fmt.Errorf("look up tenant: %w", err)
	}
	patient := runtime.NewPipeline("keyturn", "v1", runtime.PipelineOptions{}, &policy.ClientOptions{Transport: d, Retry: gentle()})
	answer, err := patient.Do(request)
	if err != nil {
		return "", Classify(err, "tenant "+tenant)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", classifyRefusal(readRefusal(answer), "tenant "+tenant)
	}
	var says struct{ Issuer string }
	if err := json.NewDecoder(answer.Body).Decode(&says); err != nil {
		return "", Classify(err, "tenant "+tenant)
	}
	for _, part := range strings.Split(says.Issuer, "/") {
		if IsGUID(part) {
			return part, nil
		}
	}
	return "", unreadable("tenant "+tenant, "the answer names no tenant id")
}

// failure is what is behind a failed sign-in: a broken connection, of which the sign-in library keeps only the text, by
// which nothing may be decided, or an answer, whose body it may have used up.
type failure struct {
	mu      sync.Mutex
	err     error
	refusal *Refusal
}

type failureKey struct{}

// withFailure returns a context in which a sign-in's newest failure is noted.
func withFailure(ctx context.Context) (context.Context, *failure) {
	noted := &failure{}
	return context.WithValue(ctx, failureKey{}, noted), noted
}

func (f *failure) set(answer *http.Response, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.refusal = err, nil
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		f.refusal = readRefusal(answer)
	}
}

// cause is what err, a failed sign-in's with ctx, is told by.
func (f *failure) cause(ctx context.Context, err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := refusalIn(err)
	switch {
	case f.err != nil:
		return f.err
	case f.refusal != nil && told != nil && told.OAuth == "" && len(told.Codes) == 0:
		return f.refusal
	case f.refusal == nil && told == nil && ctx.Err() != nil:
		return ctx.Err() // the time was over before anything was sent, or while an answer was read
	}
	return err
}
