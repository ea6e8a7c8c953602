package login

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// authorize begins a sign-in in the browser. What is wrong with the program is told on the page alone, since there is
// nobody to be redirected to safely. Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
// read 2026-11-25.
func (s *Service) authorize(w http.ResponseWriter, r *http.Request, tenant string, v2 bool) {
	query := r.URL.Query()
	if r.Method == http.MethodPost {
		if form, ok := readForm(r); ok {
			query = form
		}
	}
	world.NoteIdentity(r.Context(), query.Get("client_id"))
	s.w.Lock()
	asked, failure := s.readAuthorize(query, tenant, v2)
	key := ""
	if failure == nil {
		key = s.open(asked)
	}
	s.w.Unlock()
	switch {
	case failure != nil:
		show(w, http.StatusBadRequest, page{Title: "Sign in", Step: "end", Trouble: s.sentence(failure)})
	case query.Get("prompt") == "none":
		s.send(w, r, asked, url.Values{"error": {"login_required"}, "error_description": {"AADSTS50058: A silent sign-in request was sent but no user is signed in."}})
	default:
		s.show(w, key, page{Step: "account", Account: asked.hint})
	}
}

// readAuthorize reads and checks a request for an authorization code.
func (s *Service) readAuthorize(query url.Values, tenant string, v2 bool) (*request, *directory.Failure) {
	asked := &request{
		tenant: tenant, clientID: strings.ToLower(query.Get("client_id")), v2: v2, redirect: query.Get("redirect_uri"),
		state: query.Get("state"), nonce: query.Get("nonce"), mode: query.Get("response_mode"), hint: query.Get("login_hint"),
		challenge: query.Get("code_challenge"), method: query.Get("code_challenge_method"),
	}
	if failure := s.readRequest(asked, query); failure != nil {
		return nil, failure
	}
	if query.Get("response_type") != "code" {
		return nil, bad("unsupported_response_type", 700054, "response_type '%s' is not enabled for the application.", query.Get("response_type"))
	}
	if asked.challenge != "" && asked.method != "" && !strings.EqualFold(asked.method, "S256") && !strings.EqualFold(asked.method, "plain") {
		return nil, bad("invalid_request", 501491, "Invalid size or method of Code_Challenge parameter.")
	}
	return asked, s.checkRedirect(asked)
}

// checkRedirect looks the reply address up in the registration. For programs on a person's own computer the port doesn't
// count. Source: https://learn.microsoft.com/entra/identity-platform/reply-url, read 2026-11-25.
func (s *Service) checkRedirect(r *request) *directory.Failure {
	app := s.d.Application(r.clientID)
	if app == nil { // one of Microsoft's tools, or an app that the person's tenant will have to know
		r.public = true
		if loopback(r.redirect) {
			return nil
		}
		return redirectUnknown(r)
	}
	for _, platform := range []string{"publicClient", "web", "spa"} {
		settings, _ := app.Extra[platform].(map[string]any)
		known, _ := settings["redirectUris"].([]any)
		for _, one := range known {
			if text, _ := one.(string); sameRedirect(text, r.redirect) {
				r.public, r.page = platform != "web", platform == "spa"
				return nil
			}
		}
	}
	return redirectUnknown(r)
}

func redirectUnknown(r *request) *directory.Failure {
	return bad("invalid_request", 50011, "The redirect URI '%s' specified in the request does not match the redirect URIs configured for the "+
		"application '%s'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.",
		r.redirect, r.clientID)
}

func loopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
}

func sameRedirect(registered, sent string) bool {
	if registered == sent {
		return true
	}
	a, err1 := url.Parse(registered)
	b, err2 := url.Parse(sent)
	if err1 != nil || err2 != nil || !loopback(registered) {
		return false
	}
	return a.Scheme == b.Scheme && a.Hostname() == b.Hostname() && strings.TrimSuffix(a.Path, "/") == strings.TrimSuffix(b.Path, "/")
}

// send leads the browser back to the program with an answer.
func (s *Service) send(w http.ResponseWriter, r *http.Request, asked *request, answer url.Values) {
	if asked.mode == "form_post" {
		show(w, http.StatusOK, page{Title: "Working...", Step: "post", Action: asked.redirect, Fields: asked.withState(answer)})
		return
	}
	http.Redirect(w, r, asked.back(answer), http.StatusFound)
}

// withState adds what the program gave to recognise its answer by.
func (r *request) withState(answer url.Values) url.Values {
	if r.state != "" {
		answer.Set("state", r.state)
	}
	return answer
}

// back is the address that leads back to the program.
func (r *request) back(answer url.Values) string {
	mark := "?"
	if r.mode == "fragment" {
		mark = "#"
	} else if strings.Contains(r.redirect, "?") {
		mark = "&"
	}
	return r.redirect + mark + r.withState(answer).Encode()
}

// sentence is a failure as the page tells it.
func (s *Service) sentence(f *directory.Failure) string {
	return fmt.Sprintf("%s Timestamp: %s", f.Error(), s.w.Now().Format("2006-01-02 15:04:05Z"))
}

// finish ends a page's sign-in: the program gets its code, or the device that waits gets its answer.
func (s *Service) finish(r *request) (answer url.Values, failure *directory.Failure) {
	if r.device != nil {
		r.device.home, r.device.user, r.device.mfa = r.home, r.user, r.mfa
		return nil, nil
	}
	sign := r.signIn()
	sign.Public = true // whether the program must prove itself shows when it redeems the code
	if failure := s.d.Judge(s.w.Now(), sign); failure != nil {
		return nil, failure
	}
	return url.Values{"code": {s.issue(r)}, "session_state": {newID()}}, nil
}

// decline ends it the other way.
func (r *request) decline() url.Values {
	if r.device != nil {
		r.device.declined = true
	}
	return url.Values{
		"error": {"access_denied"}, "error_subcode": {"cancel"},
		"error_description": {"AADSTS65004: User declined to consent to access the app."},
	}
}
