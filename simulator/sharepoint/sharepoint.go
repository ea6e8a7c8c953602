package sharepoint

import (
	"crypto/sha512"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/acs"
	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// Service is all sites of the cloud.
type Service struct {
	w     *world.World
	d     *directory.Directory
	acs   *acs.Service
	sites []*Site
}

// Site is one site collection.
type Site struct {
	Tenant *directory.Tenant
	// Host is such as contoso.sharepoint.com, Path such as /sites/helpdesk, "" for the root.
	Host, Path, Title, ID string
	// AddIns are the client ids of the add-ins that may use it.
	AddIns []string
}

// New returns SharePoint without sites.
func New(w *world.World, d *directory.Directory, a *acs.Service) *Service {
	return &Service{w: w, d: d, acs: a}
}

// AddSite makes a site, with an id drawn where it has none. Hold the lock.
func (s *Service) AddSite(site Site) *Site {
	site.Host = strings.ToLower(site.Host)
	if site.ID == "" {
		site.ID = s.w.NewID()
	}
	s.sites = append(s.sites, &site)
	return &site
}

// SiteOf is the first site that an add-in may use, nil when there is none. Hold the lock.
func (s *Service) SiteOf(clientID string) *Site {
	for _, site := range s.sites {
		if site.allows(clientID) {
			return site
		}
	}
	return nil
}

func (site *Site) allows(clientID string) bool {
	return slices.ContainsFunc(site.AddIns, func(id string) bool { return strings.EqualFold(id, clientID) })
}

// HasHost reports whether a host is one of the tenants' own.
func (s *Service) HasHost(host string) bool {
	s.w.Lock()
	defer s.w.Unlock()
	return slices.ContainsFunc(s.sites, func(site *Site) bool { return site.Host == host })
}

// site finds the site of an address and what of the path is left: the longest that fits.
func (s *Service) site(host, path string) (found *Site, rest string) {
	for _, site := range s.sites {
		within := strings.EqualFold(path, site.Path) || strings.HasPrefix(strings.ToLower(path), strings.ToLower(site.Path)+"/")
		if site.Host == host && within && (found == nil || len(site.Path) > len(found.Path)) {
			found, rest = site, path[len(site.Path):]
		}
	}
	return found, rest
}

// ServeHTTP answers one request to a site.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	s.w.Lock()
	site, rest := s.site(host, r.URL.Path)
	s.w.Unlock()
	w.Header().Set("X-Powered-By", "ASP.NET")
	w.Header().Set("MicrosoftSharePointTeamServices", "16.0.0.27102")
	rest = strings.ToLower(strings.TrimRight(rest, "/"))
	switch {
	case site == nil:
		http.Error(w, "404 FILE NOT FOUND", http.StatusNotFound)
	case strings.HasSuffix(rest, "/_vti_bin/client.svc"), strings.Contains(rest, "/_vti_bin/client.svc/"):
		s.answer(w, r, site, "/_vti_bin/") // below a site that isn't there too: who asks comes first, what for later
	case strings.HasPrefix(rest, "/_api/"):
		s.answer(w, r, site, rest) // who asks comes first here too
	default:
		world.NoteUnknown(r.Context())
		http.Error(w, "404 FILE NOT FOUND", http.StatusNotFound)
	}
}

// answer serves what wants a token. Without any Authorization header a site sends people to sign in; with one that holds
// no token it tells its realm. Source: sp-dev-docs TokenHelper (GetRealmFromTargetUrl), read 2026-11-25.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, site *Site, rest string) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(kind, "Bearer") {
		w.Header().Set("X-Forms_Based_Auth_Required", "https://"+site.Host+"/_forms/default.aspx?ReturnUrl=/_layouts/15/error.aspx")
		http.Error(w, "Access denied. Before opening files in this location, you must first browse to the web site and select the option to "+
			"login automatically.", http.StatusForbidden)
		return
	}
	who, err := s.judge(site, token)
	switch {
	case token == "" || errors.Is(err, errToken):
		s.challenge(w, site, err)
	case err != nil:
		s.refuse(w, site, err)
	case strings.HasPrefix(rest, "/_vti_bin/"):
		world.NoteIdentity(r.Context(), who)
		w.WriteHeader(http.StatusMethodNotAllowed) // it speaks CSOM, which nobody here does
	default:
		world.NoteIdentity(r.Context(), who)
		s.api(w, r, site, rest)
	}
}

// api serves what of the REST service the simulator knows. Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/complete-basic-operations-using-sharepoint-rest-endpoints,
// read 2026-11-26; the form of the 404 follows recorded answers.
func (s *Service) api(w http.ResponseWriter, r *http.Request, site *Site, rest string) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case rest == "/_api/contextinfo" && r.Method == http.MethodPost:
		s.contextInfo(w, r, site)
	case reads && slices.Contains([]string{"/_api/web", "/_api/web/title", "/_api/site"}, rest):
		s.show(w, r, site, rest)
	default:
		world.NoteUnknown(r.Context())
		name := rest[strings.LastIndexByte(rest, '/')+1:]
		writeJSON(w, http.StatusNotFound, map[string]any{"odata.error": map[string]any{
			"code":    "-1, Microsoft.SharePoint.Client.ResourceNotFoundException",
			"message": map[string]string{"lang": "en-US", "value": "Cannot find resource for the request " + name + "."},
		}})
	}
}

// digestLife is how long a form digest counts.
const digestLife = 30 * time.Minute

// contextInfo answers the form digest that clients fetch before they write.
func (s *Service) contextInfo(w http.ResponseWriter, r *http.Request, site *Site) {
	now := s.w.Now().UTC()
	stamp := now.Format("02 Jan 2006 15:04:05 -0000")
	info := map[string]any{
		"FormDigestTimeoutSeconds": int(digestLife.Seconds()), "FormDigestValue": fmt.Sprintf("0x%X,%s", sha512.Sum512([]byte(site.ID+stamp)), stamp),
		"LibraryVersion": "16.0.27102.12005", "SiteFullUrl": "https://" + site.Host + site.Path, "WebFullUrl": "https://" + site.Host + site.Path,
	}
	versions := []string{"14.0.0.0", "15.0.0.0"}
	if strings.Contains(accepted(r), "odata=verbose") {
		info["SupportedSchemaVersions"] = map[string]any{"results": versions}
		writeJSON(w, http.StatusOK, map[string]any{"d": map[string]any{"GetContextWebInformation": info}})
		return
	}
	info["SupportedSchemaVersions"] = versions
	writeJSON(w, http.StatusOK, info)
}

func accepted(r *http.Request) string {
	return strings.ToLower(strings.ReplaceAll(r.Header.Get("Accept"), " ", ""))
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may be gone; nothing to do about it
}

// challenge tells where a token is to be had from, and whose tokens are trusted.
func (s *Service) challenge(w http.ResponseWriter, site *Site, err error) {
	issuers := []string{s.w.Cloud().STS + "/*/", s.w.Cloud().Login() + "/*/"}
	s.w.Lock()
	if s.acs.Trusted() {
		issuers = append([]string{acs.IssuerID + "@*", "D3776938-3DBA-481F-A652-4BEDFCAB7CD8@*"}, issuers...)
	}
	s.w.Unlock()
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s",client_id="%s",trusted_issuers="%s",authorization_uri="%s/common/oauth2/authorize"`,
		site.Tenant.ID, directory.SharePointAppID, strings.Join(issuers, ","), s.w.Cloud().Login()))
	message := ""
	if err != nil && !errors.Is(err, errNoToken) {
		w.Header().Set("x-ms-diagnostics", `3000006;reason="Token contains invalid signature.";category="invalid_client"`)
		message = `{"error":"invalid_client","error_description":"Invalid issuer or signature."}`
	}
	http.Error(w, message, http.StatusUnauthorized)
}

// refuse is a token that is understood and not taken.
func (s *Service) refuse(w http.ResponseWriter, site *Site, err error) {
	var denied *denial
	if !errors.As(err, &denied) {
		denied = &denial{http.StatusUnauthorized, "invalid_request", err.Error()}
	}
	if denied.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s",client_id="%s"`, site.Tenant.ID, directory.SharePointAppID))
		w.Header().Set("x-ms-diagnostics", fmt.Sprintf(`3001000;reason=%q;category="invalid_client"`, denied.text))
	}
	writeJSON(w, denied.status, map[string]string{"error": denied.code, "error_description": denied.text})
}

// show answers a property in the form that the client accepts: two kinds of JSON, else Atom.
func (s *Service) show(w http.ResponseWriter, r *http.Request, site *Site, rest string) {
	accept := accepted(r)
	whole := map[string]any{"Title": site.Title, "Url": "https://" + site.Host + site.Path, "Id": site.ID}
	var body any
	switch {
	case strings.Contains(accept, "odata=verbose"):
		body = map[string]any{"d": whole}
		if rest == "/_api/web/title" {
			body = map[string]any{"d": map[string]any{"Title": site.Title}}
		}
	case strings.Contains(accept, "json"):
		body = whole
		if rest == "/_api/web/title" {
			body = map[string]any{"value": site.Title}
		}
	default:
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		_, _ = fmt.Fprint(w, `<?xml version="1.0" encoding="utf-8"?><d:Title xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices">`)
		_ = xml.EscapeText(w, []byte(site.Title)) // the client may be gone; nothing to do about it
		_, _ = fmt.Fprint(w, `</d:Title>`)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// Allows reports whether a site takes an access that ACS gave at now: why not is the error. Hold the lock.
func (s *Service) Allows(now time.Time, host, path string, a acs.Access) error {
	site, _ := s.site(host, path)
	if site == nil {
		return &denial{http.StatusNotFound, "not_found", "there is no such site"}
	}
	return s.allows(now, site, a)
}
