package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keyturn/problem"
	"keyturn/server/access"
	"keyturn/server/guest"
)

// Console is what is shown to those who have signed in.
type Console struct {
	Keeper *access.Keeper
	Site   Site
	// Provider is who people sign in with; nil = one-time links alone.
	Provider *Provider
	Room     *guest.Room    // where people sign in with rights of their own
	Routes   []access.Route // of pages and API
	// Refuse tells a person at a browser why they can't come in or can't do what they asked for.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, err error)
	Log    *slog.Logger

	tries *access.Limit // at signing in, by address
}

// Site is where browsers find the console.
type Site struct {
	Address *url.URL // scheme and host alone, such as https://keyturn.contoso.com
}

// Secure reports whether browsers reach the site over TLS, which this process or a proxy before it ends.
func (s Site) Secure() bool { return s.Address.Scheme == "https" }

// Cookie is the name of the cookie that a session is kept in. Over TLS no other site of the same domain can set one of that
// name; without, the port is part of it, because browsers mix up the ports of one machine.
func (s Site) Cookie() string {
	if s.Secure() {
		return "__Host-keyturn"
	}
	return "keyturn-" + s.Address.Port()
}

// answersTo reports whether a request was meant for this site: a page of another site whose name was made to point here
// isn't. This machine's own names are always right.
func (s Site) answersTo(host string) bool {
	return nameOf(host) == strings.ToLower(s.Address.Hostname()) || isLocalName(host)
}

// Limits of what all clients together may ask for.
const (
	mostBody     = 64 << 10
	mostAtOnce   = 256
	mostStreams  = 256
	signInTries  = 10
	signInWindow = time.Minute
)

// gatekeeper lets requests through to their routes.
type gatekeeper struct {
	Console
	busy, streams chan struct{} // as many as may be answered at once
}

func newGatekeeper(c Console) *gatekeeper {
	c.tries = &access.Limit{Most: signInTries, Per: signInWindow, Now: time.Now}
	return &gatekeeper{Console: c, busy: make(chan struct{}, mostAtOnce), streams: make(chan struct{}, mostStreams)}
}

// guard is a route behind everything that must hold before it.
func (g *gatekeeper) guard(route access.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		slots := g.busy
		if route.Stream {
			slots = g.streams
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			access.RetryAfter(w, time.Second)
			g.refuse(w, r, http.StatusServiceUnavailable, problem.Later("server.busy", "this process", time.Second, errors.New("answers as many requests as it may")))
			return
		}
		if route.Counted {
			if wait := g.tries.Try(remote(r)); wait > 0 {
				access.RetryAfter(w, wait)
				g.refuse(w, r, http.StatusTooManyRequests, problem.Later("signin.often", "you", wait, errors.New("tried to sign in too often")))
				return
			}
		}
		person, err := g.who(r)
		if err == nil {
			err = admit(route, person)
		}
		if err != nil {
			g.refuse(w, r, statusOf(err), err)
			return
		}
		if route.Slow {
			patient(w)
		}
		ctx, done := untilClosing(r.Context(), route.Stream)
		defer done()
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		route.Handler.ServeHTTP(w, r.WithContext(access.With(ctx, person)))
	})
}

// admit says whether somebody may use a route.
func admit(route access.Route, person access.Person) error {
	switch {
	case person.Role.May(route.Least):
		return nil
	case person.Subject == "":
		return problem.NeedsPerson("signin.required", "", "you haven't signed in, or have been signed out", "sign in; a program sends an API token: Authorization: Bearer TOKEN")
	}
	return problem.NeedsPerson("role.insufficient", person.Name, "has the role "+person.Role.String()+", and this takes "+route.Least.String(),
		"ask somebody who has it")
}

// who made a request: a program with a token, which the API alone takes, or a browser with a session.
func (g *gatekeeper) who(r *http.Request) (access.Person, error) {
	if header := r.Header.Get("Authorization"); header != "" && isAPI(r) {
		scheme, shown, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return access.Person{}, nil
		}
		return g.Keeper.Caller(r.Context(), strings.TrimSpace(shown))
	}
	cookie, err := r.Cookie(g.Site.Cookie())
	if err != nil {
		return access.Person{}, nil
	}
	return g.Keeper.Visitor(r.Context(), cookie.Value)
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

func statusOf(err error) int {
	switch problem.Of(err).Code {
	case "signin.required", "link.used":
		return http.StatusUnauthorized
	case "role.insufficient", "role.none", "signin.denied", "signin.foreign", "signin.token":
		return http.StatusForbidden
	case "internal":
		return http.StatusInternalServerError
	}
	return http.StatusServiceUnavailable
}

// refuse answers in the way of whoever asked.
func (g *gatekeeper) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	if status >= http.StatusInternalServerError && problem.Of(err).Code != "server.busy" {
		g.Log.Warn("a request failed", "path", r.URL.Path, "error", err)
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if isAPI(r) {
		access.WriteDetails(w, status, err)
		return
	}
	g.Refuse(w, r, status, err)
}

// remote is who asks, as far as the network tells.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// longestAsk is how long an answer may take that waits for the cloud.
const longestAsk = 2 * time.Minute

// patient gives a request the time that asking the cloud takes.
func patient(w http.ResponseWriter) {
	control, until := http.NewResponseController(w), time.Now().Add(longestAsk)
	_ = errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)) // else it is cut off as any other
}

type closingKey struct{}

// untilClosing is ctx; that of a stream also ends when the server closes.
func untilClosing(ctx context.Context, stream bool) (context.Context, func()) {
	closing, ok := ctx.Value(closingKey{}).(context.Context)
	if !stream || !ok {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(closing, cancel)
	return ctx, func() { unhook(); cancel() }
}
