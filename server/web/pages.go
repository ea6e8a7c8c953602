package web

import (
	"bytes"
	"context"
	"net/http"
	"sync"

	"github.com/a-h/templ"

	"keyturn/problem"
	"keyturn/server/access"
	"keyturn/server/board"
	"keyturn/server/command"
)

// Pages are the console's pages.
type Pages struct {
	Board    *board.Board
	Commands command.Desk
	Document []byte // the API's own, as OpenAPI
	About    func(ctx context.Context) (About, error)
	Room     Room
	Tokens   Tokens
	Password bool   // whether people may type a password for it
	Provider string // where a person begins to sign in with a provider; "" = one-time links alone
}

// Routes lists the pages with who may see them. A new page is one line here.
func (p Pages) Routes() []access.Route {
	return append(assetRoutes(),
		page("GET /{$}", access.Viewer, p.overview),
		page("GET /docs", access.Nobody, p.docs),
		page("GET /applications", access.Viewer, p.applications),
		page("GET /applications/{app}", access.Viewer, p.application),
		page("GET /applications/{app}/renew", access.Operator, p.renewal),
		access.Route{Pattern: "POST /applications/{app}/renew", Least: access.Operator, Handler: http.HandlerFunc(p.begin)},
		page("GET /runs", access.Viewer, p.runs),
		page("GET /runs/{run}", access.Viewer, p.run),
		access.Route{Pattern: "POST /runs/{run}/resume", Least: access.Operator, Handler: p.tellRun(command.Resume)},
		access.Route{Pattern: "POST /runs/{run}/overwrite", Least: access.Operator, Handler: p.tellRun(command.Overwrite)},
		access.Route{Pattern: "POST /runs/{run}/abort", Least: access.Operator, Handler: p.tellRun(command.Abort)},
		access.Route{Pattern: "POST /runs/{run}/approve", Least: access.Approver, Handler: p.tellRun(command.Approve)},
		page("GET /audit", access.Viewer, p.audit),
		page("GET /notices", access.Viewer, p.notices),
		page("GET /about", access.Viewer, p.about),
		page("GET "+tokensAddress, access.Admin, p.tokens),
		access.Route{Pattern: "POST " + tokensAddress + "/{token}/revoke", Least: access.Admin, Handler: http.HandlerFunc(p.revoke)},
		page("GET "+visitAddress, access.Operator, p.visit),
		access.Route{Pattern: "POST " + visitAddress, Least: access.Operator, Handler: http.HandlerFunc(p.beginVisit)},
		access.Route{Pattern: "POST " + visitAddress + "/end", Least: access.Operator, Handler: http.HandlerFunc(p.endVisit)},
	)
}

// frame is what every page shows around its own content.
type frame struct {
	Title   string
	Here    string // the address that the menu marks
	Live    string // where the page hears that what it shows has changed; "" = it doesn't change by itself
	Person  access.Person
	Waiting bool // for something that a person does elsewhere: the page asks again and again
}

// entry is one line of the menu.
type entry struct{ Address, Title string }

// menu lists the pages that can be gone to from everywhere.
func menu() []entry {
	return []entry{{"/", texts.Overview}, {"/applications", texts.Applications}, {"/runs", texts.Runs}, {"/audit", texts.Audit}, {"/about", texts.About}}
}

// page makes a route of what gathers a page. What fails is told as a page too.
func page(pattern string, least access.Role, gather func(r *http.Request) (frame, templ.Component, error)) access.Route {
	return access.Route{Pattern: pattern, Least: least, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, content, err := gather(r)
		if err != nil {
			tell(w, r, statusOf(err), f, err)
			return
		}
		f.Person = access.From(r.Context())
		show(r.Context(), w, http.StatusOK, layout(f, content))
	})}
}

// sheets are what pages are written on, again and again.
var sheets = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// show writes a page, whole or not at all.
func show(ctx context.Context, w http.ResponseWriter, status int, content templ.Component) {
	text := sheets.Get().(*bytes.Buffer)
	defer sheets.Put(text)
	text.Reset()
	if err := content.Render(ctx, text); err != nil {
		http.Error(w, texts.Failed, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // whoever asked has gone: nobody is left to tell
}

// tell shows what went wrong.
func tell(w http.ResponseWriter, r *http.Request, status int, f frame, err error) {
	found := problem.Of(err)
	f.Person = access.From(r.Context())
	if f.Title == "" {
		f.Title = texts.Failed
	}
	show(r.Context(), w, status, layout(f, trouble(found.Code, problem.Sentence(err), found.Fix)))
}

// statusOf is the answer to a failure.
func statusOf(err error) int {
	switch problem.Of(err).Code {
	case "app.unknown", problem.NotFound:
		return http.StatusNotFound
	case "query.invalid":
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// Refuse shows why somebody may not come in, or may not do what they asked for: with 401 the way to sign in.
func (p Pages) Refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	if status == http.StatusUnauthorized {
		show(r.Context(), w, status, layout(frame{Title: texts.SignIn}, signIn(p.Provider, problem.Sentence(err), problem.Of(err).Code)))
		return
	}
	title := map[int]string{http.StatusForbidden: texts.Refused, http.StatusNotFound: texts.NotFound, http.StatusMethodNotAllowed: texts.NotFound}[status]
	tell(w, r, status, frame{Title: title}, err)
}
