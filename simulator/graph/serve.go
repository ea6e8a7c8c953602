package graph

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// The largest body that Graph reads.
const longestBody = 4 << 20

// Service is the Microsoft Graph host.
type Service struct {
	w *world.World
	d *directory.Directory
	// busy are the objects with a write under way, by object id; under the world's lock, as is what was asked for lately.
	busy  map[string]bool
	taken map[string]*recent // by limit, tenant and caller
	reads map[string]*units  // by tenant and caller
}

// New returns the Graph host of a directory and declares its switch. The world's lock must not be held.
func New(w *world.World, d *directory.Directory) *Service {
	w.Lock()
	defer w.Unlock()
	w.Declare(SwitchLimits, `Graph's limits of requests: "on" in a gentle world too, "none" nowhere, or as 300/15s the writes of one app`, nil)
	return &Service{w: w, d: d, busy: map[string]bool{}, taken: map[string]*recent{}, reads: map[string]*units{}}
}

// base is Graph's address in this cloud, with a slash at the end.
func (c *call) base() string { return c.s.w.Cloud().Graph() + "/" }

// call is one request, or one part of a batch.
type call struct {
	s        *Service
	method   string
	version  string // "v1.0" or "beta"
	segments []string
	query    url.Values
	rawQuery string
	header   http.Header
	body     []byte

	id     directory.Identity
	tenant *directory.Tenant
	// unknown is set when the simulator does not know the path.
	unknown bool
}

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := newCall(s, r.Method, r.URL, r.Header)
	ids := newIDs(r.Header)
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PATCH, PUT, DELETE")
		w.WriteHeader(http.StatusOK)
		return
	}
	if refused := c.readWhole(r); refused != nil {
		s.write(w, ids, *refused)
		return
	}
	if refused := c.authenticate(r.Header.Get("Authorization")); refused != nil {
		s.write(w, ids, *refused)
		return
	}
	world.NoteIdentity(r.Context(), c.caller())
	answer := c.serve()
	if c.unknown {
		world.NoteUnknown(r.Context())
	}
	s.write(w, ids, answer)
}

func newCall(s *Service, method string, u *url.URL, header http.Header) *call {
	c := &call{s: s, method: method, rawQuery: u.RawQuery, query: lowerNames(u.Query()), header: header}
	if method == http.MethodHead {
		c.method = http.MethodGet
	}
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if part == "" {
			continue
		}
		if decoded, err := url.PathUnescape(part); err == nil {
			part = decoded
		}
		c.segments = append(c.segments, part)
	}
	if len(c.segments) > 0 {
		c.version, c.segments = strings.ToLower(c.segments[0]), c.segments[1:]
	}
	return c
}

// lowerNames makes $Filter, filter and $filter one: OData names in lower case with their dollar sign.
func lowerNames(query url.Values) url.Values {
	named := url.Values{}
	for name, values := range query {
		plain := strings.TrimPrefix(strings.ToLower(name), "$")
		switch plain {
		case "filter", "select", "top", "skip", "skiptoken", "count", "orderby", "expand", "search", "format", "deltatoken":
			named["$"+plain] = values
		default:
			named[name] = values
		}
	}
	return named
}

// serve answers a call whose caller is known.
func (c *call) serve() reply {
	if c.version != "v1.0" && c.version != "beta" {
		c.unknown = true
		return failure(http.StatusBadRequest, "BadRequest", "Invalid version: %s.", c.version)
	}
	if len(c.segments) == 1 && c.segments[0] == "$batch" {
		return c.batch()
	}
	c.s.w.Lock()
	defer c.s.w.Unlock()
	c.tenant = c.s.d.Tenant(c.id.Tenant)
	if c.tenant == nil {
		return failure(http.StatusUnauthorized, "InvalidAuthenticationToken", "The tenant of the token does not exist.")
	}
	c.passTenant()
	told, refused := c.throttle()
	if refused != nil {
		return *refused
	}
	answer := c.route()
	if answer.header == nil {
		answer.header = told
		return answer
	}
	maps.Copy(answer.header, told)
	return answer
}

// passTenant leaves the tenant out that a path may name before everything else, as Terraform's clients write it.
func (c *call) passTenant() {
	if len(c.segments) > 1 && (strings.EqualFold(c.segments[0], "myorganization") || c.s.d.Tenant(c.segments[0]) == c.tenant) {
		c.segments = c.segments[1:]
	}
}

// write sends a reply with the two request ids that Graph puts on everything.
func (s *Service) write(w http.ResponseWriter, ids requestIDs, answer reply) {
	h := w.Header()
	for name, values := range answer.header {
		h[name] = values
	}
	h.Set("request-id", ids.request)
	h.Set("client-request-id", ids.client)
	h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"001","RoleInstance":"SIM"}}`)
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("Cache-Control", "no-cache")
	if answer.err != nil {
		answer.body = answer.err.envelope(ids, s.w.Now())
	}
	if answer.body == nil {
		w.WriteHeader(answer.status)
		return
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // links hold & as it is, for those who cut them out of the text
	if err := encoder.Encode(answer.body); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	h.Set("OData-Version", "4.0")
	if answer.err != nil {
		h.Set("Content-Type", "application/json")
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n"))) // the client may be gone; nothing to do about it
}
