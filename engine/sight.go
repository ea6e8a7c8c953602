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
	own  *ownMatters            // what is wrong with Keyturn itself
	open map[string]renewal.Run // the open runs as the look began, by application

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

// show brings what is known of a run's application to what its plan saw and the run has done, so that nobody has to wait
// for the next look. It is of no weight for the run, so a failure is only told.
func (e *Engine) show(ctx context.Context, job *stage.Job) {
	kept, ok := e.Store.(store.Sightings)
	if !ok || ctx.Err() != nil {
		return
	}
	seen, known, err := e.lastSeen(ctx, kept, job)
	if err == nil && known {
		err = kept.Sight(ctx, []store.Sighting{seen}, sightFresh)
	}
	if err != nil {
		e.Log.Warn("could not keep what a renewal changed", "run_id", job.Run.ID, "app", job.App, "state", string(job.Run.State), "error", err)
	}
}

// lastSeen is what this process's plan of a run saw, or else the store's sighting, with what the run has brought
// everywhere since.
func (e *Engine) lastSeen(ctx context.Context, kept store.Sightings, job *stage.Job) (seen store.Sighting, known bool, err error) {
	attempt, made := job.History.Current(job.Run.Attempt)
	delivered := made && !job.Run.DeliveredAt.IsZero()
	switch {
	case job.Plan != nil && delivered:
		return after(seenBy(job.Setup, *job.Plan), job, attempt, e.Clock.Now()), true, nil
	case job.Plan != nil:
		seen, err = e.sighting(ctx, job.Setup, *job.Plan)
		return seen, true, err
	case !delivered:
		return seen, false, nil
	}
	page, err := kept.Sightings(ctx, store.SightingFilter{Now: e.Clock.Now(), App: job.App})
	if err != nil || len(page.Sightings) != 1 {
		return seen, false, err
	}
	return after(page.Sightings[0], job, attempt, e.Clock.Now()), true, nil
}

// after is a sighting as it is once a run has brought attempt everywhere, and perhaps removed other secrets.
func after(seen store.Sighting, job *stage.Job, attempt renewal.Attempt, now time.Time) store.Sighting {
	made := credential.Credential{KeyID: attempt.KeyID, Kind: credential.Password, Start: attempt.Start, End: attempt.End}
	due := policy.Due(policy.Input{Now: now, Policy: job.Policy, App: credential.App{Credentials: []credential.Credential{made}}, InUse: made.KeyID})
	seen.Seen, seen.State, seen.Code, seen.Text, seen.DueAt, seen.Expires = now, "", string(due.Code), due.Text, due.At, due.End
	gone := map[string]bool{}
	for _, a := range job.History.Attempts {
		gone[a.KeyID] = a.State == renewal.AttemptRemoved
	}
	gone[job.Run.Retires] = job.Run.Outcome == renewal.Renewed
	left := []store.SeenCredential{{
		KeyID: made.KeyID, Kind: string(made.Kind), Description: attempt.Mark, Holder: string(credential.OnApplication), Start: made.Start, End: made.End,
		InUse: true, Run: job.Run.ID,
	}}
	for _, c := range seen.Credentials {
		if strings.EqualFold(c.KeyID, made.KeyID) {
			left[0] = c
			left[0].InUse = true
		} else if !gone[c.KeyID] {
			c.InUse = false
			left = append(left, c)
		}
	}
	seen.Credentials = left
	return prove(seen, job.History.Of(attempt.N))
}

// prove notes how far each place was proven.
func prove(seen store.Sighting, proofs map[string]renewal.Delivery) store.Sighting {
	for i, place := range seen.Places {
		seen.Places[i].Rung, seen.Places[i].ProvenAt = proofs[place.ID].Rung, proofs[place.ID].ProvenAt
	}
	return seen
}

// sighting is what a plan saw of its application, with what the last renewal has proven of its places.
func (e *Engine) sighting(ctx context.Context, setup stage.Setup, plan stage.Plan) (store.Sighting, error) {
	proofs, err := e.proofs(ctx, setup.App)
	return prove(seenBy(setup, plan), proofs), err
}

// seenBy is what a plan saw of its application.
func seenBy(setup stage.Setup, plan stage.Plan) store.Sighting {
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
		seen.Places = append(seen.Places, store.SeenPlace{ID: place.ID, Kind: place.Kind, Title: place.Title, Resource: place.Resource, Portal: place.Portal})
	}
	return seen
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
