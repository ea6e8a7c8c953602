package vault

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// maxBody is the largest request that the data plane takes.
const maxBody = 1 << 20

// hostSuffix is what stands behind a vault's name in its host.
func (s *Service) hostSuffix() string { return "." + s.w.Cloud().VaultSuffix }

// HasVault reports whether a host name is that of a vault; other names under the suffix do not resolve. The world's lock must not be held.
func (s *Service) HasVault(host string) bool {
	s.w.Lock()
	defer s.w.Unlock()
	return s.byHost(host) != nil
}

func (s *Service) byHost(host string) *Vault {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	name, ok := strings.CutSuffix(host, s.hostSuffix())
	if !ok {
		return nil
	}
	return s.Vault(name)
}

// call is one request to a vault.
type call struct {
	s        *Service
	r        *http.Request
	v        *Vault
	id       directory.Identity
	segments []string          // of the path, escapes undone
	query    map[string]string // names in lower case
	version  string            // the api-version
	body     []byte
}

// reply is what a call gets back; the writer puts it on the wire after the lock is let go. A nil body means none.
type reply struct {
	status int
	body   any
	raw    []byte // the body on the wire
}

// encoded is the reply with its body turned into bytes, done once, while the lock is held: the body may share maps with the state.
func (a reply) encoded() reply {
	if a.body == nil || a.raw != nil {
		return a
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a.body); err != nil {
		return reply{status: http.StatusInternalServerError, body: failureBody{failureDetail{Code: "InternalServerError", Message: err.Error()}}}.encoded()
	}
	a.raw = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return a
}

// ServeHTTP serves the vault that the request's host names.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, r: r, segments: segments(r.URL.EscapedPath()), query: queryOf(r)}
	answer, refused := s.serve(c)
	if refused != nil {
		refused.announce(w.Header())
		answer = reply{status: refused.Status, body: refused.body()}
	}
	s.write(w, c, answer.encoded())
}

// serve walks a call through the gates: the vault, the challenge (before a body is read), the firewall, the version, the operation.
func (s *Service) serve(c *call) (reply, *Failure) {
	s.w.Lock()
	c.v = s.byHost(c.r.Host)
	s.w.Unlock()
	if c.v == nil {
		return reply{}, &Failure{Status: http.StatusNotFound, Code: "VaultNotFound", Message: "There is no vault at " + c.r.Host + "."}
	}
	if refused := c.authenticate(); refused != nil {
		return reply{}, refused
	}
	world.NoteIdentity(c.r.Context(), logName(c.id))
	if refused := c.readBody(); refused != nil {
		return reply{}, refused
	}
	s.w.Lock()
	defer s.w.Unlock()
	if refused := c.throttle(); refused != nil {
		return reply{}, refused
	}
	if s.firewalled(c.v) {
		return reply{}, forbidden("ForbiddenByFirewall", "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\nCaller: %s\r\nVault: %s;location=%s", caller(c.v, c.id), c.v.Name, strings.ToLower(c.v.Location))
	}
	if refused := c.checkVersion(); refused != nil {
		return reply{}, refused
	}
	answer, refused := c.dispatch()
	return answer.encoded(), refused
}

func logName(id directory.Identity) string {
	if id.User {
		return id.UserName
	}
	return id.AppID
}

func segments(path string) []string {
	var all []string
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" {
			continue
		}
		if plain, err := url.PathUnescape(segment); err == nil {
			segment = plain
		}
		all = append(all, segment)
	}
	return all
}

func queryOf(r *http.Request) map[string]string {
	query := map[string]string{}
	for name, values := range r.URL.Query() {
		query[strings.ToLower(name)] = values[0]
	}
	return query
}

func (c *call) readBody() *Failure {
	body, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil {
		return bad("The request body could not be read.")
	}
	if len(body) > maxBody {
		return &Failure{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge", Message: "The request body is too large."}
	}
	c.body = body
	return nil
}

// decode reads the body as a JSON object.
func (c *call) decode(target any) *Failure {
	if kind := c.r.Header.Get("Content-Type"); kind != "" && !strings.Contains(strings.ToLower(kind), "json") {
		return &Failure{Status: http.StatusUnsupportedMediaType, Code: "UnsupportedMediaType", Message: "The content type " + kind + " is not supported; application/json is expected."}
	}
	if !strings.HasPrefix(strings.TrimSpace(string(c.body)), "{") {
		return bad("The request body is missing or is not a JSON object.")
	}
	if err := json.Unmarshal(c.body, target); err != nil {
		return bad("The request body cannot be read: it is not valid JSON, or a property in it has the wrong type.")
	}
	return nil
}

func (s *Service) write(w http.ResponseWriter, c *call, a reply) {
	h := w.Header()
	s.stamp(h, c)
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	if c.r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(a.raw) // a caller that hung up needs no answer
}

// stamp sets the headers that every answer of a vault carries.
func (s *Service) stamp(h http.Header, c *call) {
	s.w.Lock()
	request := s.w.NewID()
	s.w.Unlock()
	h.Set("Date", s.w.Now().Format(http.TimeFormat))
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000;includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("x-ms-request-id", request)
	h.Set("x-ms-keyvault-service-version", "1.9.2900.1")
	h.Set("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=203.0.113.7;act_addr_fam=InterNetwork;")
	if c.v != nil {
		h.Set("x-ms-keyvault-region", strings.ToLower(c.v.Location))
	}
	if client := c.r.Header.Get("x-ms-client-request-id"); client != "" {
		h.Set("x-ms-client-request-id", client)
	}
}
