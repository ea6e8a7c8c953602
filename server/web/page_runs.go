package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"keyturn/renewal"
	"keyturn/server/board"
)

func (p Pages) runs(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.Runs, Here: "/runs", Live: live("", "")}
	asked := r.URL.Query()
	q := board.RunQuery{App: asked.Get("app"), After: asked.Get("after"), Open: asked.Get("show") == "open", Waiting: asked.Get("show") == "person"}
	page, err := p.Board.Runs(r.Context(), q)
	if err != nil {
		return f, nil, err
	}
	return f, runList(asked.Get("show"), page), nil
}

func (p Pages) run(r *http.Request) (frame, templ.Component, error) {
	id := r.PathValue("run")
	f := frame{Title: texts.Run, Here: "/runs"}
	told, err := p.Board.Run(r.Context(), id)
	if err != nil {
		return f, nil, err
	}
	f.Title = texts.Run + " " + id
	if !told.Run.State.Ended() {
		f.Live = live("", id)
	}
	detail, err := p.Board.Application(r.Context(), told.Run.App)
	if err != nil {
		detail = board.Detail{} // taken out of the configuration meanwhile: its places go by their ids
	}
	return f, run(told, placesOf(told, detail.Places)), nil
}

// runsAddress is the list of renewals; show is "", "open" or "person".
func runsAddress(show, after string) templ.SafeURL {
	query := url.Values{}
	if show != "" {
		query.Set("show", show)
	}
	if after != "" {
		query.Set("after", after)
	}
	return withQuery("/runs", query)
}

// step is one state on the way of a renewal.
type step struct {
	State renewal.State
	Class string // done, here or ahead
}

// steps are the states that a renewal goes through, with where it stands.
func steps(r renewal.Run) []step {
	way := []renewal.State{
		renewal.Planned, renewal.MakingRoom, renewal.Issuing, renewal.Settling, renewal.Delivering, renewal.Verifying, renewal.Overlapping,
		renewal.Retiring, renewal.Done,
	}
	if r.Order.RoomKeyID == "" {
		way = slices.Delete(way, 1, 2)
	}
	if r.State == renewal.Aborted {
		way = []renewal.State{renewal.Planned, renewal.Aborted}
	}
	here := slices.Index(way, r.State)
	list := make([]step, len(way))
	for i, state := range way {
		list[i] = step{state, "ahead"}
		switch {
		case i < here || r.State.Ended():
			list[i].Class = "done"
		case i == here:
			list[i].Class = "here"
		}
	}
	return list
}

// placed is one place within a renewal.
type placed struct {
	Title    string
	Delivery renewal.Delivery
}

// placesOf lists the places of a renewal in the order of its plan, by the names that the configuration gives them.
func placesOf(told board.Run, known []board.Place) []placed {
	var list []placed
	for _, id := range told.Run.Order.Targets {
		p := placed{Title: id}
		for _, place := range known {
			if place.ID == id {
				p.Title = place.Title
			}
		}
		for _, d := range told.Deliveries {
			if d.Target == id && d.N == told.Run.Attempt {
				p.Delivery = d
			}
		}
		list = append(list, p)
	}
	return list
}

// stateClass makes a style's name of a state.
func stateClass(state string) string { return strings.ReplaceAll(state, " ", "-") }

// doorClass is the style of a run that stands still, or of one that has ended.
func doorClass(r renewal.Run) string {
	switch {
	case r.State == renewal.Done:
		return "fine"
	case r.State == renewal.Aborted:
		return "excluded"
	case r.Door == renewal.Person:
		return "person"
	case r.Door == renewal.Retry:
		return "due"
	}
	return "renewing"
}

// standsAt says in a word where a run stands.
func standsAt(r renewal.Run) string {
	if r.State.Ended() || r.Door == renewal.Open {
		return texts.Steps[r.State]
	}
	return texts.Steps[r.State] + ": " + texts.Doors[r.Door]
}

// current is the attempt that a renewal stands with.
func current(told board.Run) (renewal.Attempt, bool) {
	for _, a := range told.Attempts {
		if a.N == told.Run.Attempt && a.KeyID != "" {
			return a, true
		}
	}
	return renewal.Attempt{}, false
}

// extras are the parts of an event that people want to read beside its text.
func extras(e renewal.Event) []string {
	var list []string
	for _, name := range []string{"rung", "probe", "note", "keyId"} {
		if value := e.Fields[name]; value != "" && value != e.Text {
			list = append(list, value)
		}
	}
	return list
}
