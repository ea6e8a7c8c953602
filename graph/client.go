package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
	"keyturn/problem"
)

// AppID is the client id of Microsoft Graph itself, the same in every tenant and cloud.
const AppID = "00000003-0000-0000-c000-000000000000"

// Client speaks to Microsoft Graph through a session. It is safe for concurrent use. Every error is a problem.
type Client struct {
	pipeline runtime.Pipeline
	base     string
}

// New returns a client. It contacts nobody.
func New(s *cloud.Session) *Client {
	hosts := s.Hosts()
	return &Client{pipeline: s.Pipeline(hosts.Graph, hosts.GraphScope()), base: hosts.Graph}
}

// call is one request.
type call struct {
	method  string
	path    string // from the version on, query included; or a whole address that Graph gave
	body    any    // nil = none
	subject string // what it is about, for errors
}

// do sends one request and decodes its answer into into, unless that is nil.
func (c *Client) do(ctx context.Context, l call, into any) error {
	request, err := runtime.NewRequest(ctx, l.method, c.address(l.path))
	if err != nil {
		return cloud.Classify(fmt.Errorf("build request: %w", err), l.subject)
	}
	request.Raw().Header.Set("Accept", "application/json")
	if l.body != nil {
		if err := runtime.MarshalAsJSON(request, l.body); err != nil {
			return cloud.Classify(fmt.Errorf("write request: %w", err), l.subject)
		}
	}
	answer, err := c.pipeline.Do(request)
	if err != nil {
		return cloud.Classify(err, l.subject)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return cloud.FromResponse(answer, l.subject)
	}
	if into == nil {
		runtime.Drain(answer)
		return nil
	}
	return decode(answer, l, into)
}

// whole is an answer that knows what it can't do without. An answer of somebody between us and Graph, such as {}, reads as
// an object that has nothing: an app without secrets, a collection of keys that may be replaced. Graph itself never leaves a
// collection of passwords out.
type whole interface{ whole() bool }

// decode reads a good answer. One that can't be read came after the effect, which is in doubt then.
func decode(answer *http.Response, l call, into any) error {
	body, err := runtime.Payload(answer)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if w, asks := into.(whole); err != nil || asks && !w.whole() {
		return cloud.Unreadable(err, l.subject, l.method != http.MethodGet)
	}
	return nil
}

func (c *Client) address(path string) string {
	if strings.HasPrefix(path, "https://") {
		return path
	}
	return c.base + path
}

// page is one part of a list.
type page[T any] struct {
	Value []T    `json:"value"`
	Next  string `json:"@odata.nextLink"`
}

func (p *page[T]) whole() bool { return p.Value != nil }

// list walks all pages of a list, and stops at the first error. A next page is asked for only on Graph's own host: its
// address comes from an answer, and the token goes along. One that was read already isn't read again.
func list[T any](ctx context.Context, c *Client, path, subject string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var pages cloud.Pages
		for next := path; next != ""; {
			if err := pages.Ask(next, subject); err != nil {
				yield(none, err)
				return
			}
			var got page[T]
			if err := c.do(ctx, call{method: http.MethodGet, path: next, subject: subject}, &got); err != nil {
				yield(none, err)
				return
			}
			for _, item := range got.Value {
				if !yield(item, nil) {
					return
				}
			}
			if next = got.Next; next != "" && !strings.HasPrefix(next, c.base+"/") {
				yield(none, &problem.Error{
					Class: problem.Permanent, Code: "answer.unreadable", Subject: subject,
					Message: "the next page is said to be on another host",
				})
				return
			}
		}
	}
}

// all collects a list.
func all[T any](items iter.Seq2[T, error]) ([]T, error) {
	var found []T
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		found = append(found, item)
	}
	return found, nil
}

// quoted writes a text as OData writes it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
