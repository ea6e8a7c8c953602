package board

import (
	"time"

	"keyturn/renewal"
	"keyturn/standing"
)

// Application is where one application stands.
type Application struct {
	App      string          `json:"app" doc:"Its name in keyturn.yaml"`
	Name     string          `json:"name,omitempty" doc:"The app registration's display name"`
	ClientID string          `json:"clientId" doc:"The app registration's Application (client) ID"`
	Standing standing.Word   `json:"standing" enum:"expired,person,due,renewing,unknown,fine,excluded" doc:"Where it stands, in one word"`
	Text     string          `json:"text" doc:"Why, in a sentence"`
	Code     string          `json:"code,omitempty" doc:"Why, as a stable code, where a person must act"`
	Fix      string          `json:"fix,omitempty" doc:"What a person does next"`
	Expires  time.Time       `json:"expires,omitzero" doc:"When the secret in use ends"`
	Next     time.Time       `json:"next,omitzero" doc:"When something is to happen"`
	Run      string          `json:"run,omitempty" doc:"Its newest renewal"`
	State    renewal.State   `json:"state,omitempty" doc:"Where that stands"`
	Door     renewal.Door    `json:"door,omitempty" doc:"Why it stands still: retry, wait or person"`
	Outcome  renewal.Outcome `json:"outcome,omitempty" doc:"How it ended"`
	Renewed  time.Time       `json:"renewed,omitzero" doc:"When a new secret was last brought everywhere"`
	ProvenAt time.Time       `json:"provenAt,omitzero" doc:"When every place was last proven to work"`
	Places   int             `json:"places" doc:"How many places hold the secret"`
	Seen     time.Time       `json:"seen,omitzero" doc:"When the tenant was last asked about it"`
}

// applicationOf is the application of whom that is known, as it stands at that time.
func applicationOf(f standing.Facts, now time.Time) Application {
	run, stands := f.Run, f.Judge(now)
	return Application{
		App: f.App.Name, Name: f.Seen.Name, ClientID: f.App.ClientID, Standing: stands.Word, Text: stands.Text, Code: stands.Code, Fix: stands.Fix,
		Expires: stands.Expires, Next: stands.Next, Run: run.ID, State: run.State, Door: run.Door, Outcome: run.Outcome, Renewed: run.DeliveredAt,
		ProvenAt: run.VerifiedAt, Places: len(f.App.Targets), Seen: f.Seen.Seen,
	}
}
