package server

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/problem"
	"keyturn/server/access"
)

// New returns the handler: GET and HEAD of /healthz and /readyz for everybody and, with a console, its routes for those
// who may. Nothing else is there. A nil console is none.
func New(health Health, console *Console) http.Handler {
	mux := http.NewServeMux()
	health.routes(mux)
	if console != nil {
		mux.Handle("/", newGatekeeper(*console).handler())
	}
	return headed(mux, console != nil && console.Site.Secure())
}

// Table lists every route that a console answers, in no order.
func (c Console) Table() []access.Route {
	return slices.Concat(signInRoutes(&c), providerRoutes(&c), c.Routes)
}

// handler is all of the console.
func (g *gatekeeper) handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range g.Table() {
		mux.Handle(route.Pattern, g.guard(route))
	}
	mux.Handle("/", g.guard(access.Route{Least: access.Viewer, Handler: g.nothing(mux)}))
	crossing := http.NewCrossOriginProtection()
	crossing.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.refuse(w, r, http.StatusForbidden, problem.NeedsPerson("origin.foreign", "the request", "comes from a page of another site", "do it in the console itself"))
	}))
	inner := crossing.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.Site.answersTo(r.Host) {
			g.refuse(w, r, http.StatusMisdirectedRequest, problem.NeedsPerson("host.foreign", "the request", "is meant for another site than "+g.Site.Address.String(),
				"open the console at that address, or set serve.address to the one that people use"))
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// nothing answers for what isn't there, or isn't there to be done, to those who may know.
func (g *gatekeeper) nothing(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if can := methods(mux, r); len(can) > 0 {
			w.Header().Set("Allow", strings.Join(can, ", "))
			g.refuse(w, r, http.StatusMethodNotAllowed, problem.NeedsPerson("method.unknown", r.Method+" "+r.URL.Path, "isn't there to be done", "see /docs for the API"))
			return
		}
		g.refuse(w, r, http.StatusNotFound, problem.NeedsPerson(problem.NotFound, r.URL.Path, "there is no such page", "see /docs for the API"))
	}
}

// methods are those that some route has for what a request names.
func methods(mux *http.ServeMux, r *http.Request) (can []string) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
			can = append(can, method)
		}
	}
	return can
}

// contentRules forbid everything that pages don't need: no script but files of ours, nobody's frame, no other site.
const contentRules = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headed sets the headers that hold for every answer.
func headed(inner http.Handler, secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentRules)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		inner.ServeHTTP(w, r)
	})
}
