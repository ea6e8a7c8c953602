package login

import (
	"encoding/json"
	"net/http"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// Service is the login host.
type Service struct {
	w        *world.World
	d        *directory.Directory
	sessions sessions
}

// New returns the login host of a directory.
func New(w *world.World, d *directory.Directory) *Service {
	return &Service{w: w, d: d, sessions: newSessions()}
}

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tenant, rest := split(r.URL.Path)
	v2 := strings.Contains(strings.ToLower(rest), "v2.0/")
	switch strings.ToLower(rest) {
	case "oauth2/v2.0/token", "oauth2/token":
		s.token(w, r, tenant, v2)
	case "oauth2/v2.0/devicecode", "oauth2/devicecode":
		s.deviceCode(w, r, tenant, v2)
	case "oauth2/v2.0/authorize", "oauth2/authorize":
		s.authorize(w, r, tenant, v2)
	case "oauth2/deviceauth":
		s.devicePage(w, r)
	case "login":
		s.step(w, r)
	case "discovery/instance":
		s.reading(w, r, func() { s.instance(w, r) })
	case "v2.0/.well-known/openid-configuration", ".well-known/openid-configuration":
		s.reading(w, r, func() { s.configuration(w, r, tenant, v2) })
	case "discovery/v2.0/keys", "discovery/keys":
		s.reading(w, r, func() { s.keys(w, tenant) })
	default:
		s.other(w, r, rest)
	}
}

// other serves the page that a device's code is typed into, under its short names too, and the user realm, which tells
// clients how a user signs in; it refuses what the simulator does not know.
func (s *Service) other(w http.ResponseWriter, r *http.Request, rest string) {
	if first, _ := split(r.URL.Path); rest == "" && strings.HasPrefix(strings.ToLower(first), "device") {
		http.Redirect(w, r, s.w.Cloud().Login()+"/common/oauth2/deviceauth", http.StatusFound)
		return
	}
	if strings.EqualFold(strings.Trim(r.URL.Path, "/"), "getuserrealm.srf") {
		s.oldRealm(w, r)
		return
	}
	if word, user, ok := strings.Cut(rest, "/"); ok && strings.EqualFold(word, "userrealm") {
		s.reading(w, r, func() { s.realm(w, user) })
		return
	}
	world.NoteUnknown(r.Context())
	w.WriteHeader(http.StatusNotFound)
}

// reading runs answer for GET and HEAD, and refuses other methods.
func (s *Service) reading(w http.ResponseWriter, r *http.Request, answer func()) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		answer()
	case http.MethodOptions:
		preflight(w, r, "GET, OPTIONS")
	default:
		w.Header().Set("Allow", "GET, OPTIONS")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func preflight(w http.ResponseWriter, r *http.Request, methods string) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Methods", methods)
	w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	w.WriteHeader(http.StatusOK)
}

// split cuts the tenant from a path; repeated and trailing slashes do not count.
func split(path string) (tenant, rest string) {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "", ""
	}
	return parts[0], strings.Join(parts[1:], "/")
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may be gone; nothing to do about it
}
