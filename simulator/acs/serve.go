package acs

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// ServeHTTP answers for accounts.accesscontrol.windows.net.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.ToLower(strings.Trim(r.URL.Path, "/"))
	realm, rest, _ := strings.Cut(path, "/")
	s.w.Lock()
	retired := s.retired()
	s.w.Unlock()
	switch {
	case retired:
		http.Error(w, "The resource you are looking for has been removed, had its name changed, or is temporarily unavailable.", http.StatusNotFound)
	case path == "metadata/json/1" && r.Method == http.MethodGet:
		s.metadata(w, r)
	case strings.Trim(rest, "/") == "tokens/oauth/2" && r.Method == http.MethodPost:
		s.token(w, r, realm)
	case path == "tokens/oauth/2" && r.Method == http.MethodPost:
		s.token(w, r, "")
	default:
		world.NoteUnknown(r.Context())
		w.WriteHeader(http.StatusNotFound)
	}
}

// metadata is what TokenHelper finds the token endpoint by. Source: sp-dev-docs TokenHelper (AcsMetadataParser), read
// 2026-11-25.
func (s *Service) metadata(w http.ResponseWriter, r *http.Request) {
	realm := r.URL.Query().Get("realm")
	s.w.Lock()
	t := s.d.Tenant(realm)
	s.w.Unlock()
	if t == nil {
		s.refuse(w, directory.TenantNotFound(realm))
		return
	}
	base := "https://" + s.w.Cloud().ACSHosts[0] + "/"
	key := s.d.SigningKey()
	writeJSON(w, http.StatusOK, map[string]any{
		"version": "1.0", "name": "Windows Azure Active Directory", "realm": t.ID, "serviceName": IssuerID, "issuer": IssuerID + "@" + t.ID,
		"allowedAudiences": []string{IssuerID + "/" + s.w.Cloud().ACSHosts[0] + "@" + t.ID},
		"keys": []any{map[string]any{
			"usage": "signing", "keyinfo": map[string]any{"x5t": key.ID},
			"keyValue": map[string]any{"type": "x509Certificate", "value": key.Certificate},
		}},
		"endpoints": []any{
			map[string]any{"location": base + t.ID + "/metadata/json/1", "protocol": "DelegationIssuance1.0", "usage": "metadata"},
			map[string]any{"location": base + t.ID + "/tokens/OAuth/2", "protocol": "OAuth2", "usage": "issuance"},
		},
	})
}

// token is the token endpoint. Its numbers are texts.
func (s *Service) token(w http.ResponseWriter, r *http.Request, realm string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	form, _ := url.ParseQuery(string(body)) // the pairs that can be read are enough
	for _, name := range []string{"grant_type", "client_id", "client_secret", "resource"} {
		if form.Get(name) == "" {
			s.refuse(w, refuse(http.StatusBadRequest, "invalid_request", 90014, "The required field '"+name+"' is missing."))
			return
		}
	}
	client, named, _ := strings.Cut(form.Get("client_id"), "@")
	world.NoteIdentity(r.Context(), client)
	if realm == "" {
		realm = named
	}
	ticket := form.Get("refresh_token") + form.Get("code")
	s.w.Lock()
	access, failure := s.Issue(s.w.Now(), Exchange{
		Realm: realm, ClientID: form.Get("client_id"), Secret: form.Get("client_secret"), Grant: form.Get("grant_type"), Ticket: ticket,
		Resource: form.Get("resource"),
	})
	refresh := ""
	if failure == nil && form.Get("grant_type") == "authorization_code" {
		refresh = s.seal(ticketOf(access))
	}
	s.w.Unlock()
	if failure != nil {
		s.refuse(w, failure)
		return
	}
	writeJSON(w, http.StatusOK, s.document(access, form.Get("resource"), refresh))
}

func ticketOf(a Access) ticket {
	return ticket{Kind: kindRefresh, Realm: a.Realm, Client: a.ClientID, User: a.User, Host: a.Host, Expires: a.Issued.Add(refreshLife)}
}

func (s *Service) document(a Access, resource, refresh string) map[string]any {
	doc := map[string]any{
		"token_type": "Bearer", "expires_in": strconv.Itoa(int(a.Expires.Sub(a.Issued).Seconds()) - 1),
		"not_before": strconv.FormatInt(a.Issued.Add(-5*60*1e9).Unix(), 10), "expires_on": strconv.FormatInt(a.Expires.Unix(), 10),
		"resource": resource, "access_token": s.mint(a),
	}
	if refresh != "" {
		doc["refresh_token"] = refresh
	}
	return doc
}

// refuse writes a failure. Its description has line breaks where the login host has none.
func (s *Service) refuse(w http.ResponseWriter, f *directory.Failure) {
	trace, correlation, stamp := newID(), newID(), s.w.Now().Format("2006-01-02 15:04:05Z")
	writeJSON(w, f.Status, map[string]any{
		"error": f.OAuth, "error_codes": []int{f.Code}, "timestamp": stamp, "trace_id": trace, "correlation_id": correlation,
		"error_description": fmt.Sprintf("%s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", f.Error(), trace, correlation, stamp),
		"error_uri":         "https://" + s.w.Cloud().ACSHosts[0] + "/error?code=" + strconv.Itoa(f.Code),
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may be gone; nothing to do about it
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
