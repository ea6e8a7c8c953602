package web

import (
	"net/http"

	"github.com/a-h/templ"

	"keyturn/server/board"
	"keyturn/standing"
)

func (p Pages) applications(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.Applications, Here: "/applications", Live: live("", "")}
	asked := r.URL.Query()
	q := board.Query{
		Search: asked.Get("q"), Standing: standing.Word(asked.Get("standing")), Order: board.Order(asked.Get("order")), After: asked.Get("after"),
	}
	page, err := p.Board.Applications(r.Context(), q)
	if err != nil {
		return f, nil, err
	}
	return f, applicationList(q, page), nil
}

// orders lists how applications can be sorted, the usual one first.
func orders() []board.Order {
	return []board.Order{board.ByUrgency, board.ByName, board.ByExpiry, board.ByNext}
}
