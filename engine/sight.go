package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"keyturn/credential"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

const (
	// sightFresh is how old a sighting gets before it is written again although it says the same: a day's look, and an
	// hour for one that comes late.
	sightFresh = readAgain - time.Hour
	// sightBatch is how many sightings are saved at a time.
	sightBatch = 200
)

// sights gathers what a look at the tenant sees, and saves it many applications at a time.
type sights struct {
	kept store.Sightings

	mu    sync.Mutex
	batch []store.Sighting
}

// add takes one more, and saves those gathered when they are many.
func (s *sights) add(ctx context.Context, one store.Sighting) error {
	s.mu.Lock()
	s.batch = append(s.batch, one)
	var full []store.Sighting
	if len(s.batch) >= sightBatch {
		full, s.batch = s.batch, nil
	}
	s.mu.Unlock()
	return s.kept.Sight(ctx, full, sightFresh)
}

// end saves the rest, and drops what is known of applications that aren't among apps.
func (s *sights) end(ctx context.Context, apps []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.kept.Sight(ctx, s.batch, sightFresh); err != nil {
		return err
	}
	s.batch = nil
	return s.kept.Retain(ctx, apps)
}

// Sight keeps what a plan saw of its application, for those who look at the store. A store that keeps no sightings is
// left as it is.
func (e *Engine) Sight(ctx context.Context, setup stage.Setup, plan stage.Plan) error {
	kept, ok := e.Store.(store.Sightings)
	if !ok {
		return nil
	}
	seen, err := e.sighting(ctx, setup, plan)
	if err != nil {
		return err
	}
	return kept.Sight(ctx, []store.Sighting{seen}, 0)
}

// sighting is what a plan saw of its application.
func (e *Engine) sighting(ctx context.Context, setup stage.Setup, plan stage.Plan) (store.Sighting, error) {
	proofs, err := e.proofs(ctx, setup.App)
	if err != nil {
		return store.Sighting{}, err
	}
	seen := store.Sighting{
		App: setup.App, ClientID: setup.ClientID, Name: plan.Found.Name, Seen: plan.At,
		Code: string(plan.Due.Code), Text: plan.Due.Text, DueAt: plan.Due.At, Expires: plan.Due.End,
	}
	if plan.Due.Code == policy.DueUnclear || plan.Due.Code == policy.DueUnreadable || plan.Due.Code == policy.DueNone {
		seen.State = store.SightingUnclear
	}
	for _, c := range plan.Found.Credentials {
		seen.Credentials = append(seen.Credentials, seenCredential(c, plan))
	}
	for _, t := range setup.Targets {
		place := t.Place()
		proof := proofs[place.ID]
		seen.Places = append(seen.Places, store.SeenPlace{
			ID: place.ID, Kind: place.Kind, Title: place.Title, Resource: place.Resource, Portal: place.Portal,
			Rung: proof.Rung, ProvenAt: proof.ProvenAt,
		})
	}
	return seen, nil
}

func seenCredential(c credential.Credential, plan stage.Plan) store.SeenCredential {
	tag, _ := renewal.Marked(c.DisplayName)
	run, _, _ := strings.Cut(tag, ".")
	return store.SeenCredential{
		KeyID: c.KeyID, Kind: string(c.Kind), Description: c.DisplayName, Holder: string(c.Holder), Start: c.Start, End: c.End,
		InUse: plan.Replaced.Decided && plan.Replaced.KeyID != "" && strings.EqualFold(c.KeyID, plan.Replaced.KeyID), Run: run,
	}
}

// proofs are the deliveries of the newest renewal of an application that wrote its places, by target.
func (e *Engine) proofs(ctx context.Context, app string) (map[string]renewal.Delivery, error) {
	runs, err := e.Store.Runs(ctx, store.Filter{App: app, Limit: fewRuns})
	if err != nil {
		return nil, fmt.Errorf("look for the last renewal of %s: %w", app, err)
	}
	for _, run := range runs {
		if run.DeliveredAt.IsZero() {
			continue
		}
		history, err := e.Store.History(ctx, run.ID)
		if err != nil {
			return nil, fmt.Errorf("read how the places of %s were proven: %w", app, err)
		}
		return history.Of(run.Attempt), nil
	}
	return nil, nil
}

// fewRuns is how many runs back the last one that delivered is looked for.
const fewRuns = 5

// unseen keeps that an application couldn't be read, beside what was seen of it before.
func (e *Engine) unseen(ctx context.Context, to *sights, setup stage.Setup, app string, cause error) error {
	now := e.Clock.Now()
	page, err := to.kept.Sightings(ctx, store.SightingFilter{Now: now, App: app})
	if err != nil {
		return err
	}
	seen := store.Sighting{App: app, ClientID: setup.ClientID}
	if len(page.Sightings) > 0 {
		seen = page.Sightings[0]
	}
	found := policy.Due(policy.Input{Now: now, Unreadable: problem.Sentence(cause)})
	seen.Seen, seen.State, seen.Code, seen.Text = now, store.SightingUnclear, string(found.Code), found.Text
	return to.add(ctx, seen)
}
