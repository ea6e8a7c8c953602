package api

import (
	"context"

	"keyturn/store"
)

// Settings are what Keyturn is and how it is configured, as far as everybody who may look may know.
type Settings struct {
	Release      string `json:"release"`
	Tenant       string `json:"tenant"`
	Cloud        string `json:"cloud" doc:"Which of Microsoft's clouds the tenant lives in"`
	Identity     string `json:"identity" doc:"How Keyturn itself signs in"`
	Store        string `json:"store" enum:"file,postgres" doc:"What remembers runs"`
	Every        string `json:"every" doc:"Time between two looks at the tenant"`
	SignIn       string `json:"signIn" enum:"link,provider" doc:"How people come in at the console"`
	Applications int    `json:"applications" doc:"How many are configured"`
}

// notices are what waits to be told to people.
type notices struct {
	Pending int    `json:"pending" doc:"Notices that are still to be sent"`
	Failing int    `json:"failing" doc:"Those of them that were tried without success"`
	GivenUp int    `json:"givenUp" doc:"Notices that aren't tried again by themselves"`
	Failure string `json:"failure,omitempty" doc:"Why the oldest that failed did"`
}

type about struct {
	Settings
	Notices notices `json:"notices" doc:"What waits to be told to people"`
}

func (a *API) settings(ctx context.Context, _ *struct{}) (*answer[about], error) {
	backlog, err := a.Store.Outbox(ctx)
	return found(about{a.Settings, noticesOf(backlog)}, err)
}

func noticesOf(b store.Backlog) notices {
	return notices{Pending: b.Pending, Failing: b.Failing, GivenUp: b.GivenUp, Failure: b.Failure}
}
