package login

import (
	"bytes"
	_ "embed" // the page
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"keyturn/simulator/directory"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is one step of a sign-in as a person sees it.
type page struct {
	Title, Trouble string
	// Step is device, account, factor, consent, post (to the program) or end.
	Step         string
	Key, Action  string
	Account, App string
	Enrol, Admin bool
	Scopes       []string
	Fields       url.Values
}

func show(w http.ResponseWriter, status int, p page) {
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, p); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // the browser may be gone; nothing to do about it
}

// show shows a step of the request that key leads to.
func (s *Service) show(w http.ResponseWriter, key string, p page) {
	s.w.Lock()
	asked := s.sessions.pages[key]
	s.w.Unlock()
	p.Key, p.Action = key, "/common/login"
	if p.Title == "" {
		p.Title = "Sign in"
	}
	if asked != nil {
		p.App = s.appName(asked)
		if asked.user != nil {
			p.Account = asked.user.Name
		}
	}
	show(w, http.StatusOK, p)
}

func (s *Service) appName(r *request) string {
	s.w.Lock()
	defer s.w.Unlock()
	if app := s.d.Application(r.clientID); app != nil {
		return app.DisplayName
	}
	for _, t := range s.d.Tenants() {
		if sp := t.ServicePrincipal(r.clientID); sp != nil {
			return sp.DisplayName
		}
	}
	return ""
}

// step takes what a person sent from a page and shows the next one.
func (s *Service) step(w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(r)
	if !ok || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	key := form.Get("ctx")
	s.w.Lock()
	asked := s.sessions.pages[key]
	if asked == nil || !s.w.Now().Before(asked.expires) {
		s.w.Unlock()
		show(w, http.StatusBadRequest, page{Title: "Sign in", Step: "end", Trouble: "AADSTS165000: Invalid request: the sign-in has gone on too long. Begin again."})
		return
	}
	next, answer := s.advance(asked, form)
	if next.Step == "" || next.Step == "end" {
		delete(s.sessions.pages, key)
	}
	s.w.Unlock()
	switch {
	case next.Step == "end":
		show(w, http.StatusOK, next)
	case next.Step == "" && asked.device == nil:
		s.send(w, r, asked, answer)
	case next.Step == "":
		show(w, http.StatusOK, page{Title: "You have signed in", Step: "end"})
	default:
		s.show(w, key, next)
	}
}

// advance is one step of a sign-in; a page without a step means that it is over and answer goes to the program.
func (s *Service) advance(r *request, form url.Values) (page, url.Values) {
	switch {
	case form.Has("cancel"):
		answer := r.decline()
		if r.device != nil {
			return page{Title: "You have cancelled the sign-in", Step: "end"}, nil
		}
		return page{}, answer
	case r.user == nil:
		if failure := s.takeAccount(r, strings.TrimSpace(form.Get("login")), form.Get("passwd")); failure != nil {
			r.user = nil
			return page{Step: "account", Account: form.Get("login"), Trouble: s.sentence(failure)}, nil
		}
	case s.d.WantsFactor(r.user) && !r.mfa:
		if strings.ReplaceAll(form.Get("otc"), " ", "") != r.user.Code {
			return page{Step: "factor", Trouble: "AADSTS500121: Authentication failed during strong authentication request."}, nil
		}
		s.passFactor(r)
	case form.Get("consent") == "accept":
		s.takeConsent(r, form.Get("everyone") != "")
	}
	return s.next(r)
}

// next says what is left to ask of a person who is known.
func (s *Service) next(r *request) (page, url.Values) {
	if s.d.WantsFactor(r.user) && !r.mfa {
		return page{Step: "factor", Enrol: r.user.State == directory.StateUnenrolled}, nil
	}
	if missing := s.missingConsent(r); len(missing) > 0 {
		admin := directory.MayConsent(r.user)
		for _, scope := range missing {
			if directory.NeedsAdmin(scope) && !admin {
				return page{Title: "Need admin approval", Step: "end", Trouble: "AADSTS90094: Admin consent is required for the permissions requested " +
					"by this application."}, nil
			}
		}
		return page{Title: "Permissions requested", Step: "consent", Scopes: missing, Admin: admin}, nil
	}
	answer, failure := s.finish(r)
	if failure != nil {
		return page{Title: "You cannot access this right now", Step: "end", Trouble: s.sentence(failure)}, nil
	}
	return page{}, answer
}

// takeAccount checks a name and its password, and finds the tenant over a shared address by the name's domain.
func (s *Service) takeAccount(r *request, name, password string) *directory.Failure {
	t := s.homeOf(r, name)
	if t == nil {
		return bad("invalid_grant", 50034, "The user account %s does not exist in any directory. To sign into this application, the account "+
			"must be added to the directory.", name)
	}
	u, failure := s.d.JudgePassword(s.w.Now(), t, name, password)
	if failure != nil {
		return failure
	}
	if sp := t.ServicePrincipal(r.clientID); sp == nil || sp.AppID != r.clientID {
		return s.d.AppNotFound(r.clientID, t)
	}
	r.home, r.user = t, u
	return nil
}

func (s *Service) homeOf(r *request, name string) *directory.Tenant {
	if !shared(r.tenant) {
		return s.d.Tenant(r.tenant)
	}
	_, domain, _ := strings.Cut(name, "@")
	return s.d.Tenant(domain)
}

// passFactor notes the second factor; who had none has set it up with it.
func (s *Service) passFactor(r *request) {
	r.mfa = true
	if r.user.State == directory.StateUnenrolled {
		r.user.State, r.user.MFA = directory.StateOpen, true
	}
}

func (s *Service) missingConsent(r *request) []string {
	sp, api := r.home.ServicePrincipal(r.clientID), s.d.APIOf(r.home, r.resource)
	if sp == nil || api == "" {
		return nil // finish tells it
	}
	return sp.MissingConsent(api, r.user, r.asked)
}

func (s *Service) takeConsent(r *request, everyone bool) {
	user := r.user.ObjectID
	if everyone && directory.MayConsent(r.user) {
		user = ""
	}
	api := s.d.APIOf(r.home, r.resource)
	s.d.Consent(r.home.ServicePrincipal(r.clientID), api, user, s.missingConsent(r)...)
}
