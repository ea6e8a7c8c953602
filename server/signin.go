package server

import (
	"net/http"
	"net/url"
	"strings"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server/access"
)

// signInRoutes are the ways in and out that every console has.
func signInRoutes(c *Console) []access.Route {
	return []access.Route{
		{Pattern: "GET /sign-in", Counted: true, Handler: http.HandlerFunc(c.signIn)},
		{Pattern: "GET /sign-in/person", Least: access.Operator, Counted: true, Handler: http.HandlerFunc(c.backFromMicrosoft)},
		{Pattern: "POST /sign-out", Least: access.Viewer, Handler: http.HandlerFunc(c.signOut)},
	}
}

// Link is the address of a one-time link with that secret part.
func (s Site) Link(shown secret.Value) string {
	return s.Address.JoinPath("sign-in").String() + "?" + url.Values{"link": {shown.Reveal()}}.Encode()
}

// signIn takes a one-time link, or shows how to sign in.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	shown := r.URL.Query().Get("link")
	if shown == "" || c.Provider != nil {
		c.Refuse(w, r, http.StatusUnauthorized, problem.NeedsPerson("signin.required", "", "you haven't signed in", "sign in"))
		return
	}
	if isGuess(r) {
		http.Error(w, "not before somebody asks for it", http.StatusServiceUnavailable)
		return
	}
	session, person, err := c.Keeper.Redeem(r.Context(), shown)
	if err != nil {
		c.Refuse(w, r, statusOf(err), err)
		return
	}
	c.letIn(w, r, session, person, "/")
}

// letIn lets somebody in who has proven who they are, and leads them where they wanted to go.
func (c *Console) letIn(w http.ResponseWriter, r *http.Request, session secret.Value, person access.Person, to string) {
	c.Log.Info("signed in", "person", person.String(), "role", person.Role.String())
	c.tries.Forget(remote(r))
	c.Site.remember(w, session, person)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// isGuess reports whether a browser asks in advance for what a person may want: that would use the link up.
// Source: https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header (read 2026-11-25).
func isGuess(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Method == http.MethodHead
}

// remember lets the browser show its session from now on.
func (s Site) remember(w http.ResponseWriter, session secret.Value, person access.Person) {
	http.SetCookie(w, &http.Cookie{
		Name: s.Cookie(), Value: session.Reveal(), Path: "/", Expires: person.Until, Secure: s.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// backFromMicrosoft takes the answer to a person's sign-in with rights of their own.
func (c *Console) backFromMicrosoft(w http.ResponseWriter, r *http.Request) {
	if err := c.Room.Back(r.Context(), r.URL.Query()); err != nil {
		c.Refuse(w, r, statusOf(err), err)
		return
	}
	http.Redirect(w, r, "/about/sign-in", http.StatusSeeOther)
}

// signOut ends the session, here and in the browser.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request) {
	person := access.From(r.Context())
	if err := c.Keeper.SignOut(r.Context(), person); err != nil {
		c.Refuse(w, r, http.StatusServiceUnavailable, err)
		return
	}
	c.Log.Info("signed out", "person", person.String())
	http.SetCookie(w, &http.Cookie{Name: c.Site.Cookie(), Path: "/", MaxAge: -1, Secure: c.Site.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
