package azure

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// maxBody is the largest request that Resource Manager takes.
const maxBody = 4 << 20

// call is one request on its way through Resource Manager.
type call struct {
	s       *Service
	r       *http.Request
	at      address
	query   map[string]string // names in lower case
	version string
	body    []byte
	id      directory.Identity
	sub     *Subscription
	group   *Group
	now     time.Time
	// visible, when set, is the action that an item of the listing must be open to, else it is left out.
	visible string
}

// ServeHTTP serves management.azure.com and the logic apps' callback addresses.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	var a answer
	switch {
	case err != nil:
		a = fail(http.StatusBadRequest, "InvalidRequestContent", "The request content could not be read.")
	case len(body) > maxBody:
		a = fail(http.StatusRequestEntityTooLarge, "RequestContentTooLarge", "The request content size exceeds the maximum size of %d MB.", maxBody>>20)
	case callbackHost(r.Host):
		a = s.serveCallback(r)
	default:
		a = s.serve(r, body)
	}
	s.write(w, r, a.encoded())
}

// serve walks a call through the gates in the order of the real service: version, token, throttle, scope, route, right, locks and policies.
func (s *Service) serve(r *http.Request, body []byte) answer {
	c := &call{s: s, r: r, at: parsePath(r.URL.EscapedPath()), query: queryOf(r), body: body}
	if refused := c.checkVersion(); refused != nil {
		return *refused
	}
	if isMetadata(r) {
		return c.metadata()
	}
	id, refused := s.authenticate(c)
	if refused != nil {
		return *refused
	}
	c.id = id
	world.NoteIdentity(r.Context(), caller(id))
	s.w.Lock()
	defer s.w.Unlock()
	c.now = s.w.Now()
	for _, gate := range []func() *answer{c.throttle, c.findScope} {
		if refused := gate(); refused != nil {
			return *refused
		}
	}
	return s.withQuota(c, c.dispatch()).encoded()
}

// dispatch finds the handler, asks for the right and runs it.
func (c *call) dispatch() answer {
	route, refused := c.s.routes.find(c)
	if refused != nil {
		return *refused
	}
	action := route.action(c)
	if c.acrossGroups() {
		c.visible, action = action, ""
	}
	for _, gate := range []func() *answer{func() *answer { return c.authorize(action) }, c.findGroup, c.secondFactor, c.heedLocks, c.heedPolicy} {
		if refused := gate(); refused != nil {
			return *refused
		}
	}
	return route.handle(c)
}

func queryOf(r *http.Request) map[string]string {
	query := map[string]string{}
	for name, values := range r.URL.Query() {
		query[strings.ToLower(name)] = values[0]
	}
	return query
}

// decode reads the body as a JSON object into target; the answer is the refusal for a body that is none.
func (c *call) decode(target any) *answer {
	if kind := c.r.Header.Get("Content-Type"); kind != "" && !strings.Contains(strings.ToLower(kind), "json") {
		a := fail(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The content media type '%s' is not supported. Only 'application/json' is supported.", kind)
		return &a
	}
	if len(strings.TrimSpace(string(c.body))) == 0 {
		a := fail(http.StatusBadRequest, "MissingRequestBody", "The request body is empty; it must hold a JSON object.")
		return &a
	}
	if err := unmarshal(c.body, target); err != nil {
		a := badContent(err)
		return &a
	}
	return nil
}

func unmarshal(body []byte, target any) error {
	body = []byte(strings.TrimPrefix(string(body), "\ufeff"))
	if trimmed := strings.TrimSpace(string(body)); !strings.HasPrefix(trimmed, "{") {
		return errors.New("unexpected character encountered while parsing value; a JSON object is expected")
	}
	return json.Unmarshal(body, target)
}

func (s *Service) write(w http.ResponseWriter, r *http.Request, a answer) {
	h := w.Header()
	s.stamp(h, r)
	for name, value := range a.header {
		h.Set(name, value)
	}
	if a.body == nil || r.Method == http.MethodHead {
		w.WriteHeader(a.status)
		return
	}
	h.Set("Content-Type", a.contentType)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.raw) // a caller that hung up needs no answer
}

// encoded is the answer with its body turned into bytes, done once, while the lock is held: the body may share maps with the state.
func (a answer) encoded() answer {
	if a.body == nil || a.raw != nil {
		return a
	}
	if plain, ok := a.body.(string); ok {
		a.contentType, a.raw = "text/plain; charset=utf-8", []byte(plain)
		return a
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(a.body); err != nil {
		return fail(http.StatusInternalServerError, "InternalServerError", "The answer could not be written: %v.", err).encoded()
	}
	a.contentType, a.raw = "application/json; charset=utf-8", bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return a
}

// stamp sets the headers that every answer of Resource Manager carries.
func (s *Service) stamp(h http.Header, r *http.Request) {
	s.w.Lock()
	request, correlation, region := s.w.NewID(), s.w.NewID(), s.w.Region()
	s.w.Unlock()
	if given := r.Header.Get("x-ms-correlation-request-id"); given != "" {
		correlation = given
	}
	now := s.w.Now()
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("x-ms-request-id", request)
	h.Set("x-ms-correlation-request-id", correlation)
	h.Set("x-ms-routing-request-id", strings.ToUpper(strings.ReplaceAll(region, "-", ""))+":"+now.Format("20060102T150405Z")+":"+request)
	if client := r.Header.Get("x-ms-client-request-id"); client != "" && strings.EqualFold(r.Header.Get("x-ms-return-client-request-id"), "true") {
		h.Set("x-ms-client-request-id", client)
	}
}
