package api

import (
	"context"
	"strconv"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/server/board"
	"keyturn/standing"
	"keyturn/store"
)

// Paging is what every list takes. The library looks into embedded structs alone that are exported.
type Paging struct {
	After string `query:"after" maxLength:"600" doc:"Where the page before ended: its next"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
}

// ApplicationPath names an application.
type ApplicationPath struct {
	App string `path:"app" maxLength:"200" doc:"Its name in keyturn.yaml"`
}

// RunPath names a renewal.
type RunPath struct {
	Run string `path:"run" maxLength:"60" doc:"The renewal's id"`
}

// answer is a body.
type answer[T any] struct{ Body T }

func found[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{body}, nil
}

func (*API) me(ctx context.Context, _ *struct{}) (*answer[access.Person], error) {
	return &answer[access.Person]{access.From(ctx)}, nil
}

func (a *API) overview(ctx context.Context, _ *struct{}) (*answer[board.Overview], error) {
	return found(a.Board.Overview(ctx))
}

func (a *API) applications(ctx context.Context, in *struct {
	Paging
	Search   string        `query:"search" maxLength:"200" doc:"A part of name or client ID, in any letter case"`
	Standing standing.Word `query:"standing" enum:"expired,person,due,renewing,unknown,fine,excluded"`
	Order    board.Order   `query:"order" enum:"urgency,app,expires,next" default:"urgency"`
},
) (*answer[board.Page], error) {
	return found(a.Board.Applications(ctx, board.Query{Search: in.Search, Standing: in.Standing, Order: in.Order, After: in.After, Limit: in.Limit}))
}

func (a *API) application(ctx context.Context, in *ApplicationPath) (*answer[board.Detail], error) {
	return found(a.Board.Application(ctx, in.App))
}

func (a *API) chain(ctx context.Context, in *ApplicationPath) (*answer[board.Chain], error) {
	return found(a.Board.Verify(ctx, in.App))
}

func (a *API) runs(ctx context.Context, in *struct {
	Paging
	App     string `query:"app" maxLength:"200" doc:"Of this application alone"`
	Open    bool   `query:"open" doc:"Only those that haven't ended"`
	Waiting bool   `query:"waiting" doc:"Only those that wait for a person"`
},
) (*answer[board.RunPage], error) {
	return found(a.Board.Runs(ctx, board.RunQuery{App: in.App, Open: in.Open, Waiting: in.Waiting, After: in.After, Limit: in.Limit}))
}

// oneRun is a renewal with the tag that commands name it by.
type oneRun struct {
	ETag string `header:"ETag" doc:"The run's version, for If-Match"`
	Body board.Run
}

func (a *API) run(ctx context.Context, in *RunPath) (*oneRun, error) {
	run, err := a.Board.Run(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	return &oneRun{ETag: tagOf(run.Run), Body: run}, nil
}

func tagOf(run renewal.Run) string { return strconv.Quote(strconv.FormatInt(run.Version, 10)) }

type findings struct {
	Items []store.Finding `json:"items"`
}

func (a *API) findings(ctx context.Context, _ *struct{}) (*answer[findings], error) {
	list, err := a.Board.Findings(ctx)
	return found(findings{list}, err)
}

func (a *API) noticed(ctx context.Context, in *struct {
	Paging
	App   string             `query:"app" maxLength:"200" doc:"Of this application alone"`
	State store.PostingState `query:"state" enum:"pending,sent,given up,over" doc:"Where it stands"`
	Open  bool               `query:"open" doc:"Only those whose matter isn't over"`
},
) (*answer[board.NoticePage], error) {
	return found(a.Board.Notices(ctx, board.NoticeQuery{App: in.App, State: in.State, Open: in.Open, After: in.After, Limit: in.Limit}))
}

func (a *API) audit(ctx context.Context, in *struct {
	Paging
	App string `query:"app" maxLength:"200" doc:"Of this application alone"`
},
) (*answer[board.AuditPage], error) {
	return found(a.Board.Audit(ctx, in.App, in.After, in.Limit))
}

// seenCredential is a secret or certificate with the application that it is of.
type seenCredential struct {
	App      string    `json:"app"`
	ClientID string    `json:"clientId"`
	Seen     time.Time `json:"seen" doc:"When the tenant was asked"`
	store.SeenCredential
}

type credentials struct {
	Items []seenCredential `json:"items"`
	Next  string           `json:"next,omitempty"`
}

func (a *API) credentials(ctx context.Context, in *struct {
	Paging
	Search string `query:"search" maxLength:"200" doc:"A part of the application's name or client ID, in any letter case"`
},
) (*answer[credentials], error) {
	page, next, err := a.sightings(ctx, in.Paging, in.Search, store.SightingByExpiry)
	list := credentials{Items: []seenCredential{}, Next: next}
	for _, seen := range page {
		for _, c := range seen.Credentials {
			list.Items = append(list.Items, seenCredential{seen.App, seen.ClientID, seen.Seen, c})
		}
	}
	return found(list, err)
}

// seenPlace is a place with the application whose secret it holds.
type seenPlace struct {
	App string `json:"app"`
	store.SeenPlace
}

type targets struct {
	Items []seenPlace `json:"items"`
	Next  string      `json:"next,omitempty"`
}

func (a *API) targets(ctx context.Context, in *struct {
	Paging
	Search string `query:"search" maxLength:"200" doc:"A part of the application's name or client ID, in any letter case"`
},
) (*answer[targets], error) {
	page, next, err := a.sightings(ctx, in.Paging, in.Search, store.SightingByApp)
	list := targets{Items: []seenPlace{}, Next: next}
	for _, seen := range page {
		for _, place := range seen.Places {
			list.Items = append(list.Items, seenPlace{seen.App, place})
		}
	}
	return found(list, err)
}

// sightings returns a page of what was seen, counted in applications; next is how many were passed over.
func (a *API) sightings(ctx context.Context, p Paging, search string, order store.SightingOrder) (page []store.Sighting, next string, err error) {
	offset := 0
	if p.After != "" {
		if offset, err = strconv.Atoi(p.After); err != nil || offset < 0 {
			return nil, "", problem.NeedsPerson("query.invalid", "after", "isn't where a page ended", "leave it out, or take next of the page before")
		}
	}
	filter := store.SightingFilter{Now: a.Board.Now(), Search: search, Order: order, Offset: offset, Limit: p.Limit, Brief: order == store.SightingByExpiry}
	seen, err := a.Store.Sightings(ctx, filter)
	if err == nil && offset+len(seen.Sightings) < seen.Total("") {
		next = strconv.Itoa(offset + len(seen.Sightings))
	}
	return seen.Sightings, next, err
}
