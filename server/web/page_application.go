package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"keyturn/renewal"
	"keyturn/server/board"
)

func (p Pages) application(r *http.Request) (frame, templ.Component, error) {
	name := r.PathValue("app")
	f := frame{Title: name, Here: "/applications", Live: live(name, "")}
	detail, err := p.Board.Application(r.Context(), name)
	if err != nil {
		return f, nil, err
	}
	return f, application(detail, axisOf(detail.Credentials, p.Board.Now())), nil
}

// rungs are the steps of the verification ladder, from weakest to strongest.
func rungs() []renewal.Rung {
	return []renewal.Rung{renewal.Acknowledged, renewal.ReadBack, renewal.PlatformCheck, renewal.LiveProbe}
}

// reached reports whether a proof is at least a step of the ladder.
func reached(proof, step renewal.Rung) bool { return proof == step || proof.Above(step) }

// axis is the life of secrets beside each other, drawn on a picture that is 1,000 wide.
type axis struct {
	From, To time.Time
	Now      string // where the present is
	Both     span   // in which both the old and the new secret work; zero = never
	Lives    []life
}

// span is a part of the picture's width.
type span struct{ X, Width string }

// life is one secret on the axis.
type life struct {
	board.Credential
	span
}

// wide is the width of the picture, and margin how much of the time shown lies outside of what is told.
const (
	wide   = 1000
	margin = 20 // one twentieth
)

// axisOf draws the lives of secrets. One whose start isn't known begins at the left edge.
func axisOf(credentials []board.Credential, now time.Time) axis {
	a := axis{From: now, To: now}
	for _, c := range credentials {
		a.reach(c.Start)
		a.reach(c.End)
	}
	edge := a.To.Sub(a.From) / margin
	a.From, a.To = a.From.Add(-edge), a.To.Add(edge)
	a.Now = a.at(now)
	for _, c := range credentials {
		a.Lives = append(a.Lives, life{c, a.span(c.Start, c.End)})
	}
	a.Both = a.together(credentials)
	return a
}

func (a *axis) reach(t time.Time) {
	switch {
	case t.IsZero():
	case t.Before(a.From):
		a.From = t
	case t.After(a.To):
		a.To = t
	}
}

// at is where a time is on the picture.
func (a axis) at(t time.Time) string { return fmt.Sprint(a.column(t)) }

func (a axis) column(t time.Time) int {
	whole := a.To.Sub(a.From)
	if whole <= 0 {
		return 0
	}
	return min(wide, max(0, int(float64(wide)*float64(t.Sub(a.From))/float64(whole))))
}

// span is the part of the picture between two times; a start that isn't known is the left edge.
func (a axis) span(start, end time.Time) span {
	from := 0
	if !start.IsZero() {
		from = a.column(start)
	}
	return span{X: fmt.Sprint(from), Width: fmt.Sprint(max(2, a.column(end)-from))}
}

// together is the time in which the newest secret and one before it both work.
func (a axis) together(credentials []board.Credential) span {
	if len(credentials) < 2 || credentials[0].Start.IsZero() {
		return span{}
	}
	start, end := credentials[0].Start, credentials[1].End
	if credentials[1].State == "removed" || !end.After(start) {
		return span{}
	}
	return a.span(start, end)
}
