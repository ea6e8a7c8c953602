package login

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// deviceCode begins a sign-in on another device. The form is Microsoft's: numbers at v2, texts and verification_url at
// v1. Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code, read 2026-11-25.
func (s *Service) deviceCode(w http.ResponseWriter, r *http.Request, tenant string, v2 bool) {
	if r.Method != http.MethodPost {
		s.refuse(w, r, bad("invalid_request", 900561, "The endpoint only accepts POST, OPTIONS requests. Received a %s request.", r.Method))
		return
	}
	form, ok := readForm(r)
	if !ok {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	world.NoteIdentity(r.Context(), form.Get("client_id"))
	d, failure := s.beginDevice(form, tenant, v2)
	if failure != nil {
		s.refuse(w, r, failure)
		return
	}
	headers(w, r)
	writeJSON(w, http.StatusOK, s.deviceDocument(d, v2))
}

func (s *Service) beginDevice(form url.Values, tenant string, v2 bool) (*device, *directory.Failure) {
	s.w.Lock()
	defer s.w.Unlock()
	asked := request{tenant: tenant, clientID: strings.ToLower(form.Get("client_id")), v2: v2}
	if failure := s.readRequest(&asked, form); failure != nil {
		return nil, failure
	}
	return s.begin(asked), nil
}

// readRequest reads what a person's sign-in is for and checks that the app is known.
func (s *Service) readRequest(r *request, form url.Values) *directory.Failure {
	switch {
	case r.clientID == "":
		return missing("client_id")
	case r.v2 && strings.TrimSpace(form.Get("scope")) == "":
		return missing("scope")
	case r.v2:
		r.readScopes(strings.Fields(form.Get("scope")), s.w.Cloud().Graph())
	default:
		r.resource = form.Get("resource")
		if r.resource == "" {
			r.resource = s.w.Cloud().Graph()
		}
	}
	return s.checkClient(r)
}

// readScopes takes scopes apart: the resource before the last slash, the bare names after it. Names without a resource
// belong to Microsoft Graph.
func (r *request) readScopes(scopes []string, graph string) {
	r.scopes, r.resource, r.asked = scopes, delegatedResource(scopes, graph), nil
	for _, scope := range scopes {
		if !directory.IsOpenID(scope) {
			r.asked = append(r.asked, scope[strings.LastIndex(scope, "/")+1:])
		}
	}
}

// checkClient refuses a tenant or an app that does not exist; over a shared endpoint only apps for many tenants may come.
func (s *Service) checkClient(r *request) *directory.Failure {
	if shared(r.tenant) {
		app := s.d.Application(r.clientID)
		if app != nil && app.Audience == "AzureADMyOrg" {
			return bad("invalid_request", 50194, "Application '%s'(%s) is not configured as a multi-tenant application. Usage of the /common "+
				"endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the "+
				"application to be multi-tenant.", app.AppID, app.DisplayName)
		}
		return nil
	}
	t := s.d.Tenant(r.tenant)
	if t == nil {
		return directory.TenantNotFound(r.tenant)
	}
	if sp := t.ServicePrincipal(r.clientID); sp == nil || sp.AppID != r.clientID {
		return s.d.AppNotFound(r.clientID, t)
	}
	return nil
}

// pause is how long a client must wait between two questions.
func (s *Service) pause() time.Duration {
	if s.w.Gentle() {
		return time.Second
	}
	return devicePause
}

func (s *Service) deviceDocument(d *device, v2 bool) map[string]any {
	address := s.w.Cloud().DeviceLogin
	doc := map[string]any{
		"user_code": d.userCode, "device_code": d.code, "expires_in": int(deviceLife.Seconds()), "interval": int(s.pause().Seconds()),
		"message": fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", address, d.userCode),
	}
	if v2 {
		doc["verification_uri"] = address
		return doc
	}
	doc["verification_url"] = address
	doc["expires_in"], doc["interval"] = strconv.Itoa(int(deviceLife.Seconds())), strconv.Itoa(int(s.pause().Seconds()))
	return doc
}

// devicePage is where a person types the code in; a right one leads to the sign-in page.
func (s *Service) devicePage(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("otc")
	if r.Method == http.MethodPost {
		form, _ := readForm(r)
		text = form.Get("otc")
	}
	if strings.TrimSpace(text) == "" {
		show(w, http.StatusOK, page{Title: "Enter code", Step: "device"})
		return
	}
	s.w.Lock()
	d := s.typed(text)
	key := ""
	if d != nil {
		asked := d.request
		asked.device = d
		key = s.open(&asked)
	}
	s.w.Unlock()
	if d == nil {
		show(w, http.StatusOK, page{Title: "Enter code", Step: "device", Trouble: "That code didn't work. Check the code and try again."})
		return
	}
	s.show(w, key, page{Step: "account"})
}
