package login

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// token is the token endpoint. Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
// read 2026-11-22, and recorded answers.
func (s *Service) token(w http.ResponseWriter, r *http.Request, tenant string, v2 bool) {
	switch r.Method {
	case http.MethodPost:
	case http.MethodOptions:
		preflight(w, r, "POST, OPTIONS")
		return
	default:
		s.refuse(w, r, bad("invalid_request", 900561, "The endpoint only accepts POST, OPTIONS requests. Received a %s request.", r.Method))
		return
	}
	form, ok := readForm(r)
	if !ok {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	world.NoteIdentity(r.Context(), form.Get("client_id"))
	if byPerson(form.Get("grant_type")) && form.Get("client_id") != "" {
		s.person(w, r, form, tenant, v2)
		return
	}
	sign, scopes, failure := s.readSignIn(form, tenant, v2)
	if failure != nil {
		s.refuse(w, r, failure)
		return
	}
	id, failure := s.signIn(sign)
	if failure != nil {
		s.refuse(w, r, failure)
		return
	}
	body := s.answer(id, sign.Resource, form, scopes, v2)
	if id.User && (!v2 || slices.Contains(scopes, "offline_access")) {
		body.RefreshToken = s.rememberGrant(sign, id, scopes, v2)
	}
	headers(w, r)
	writeJSON(w, http.StatusOK, body)
}

// byPerson reports whether a person's sign-in at the page stands behind a grant.
func byPerson(grant string) bool {
	switch grant {
	case "authorization_code", "refresh_token", "device_code", grantDevice:
		return true
	}
	return false
}

// rememberGrant makes the refresh token of a password grant.
func (s *Service) rememberGrant(sign directory.SignIn, id directory.Identity, scopes []string, v2 bool) string {
	s.w.Lock()
	defer s.w.Unlock()
	t := s.d.Tenant(id.Tenant)
	return s.remember(request{
		tenant: sign.Tenant, home: t, user: t.User(id.ObjectID), clientID: id.AppID, resource: sign.Resource, scopes: scopes,
		asked: sign.Scopes, v2: v2, public: sign.Secret+sign.Assertion == "",
	})
}

func (s *Service) signIn(sign directory.SignIn) (directory.Identity, *directory.Failure) {
	s.w.Lock()
	defer s.w.Unlock()
	return s.d.SignIn(s.w.Now(), sign)
}

// granted is the body of a granted token; its numbers are numbers at v2 and texts at v1.
type granted struct {
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    any    `json:"expires_in"`
	ExtExpiresIn any    `json:"ext_expires_in"`
	ExpiresOn    string `json:"expires_on,omitempty"`
	NotBefore    string `json:"not_before,omitempty"`
	Resource     string `json:"resource,omitempty"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	ClientInfo   string `json:"client_info,omitempty"`
}

func (s *Service) answer(id directory.Identity, resource string, form url.Values, scopes []string, v2 bool) *granted {
	seconds := int(id.Expires.Sub(id.Issued).Seconds()) - 1
	body := &granted{TokenType: "Bearer", ExpiresIn: seconds, ExtExpiresIn: seconds, AccessToken: s.d.Mint(id)}
	if !v2 {
		body.ExpiresIn, body.ExtExpiresIn = strconv.Itoa(seconds), strconv.Itoa(seconds)
		body.ExpiresOn = strconv.FormatInt(id.Expires.Unix(), 10)
		body.NotBefore = strconv.FormatInt(id.Issued.Unix()-300, 10)
		body.Resource = resource
	}
	if id.User {
		s.addUserParts(body, id, form, scopes)
	}
	return body
}

// addUserParts adds what a password grant answers beside the access token.
func (s *Service) addUserParts(body *granted, id directory.Identity, form url.Values, scopes []string) {
	full := []string{id.Audience + "/.default"} // MSAL finds the token again by the scope it asked for
	for _, name := range id.Roles {
		full = append(full, id.Audience+"/"+name)
	}
	body.Scope = strings.Join(full, " ")
	if slices.Contains(scopes, "openid") {
		body.IDToken = s.d.MintIDToken(id, "")
	}
	if form.Get("client_info") == "1" {
		info, _ := json.Marshal(map[string]string{"uid": id.ObjectID, "utid": id.Tenant}) // strings always marshal
		body.ClientInfo = base64.RawURLEncoding.EncodeToString(info)
	}
}

func bad(oauth string, code int, format string, args ...any) *directory.Failure {
	return &directory.Failure{Status: http.StatusBadRequest, OAuth: oauth, Code: code, Text: fmt.Sprintf(format, args...)}
}

// headers sets what every answer of the token endpoint carries and answers the two ids that errors repeat.
func headers(w http.ResponseWriter, r *http.Request) (trace, correlation string) {
	trace, correlation = newID(), r.Header.Get("client-request-id")
	if !directory.IsGUID(correlation) {
		correlation = newID()
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("x-ms-request-id", trace)
	h.Set("x-ms-ests-server", "2.1.0 - SIM ProdSlices")
	if r.Header.Get("return-client-request-id") != "" || r.Header.Get("client-request-id") != "" {
		h.Set("client-request-id", correlation)
	}
	return trace, correlation
}

// refuse writes a failure in Microsoft's envelope. Two codes come without error_uri, as recorded.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, f *directory.Failure) {
	trace, correlation := headers(w, r)
	stamp := s.w.Now().Format("2006-01-02 15:04:05Z")
	body := refused{
		Error: f.OAuth, Codes: []int{f.Code}, Timestamp: stamp, Trace: trace, Correlation: correlation, Suberror: f.Suberror, Claims: f.Claims,
		Description: fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", f.Error(), trace, correlation, stamp),
	}
	if f.Code != 700038 && f.Code != 70003 {
		body.URI = s.base() + "error?code=" + strconv.Itoa(f.Code)
	}
	writeJSON(w, f.Status, body)
}

// refused is the body of a refusal.
type refused struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Timestamp   string `json:"timestamp"`
	Trace       string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
	URI         string `json:"error_uri,omitempty"`
	Suberror    string `json:"suberror,omitempty"`
	Claims      string `json:"claims,omitempty"`
}

// newID draws a GUID outside the world's lock.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
