package board

import (
	"context"
	"time"

	"keyturn/standing"
)

// Overview is everything at a glance.
type Overview struct {
	At       time.Time             `json:"at"`       // by the clock that renewals go by
	Total    int                   `json:"total"`    // of the applications
	Counts   map[standing.Word]int `json:"counts"`   // by standing; standings without any are missing
	Urgent   []Application         `json:"urgent"`   // what needs a person, the most urgent first, ten at most
	Renewing []Application         `json:"renewing"` // what is under way, ten at most
	Timeline []Month               `json:"timeline"` // what ends when, a year from now
}

// Month is how many secrets end in one month.
type Month struct {
	Begins  time.Time `json:"begins"`
	Count   int       `json:"count"`
	Renewed int       `json:"renewed"` // of them, those that Keyturn will have renewed before
}

const (
	mostUrgent = 10
	months     = 12
)

// Overview returns what a person wants to see first. The caller must not change what it gets.
func (b *Board) Overview(ctx context.Context) (Overview, error) {
	shown, err := b.look(ctx)
	if err != nil {
		return Overview{}, err
	}
	return shown.overview(), nil
}

// glance makes the overview.
func (s *snapshot) glance() Overview {
	o := Overview{At: s.at, Total: len(s.rows), Counts: s.counts, Urgent: []Application{}, Renewing: []Application{}, Timeline: calendar(s.at)}
	for _, i := range s.sorted[ByUrgency] {
		a := s.rows[i].Application
		o.count(a)
		switch {
		case a.Standing.Urgent() && len(o.Urgent) < mostUrgent:
			o.Urgent = append(o.Urgent, *a)
		case a.Standing == standing.Renewing && len(o.Renewing) < mostUrgent:
			o.Renewing = append(o.Renewing, *a)
		}
	}
	return o
}

// calendar is twelve months from the one in which now lies.
func calendar(now time.Time) []Month {
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	list := make([]Month, months)
	for i := range list {
		list[i].Begins = first.AddDate(0, i, 0)
	}
	return list
}

// count puts an application into the month in which its secret ends.
func (o *Overview) count(a *Application) {
	if a.Expires.IsZero() {
		return
	}
	first, end := o.Timeline[0].Begins, a.Expires.UTC()
	at := (end.Year()-first.Year())*months + int(end.Month()) - int(first.Month())
	if at < 0 || at >= len(o.Timeline) {
		return
	}
	o.Timeline[at].Count++
	if a.Standing == standing.Fine || a.Standing == standing.Renewing {
		o.Timeline[at].Renewed++
	}
}
