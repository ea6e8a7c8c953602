package board

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"keyturn/config"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// Detail is one application with all that is known of it.
type Detail struct {
	Application
	Places      []Place       `json:"places"`      // in the order of the file
	Credentials []Credential  `json:"credentials"` // what ends last first
	Evidence    string        `json:"evidence,omitempty" doc:"What is known of the use of the old and the new secret"`
	Policy      Policy        `json:"policy"`
	Runs        []renewal.Run `json:"runs"` // its newest renewals, newest first
}

// Place is one place that holds the secret.
type Place struct {
	ID        string       `json:"id"`
	Kind      string       `json:"kind"`
	Title     string       `json:"title"`
	Resource  string       `json:"resource,omitempty" doc:"Its Azure resource id, or its address"`
	Portal    string       `json:"portal,omitempty" doc:"Where a person finds it"`
	Custodian bool         `json:"custodian,omitempty" doc:"The place that the value is read back from"`
	State     string       `json:"state,omitempty" doc:"What the newest renewal did there: intended, written or verified"`
	Proof     renewal.Rung `json:"proof,omitempty" doc:"How far it was shown to work: acknowledged, read back, platform check or live probe"`
	Note      string       `json:"note,omitempty" doc:"The proof in words, or why there is no better one"`
	WrittenAt time.Time    `json:"writtenAt,omitzero"`
	ProvenAt  time.Time    `json:"provenAt,omitzero"`
}

// Credential is one secret or certificate of the app registration. Its value is nowhere.
type Credential struct {
	KeyID       string    `json:"keyId" doc:"The portal's Secret ID"`
	Kind        string    `json:"kind" enum:"secret,certificate"`
	Description string    `json:"description,omitempty"`
	State       string    `json:"state" enum:"being made,in use,kept beside,left to expire,removed,foreign" doc:"foreign: no renewal made or replaced it, so it is listed and never touched"`
	Run         string    `json:"run,omitempty" doc:"The renewal that made or replaced it"`
	Start       time.Time `json:"start,omitzero"`
	End         time.Time `json:"end,omitzero"`
}

// Policy is how an application is renewed, in words.
type Policy struct {
	Lifetime    string `json:"lifetime" doc:"Life of a new secret"`
	RenewBefore string `json:"renewBefore" doc:"So long before its end a secret is due"`
	Overlap     string `json:"overlap" doc:"Both secrets are kept at least so long"`
	Evidence    string `json:"evidence" doc:"What is wanted before the old one goes: required, preferred or time"`
}

const (
	shownRuns = 20
	// toldRuns is how many renewals back credentials and places are followed.
	toldRuns = 3
)

// Application returns one application. One that neither the configuration nor the store knows is a problem "app.unknown".
func (b *Board) Application(ctx context.Context, name string) (Detail, error) {
	shown, err := b.look(ctx)
	if err != nil {
		return Detail{}, err
	}
	at, there := shown.byApp[name]
	if !there {
		return Detail{}, problem.NeedsPerson("app.unknown", fmt.Sprintf("%q", name), "no application is called so", "see the list of applications")
	}
	detail := Detail{Application: *shown.rows[at].Application, Places: []Place{}, Credentials: []Credential{}}
	detail.Runs, err = b.Store.Runs(ctx, store.Filter{App: name, Limit: shownRuns})
	if err != nil {
		return Detail{}, fmt.Errorf("read the renewals of %s: %w", name, err)
	}
	app, configured := b.configured[name]
	if configured {
		detail.Policy = policyOf(*app)
		detail.Places = b.places(*app)
	}
	if err := b.tell(ctx, &detail); err != nil {
		return Detail{}, err
	}
	return detail, b.see(ctx, &detail)
}

func policyOf(app config.Application) Policy {
	p := app.Policy
	return Policy{
		Lifetime: config.FormatDuration(p.Lifetime), RenewBefore: p.RenewBefore.String(),
		Overlap: config.FormatDuration(p.Overlap.Minimum), Evidence: string(p.Overlap.Evidence),
	}
}

func (b *Board) places(app config.Application) []Place {
	list := []Place{}
	for _, p := range b.Places(app) {
		list = append(list, Place{ID: p.ID, Kind: p.Kind, Title: p.Title, Resource: p.Resource, Portal: p.Portal})
	}
	return list
}

// tell adds what the newest renewals tell of places and credentials.
func (b *Board) tell(ctx context.Context, detail *Detail) error {
	for i, run := range detail.Runs[:min(toldRuns, len(detail.Runs))] {
		history, err := b.Store.History(ctx, run.ID)
		if err != nil {
			return fmt.Errorf("read the history of run %s: %w", run.ID, err)
		}
		detail.deliver(run, history)
		detail.credentials(run, history, i == 0)
		if detail.Evidence == "" {
			detail.Evidence = run.Evidence
		}
	}
	return nil
}

// see adds what the last look at the tenant saw.
func (b *Board) see(ctx context.Context, detail *Detail) error {
	page, err := b.Store.Sightings(ctx, store.SightingFilter{Now: b.Now(), App: detail.App})
	if err != nil {
		return err
	}
	for _, seen := range page.Sightings {
		for _, c := range seen.Credentials {
			state := "foreign"
			if c.InUse {
				state = "in use"
			}
			detail.credential(Credential{KeyID: c.KeyID, Kind: c.Kind, Description: c.Description, State: state, Run: c.Run, Start: c.Start, End: c.End})
		}
	}
	slices.SortStableFunc(detail.Credentials, func(x, y Credential) int { return y.End.Compare(x.End) })
	return nil
}

// deliver adds what a renewal did to each place, unless a newer one is told of already.
func (detail *Detail) deliver(run renewal.Run, history store.History) {
	written := history.Of(run.Attempt)
	for i := range detail.Places {
		p := &detail.Places[i]
		p.Custodian = p.Custodian || p.ID == run.Order.Custodian
		if d, ok := written[p.ID]; ok && p.State == "" {
			p.State, p.Proof, p.Note, p.WrittenAt, p.ProvenAt = string(d.State), d.Rung, d.Note, d.WrittenAt, d.ProvenAt
		}
	}
}

// credentials adds what a renewal made and what it replaced.
func (detail *Detail) credentials(run renewal.Run, history store.History, newest bool) {
	if made, ok := history.Current(run.Attempt); ok && made.KeyID != "" {
		detail.credential(Credential{KeyID: made.KeyID, Kind: "secret", State: madeState(run, made, newest), Run: run.ID, Start: made.Start, End: made.End})
	}
	if run.Retires != "" {
		detail.credential(Credential{KeyID: run.Retires, Kind: "secret", State: oldState(run), Run: run.ID, End: run.Order.RetiresEnd})
	}
}

// credential adds one, or what an older renewal knows of it beside what a newer one said.
func (detail *Detail) credential(c Credential) {
	for i := range detail.Credentials {
		if known := &detail.Credentials[i]; known.KeyID == c.KeyID {
			known.Start, known.End = cmp.Or(known.Start, c.Start), cmp.Or(known.End, c.End)
			known.Description = cmp.Or(known.Description, c.Description)
			return
		}
	}
	detail.Credentials = append(detail.Credentials, c)
}

func madeState(run renewal.Run, made renewal.Attempt, newest bool) string {
	switch {
	case made.State == renewal.AttemptRemoved || made.State == renewal.AttemptVoid:
		return "removed"
	case newest && run.DeliveredAt.IsZero() && !run.State.Ended():
		return "being made"
	case newest:
		return "in use"
	}
	return "left to expire"
}

func oldState(run renewal.Run) string {
	switch {
	case run.Outcome == renewal.Renewed:
		return "removed"
	case run.Outcome == renewal.Expiring:
		return "left to expire"
	case run.DeliveredAt.IsZero():
		return "in use"
	}
	return "kept beside"
}
