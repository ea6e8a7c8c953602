package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"keyturn/server/board"
)

func (p Pages) overview(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.Overview, Here: "/"}
	seen, err := p.Board.Overview(r.Context())
	if err != nil {
		return f, nil, err
	}
	return f, overview(seen), nil
}

// day and exact are how a time is shown without script, and to the second for whoever points at it.
func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(time.DateOnly)
}

func exact(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func number(n int) string { return fmt.Sprint(n) }

// counted are the standings that some application has, what needs a person first.
func counted(o board.Overview) []board.Standing {
	var some []board.Standing
	for _, s := range board.Standings() {
		if o.Counts[s] > 0 {
			some = append(some, s)
		}
	}
	return some
}
