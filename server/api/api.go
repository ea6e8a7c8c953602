package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"keyturn/server/access"
	"keyturn/server/board"
	"keyturn/server/command"
	"keyturn/server/feed"
	"keyturn/server/guest"
	"keyturn/store"
)

// Parts are what the API answers from; all are required.
type Parts struct {
	Board    *board.Board
	Commands command.Desk
	Feed     *feed.Feed
	Store    Store
	Keeper   *access.Keeper
	Room     *guest.Room
	Settings Settings
}

// Store is what the API reads beside the board.
type Store interface {
	store.Sightings
	store.Reader
	Outbox(ctx context.Context) (store.Backlog, error)
}

// API is the console for programs.
type API struct {
	Parts
	routes   []access.Route
	document []byte
	api      huma.API
	recorder *recorder
}

// mostBody is the largest body that an operation reads.
const mostBody = 64 << 10

// New makes the API: all of its operations, and the document that describes them.
func New(p Parts) (*API, error) {
	nameErrors()
	a := &API{Parts: p}
	a.recorder = &recorder{api: a}
	a.api = humago.New(a.recorder, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Keyturn", Version: p.Settings.Release,
				Description: "Applications with their secrets, renewals, and the commands that go with them. Errors are problem details (RFC 9457) whose code is listed in docs/codes.md.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", Description: "keyturn token create NAME"},
				},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	})
	a.operations()
	a.describeEvents()
	var err error
	if a.document, err = json.MarshalIndent(a.api.OpenAPI(), "", " "); err != nil {
		return nil, fmt.Errorf("render the API's document: %w", err)
	}
	return a, nil
}

// schemaName is a type's own name, with its room's where that alone would say too little.
func schemaName(kind reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(kind, hint)
	if room := kind.PkgPath(); room != "" && !strings.HasSuffix(room, "server/api") {
		room = room[strings.LastIndex(room, "/")+1:]
		return strings.ToUpper(room[:1]) + room[1:] + name
	}
	return name
}

// Document describes the API, as OpenAPI 3.1 in JSON.
func (a *API) Document() []byte { return a.document }

// Routes lists the operations with who may use them, and the document for everybody.
func (a *API) Routes() []access.Route {
	return append(a.routes,
		access.Route{Pattern: "GET /openapi.json", Handler: tagged(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
			_, _ = w.Write(a.document) // whoever asked has gone: nobody is left to tell
		}))},
		access.Route{Pattern: "GET /api/v1/events", Least: access.Viewer, Stream: true, Handler: http.HandlerFunc(a.events)},
	)
}

// recorder takes the operations as routes; who may use one was said just before.
type recorder struct {
	api   *API
	least access.Role
	slow  bool
}

// HandleFunc implements [humago.Mux].
func (r *recorder) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	route := access.Route{Pattern: pattern, Least: r.least, Slow: r.slow, Handler: http.HandlerFunc(handler)}
	if strings.HasPrefix(pattern, "GET ") {
		route.Handler = tagged(route.Handler)
	}
	r.api.routes = append(r.api.routes, route)
}

// ServeHTTP implements [humago.Mux]; the console's own mux serves.
func (*recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// nameErrors gives the library's own refusals, such as of a body that doesn't fit, our form. It is the library's one
// setting for the whole process.
var nameErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, message string, causes ...error) huma.StatusError {
		d := &access.Details{
			Type: "urn:keyturn:problem:request.invalid", Title: http.StatusText(status), Status: status, Detail: message,
			Code: "request.invalid", Fix: "see /docs for what the operation takes",
		}
		for _, cause := range causes {
			if cause == nil {
				continue
			}
			fault := access.Fault{Message: cause.Error()}
			if detailed, ok := cause.(huma.ErrorDetailer); ok {
				found := detailed.ErrorDetail()
				fault = access.Fault{Location: found.Location, Message: found.Message} // never what was sent
			}
			d.Errors = append(d.Errors, fault)
		}
		return d
	}
	huma.NewErrorWithContext = func(_ huma.Context, status int, message string, causes ...error) huma.StatusError {
		return huma.NewError(status, message, causes...)
	}
})
