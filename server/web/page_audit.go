package web

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"keyturn/server/board"
)

func (p Pages) audit(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.Audit, Here: "/audit"}
	app := r.URL.Query().Get("app")
	page, err := p.Board.Audit(r.Context(), app, r.URL.Query().Get("after"), 0)
	if err != nil || app == "" {
		return f, auditLog(app, page, nil), err
	}
	f.Title = texts.Audit + ": " + app
	chain, err := p.Board.Verify(r.Context(), app)
	return f, auditLog(app, page, &chain), err
}

func auditAddress(app, after string) templ.SafeURL {
	query := url.Values{}
	if app != "" {
		query.Set("app", app)
	}
	if after != "" {
		query.Set("after", after)
	}
	return withQuery("/audit", query)
}

// chainWords says whether an application's audit log holds together.
func chainWords(c board.Chain) string {
	if c.OK {
		return texts.ChainOK
	}
	return texts.ChainBad + " " + number(c.Bad)
}
