package web

import (
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"keyturn/server/board"
	"keyturn/standing"
)

func (p Pages) overview(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.Overview, Here: "/", Live: live("", "")}
	seen, err := p.Board.Overview(r.Context())
	if err != nil {
		return f, nil, err
	}
	sum, err := p.Board.Untold(r.Context())
	return f, overview(seen, sum), err
}

// counted are the standings that some application has, what needs a person first.
func counted(counts map[standing.Word]int) []standing.Word {
	var some []standing.Word
	for _, s := range standing.Words() {
		if counts[s] > 0 {
			some = append(some, s)
		}
	}
	return some
}

// bar is one month of the timeline, drawn upwards from the bottom of a picture that is 100 high: what will have been
// renewed below, the rest on top.
type bar struct {
	board.Month
	Short, Long              string
	Top, Rest, DoneTop, Done string
}

// bars draws the months to the scale of the highest.
func bars(months []board.Month) []bar {
	most := 1
	for _, m := range months {
		most = max(most, m.Count)
	}
	list := make([]bar, 0, len(months))
	for _, m := range months {
		done, rest := 100*m.Renewed/most, 100*(m.Count-m.Renewed)/most
		list = append(list, bar{
			Month: m, Short: m.Begins.Format("Jan"), Long: m.Begins.Format("January 2006"),
			Top: fmt.Sprint(100 - done - rest), Rest: fmt.Sprint(rest), DoneTop: fmt.Sprint(100 - done), Done: fmt.Sprint(done),
		})
	}
	return list
}
