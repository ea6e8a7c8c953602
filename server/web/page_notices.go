package web

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"keyturn/server/board"
	"keyturn/store"
)

func (p Pages) notices(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.Notices, Here: "/about"}
	asked := r.URL.Query()
	page, err := p.Board.Notices(r.Context(), board.NoticeQuery{Open: asked.Get("show") == "open", After: asked.Get("after")})
	if err != nil {
		return f, nil, err
	}
	sum, err := p.Board.Untold(r.Context())
	return f, noticeList(asked.Get("show"), page, sum), err
}

// noticesAddress is the list of notices; show is "" or "open".
func noticesAddress(show, after string) templ.SafeURL {
	query := url.Values{}
	if show != "" {
		query.Set("show", show)
	}
	if after != "" {
		query.Set("after", after)
	}
	return withQuery("/notices", query)
}

// postingClass is the style of a notice as it stands.
func postingClass(state store.PostingState) string {
	return map[store.PostingState]string{
		store.PostingPending: "renewing", store.PostingSent: "fine", store.PostingGivenUp: "expired", store.PostingOver: "excluded",
	}[state]
}
