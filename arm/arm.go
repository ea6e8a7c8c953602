package arm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
)

// Client speaks to the Resource Manager of one cloud as one identity. It is safe for use by several goroutines.
type Client struct {
	base     string // "https://management.azure.com"
	pipeline runtime.Pipeline
	vaults   sync.Map // ids of vaults found, by lower-case name: the index is slow to search, and a vault hardly ever moves
}

// New returns a client. It contacts nobody.
func New(session *cloud.Session) *Client {
	hosts := session.Hosts()
	return &Client{
		base:     hosts.ARM,
		pipeline: session.Pipeline(hosts.ARM, hosts.ARMScope()),
	}
}

// Call is one request. ID is a resource id or another path below the host, with what follows it, such as "/runs".
type Call struct {
	Method  string // "" = GET
	ID      string
	Version string // api-version; required by ARM
	Query   url.Values
	Body    any // marshalled as JSON; nil = none
	Into    any // the answer's JSON is read into it; nil = ignored
}

// Get reads the resource id into into. One that isn't there is problem.NotFound. Safe to repeat.
func (c *Client) Get(ctx context.Context, id, version string, into any) error {
	_, err := c.Do(ctx, Call{ID: id, Version: version, Into: into})
	return err
}

// Put creates or replaces the resource id and reads the answer into into. It is sent once; an error with Doubtful set
// means that the effect may have happened.
func (c *Client) Put(ctx context.Context, id, version string, body, into any) error {
	_, err := c.Do(ctx, Call{Method: http.MethodPut, ID: id, Version: version, Body: body, Into: into})
	return err
}

// Patch changes the resource id and reads the answer into into. It is sent once; see [Client.Put].
func (c *Client) Patch(ctx context.Context, id, version string, body, into any) error {
	_, err := c.Do(ctx, Call{Method: http.MethodPatch, ID: id, Version: version, Body: body, Into: into})
	return err
}

// Do sends one call and returns the answer's headers. Errors are problems about the call's resource.
func (c *Client) Do(ctx context.Context, call Call) (http.Header, error) {
	address, err := c.address(call)
	if err != nil {
		return nil, err
	}
	return c.send(ctx, call, address)
}

func (c *Client) address(call Call) (string, error) {
	address, err := url.Parse(c.base)
	if err != nil {
		return "", fmt.Errorf("read the address %s: %w", c.base, err)
	}
	query := url.Values{"api-version": {call.Version}}
	for name, values := range call.Query {
		query[name] = values
	}
	address.Path = "/" + strings.Trim(call.ID, "/")
	// ARM takes a plus sign in a filter literally, so blanks are percent-encoded
	address.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return address.String(), nil
}

func (c *Client) send(ctx context.Context, call Call, address string) (http.Header, error) {
	method := call.Method
	if method == "" {
		method = http.MethodGet
	}
	request, err := runtime.NewRequest(ctx, method, address)
	if err != nil {
		return nil, fmt.Errorf("build a request for %s: %w", call.ID, err)
	}
	request.Raw().Header.Set("Accept", "application/json")
	if call.Body != nil {
		if err := runtime.MarshalAsJSON(request, call.Body); err != nil {
			return nil, fmt.Errorf("encode a request for %s: %w", call.ID, err)
		}
	}
	response, err := c.pipeline.Do(request)
	if err != nil {
		return nil, cloud.Classify(err, call.ID)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, cloud.FromResponse(response, call.ID)
	}
	return response.Header, read(response.Body, call)
}

// Whole is what is read from an answer, if it knows what it can't do without. An answer of somebody between us and Azure, such
// as {}, reads as a resource that has nothing, which may then be written back.
type Whole interface{ Whole() bool }

// errPart is for an answer that lacks what every resource of its kind has.
var errPart = errors.New("it lacks what belongs to it")

// read decodes an answer. One that breaks off leaves a write in doubt; an empty one says nothing after a write.
func read(body io.Reader, call Call) error {
	if call.Into == nil {
		return nil
	}
	err := json.NewDecoder(body).Decode(call.Into)
	silent := errors.Is(err, io.EOF) && !call.reads()
	if w, asks := call.Into.(Whole); err == nil && asks && !w.Whole() {
		err = errPart
	}
	if err == nil || silent {
		return nil
	}
	return cloud.Unreadable(err, call.ID, !call.reads())
}

// reads reports whether the call changes nothing: a GET, or a POST that lists what a GET would not show.
func (c Call) reads() bool {
	return c.Method == "" || c.Method == http.MethodGet || c.Method == http.MethodPost && strings.HasSuffix(c.ID, "/list")
}
