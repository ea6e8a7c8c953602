package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/target"
)

// Memory is what the store knows of an application's last finished delivery.
type Memory struct {
	Last       renewal.Run                 // the newest run that wrote every place; zero = none
	Chosen     renewal.Attempt             // whose value the places hold
	Deliveries map[string]renewal.Delivery // by target id
	Made       []string                    // key ids of every password this store ever made for the application
	Tags       []string                    // "<run>.<n>" of the same
}

// Remember reads what the store knows of an application. A store that knows nothing gives the zero Memory.
func Remember(ctx context.Context, reader store.Reader, app string) (Memory, error) {
	runs, err := reader.Runs(ctx, store.Filter{App: app})
	if err != nil {
		return Memory{}, fmt.Errorf("read the runs of %s: %w", app, err)
	}
	var m Memory
	for _, run := range runs { // newest first
		history, err := reader.History(ctx, run.ID)
		if err != nil {
			return Memory{}, fmt.Errorf("read run %s: %w", run.ID, err)
		}
		for _, a := range history.Attempts {
			m.Tags = append(m.Tags, a.Tag())
			if a.KeyID != "" {
				m.Made = append(m.Made, a.KeyID)
			}
		}
		if m.Last.ID == "" && !run.DeliveredAt.IsZero() {
			m.Last, m.Deliveries = run, history.Of(run.Attempt)
			m.Chosen, _ = history.Current(run.Attempt)
		}
	}
	return m, nil
}

// elseOr chooses what a person does once the last run has ended, or while it is open.
func (m Memory) elseOr(ended, open string) string {
	if m.Last.State.Ended() {
		return ended
	}
	return open
}

// Drift compares what the store remembers with the directory and the places. standings are what each place said just
// now, by target id; a place that couldn't be read is left out. It gives warnings only, and nothing when the store
// remembers no delivery.
func Drift(app credential.App, m Memory, standings map[string]target.Standing, now time.Time) []check.Check {
	if m.Last.ID == "" {
		return nil
	}
	found := driftOfApp(app, m, now)
	for _, id := range sortedKeys(standings) {
		delivery, ours := m.Deliveries[id]
		if ours && delivery.Receipt != "" {
			found = append(found, driftOfPlace(id, delivery, standings[id], m)...)
		}
	}
	return found
}

func sortedKeys(standings map[string]target.Standing) []string {
	ids := make([]string, 0, len(standings))
	for id := range standings {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// driftOfApp looks for our password, and for ones that came after it.
func driftOfApp(app credential.App, m Memory, now time.Time) []check.Check {
	var found []check.Check
	strangers := strangersSince(app, m)
	_, there := app.Find(m.Chosen.KeyID)
	if m.Chosen.KeyID != "" && !there && now.Before(m.Chosen.End) {
		text := fmt.Sprintf("secret %s, which run %s delivered on %s, isn't in the directory any more", m.Chosen.KeyID, m.Last.ID, day(m.Last.DeliveredAt))
		fix := m.elseOr("keyturn renew APP", "keyturn resume APP: it makes another one and brings it to every place")
		if len(strangers) > 0 && len(app.Passwords()) == len(strangers) {
			text += "; every secret there is newer, as after an installer that resets them"
			fix = m.elseOr("keyturn renew APP", "keyturn abort RUN, then keyturn renew APP")
		}
		found = append(found, check.Warn("drift.app", app.Name, DriftGone, text, fix))
	}
	for _, c := range strangers {
		found = append(found, check.Warn("drift.app", subjectOf(c), DriftNewKey,
			fmt.Sprintf("made on %s, after run %s and not by this store", day(c.Start), m.Last.ID),
			"find out who made it and where it is used; Keyturn leaves it alone"))
	}
	return found
}

// strangersSince are the passwords that began after our run and that this store didn't make.
func strangersSince(app credential.App, m Memory) []credential.Credential {
	var found []credential.Credential
	for _, c := range app.Passwords() {
		made := slices.ContainsFunc(m.Made, func(id string) bool { return strings.EqualFold(id, c.KeyID) })
		tag, marked := renewal.Marked(c.DisplayName)
		if !made && !(marked && slices.Contains(m.Tags, tag)) && c.Start.After(m.Last.CreatedAt) {
			found = append(found, c)
		}
	}
	return found
}

// driftOfPlace compares a place with our receipt.
func driftOfPlace(id string, delivery renewal.Delivery, standing target.Standing, m Memory) []check.Check {
	again := "if that wasn't meant, write it again: " + m.elseOr("keyturn renew APP --reuse", "keyturn resume APP --overwrite")
	switch {
	case !standing.Exists:
		return one(check.Warn("drift.place", id, DriftMissing, "it was written by run "+delivery.Run+" and isn't there any more",
			"take it out of keyturn.yaml if it is gone for good"))
	case standing.Silent, standing.Receipt == delivery.Receipt:
		return nil
	case standing.Tag != "" && !slices.Contains(m.Tags, standing.Tag):
		return one(check.Warn("drift.place", id, DriftForeignTag, "it holds what run "+standing.Tag+" of another Keyturn store wrote",
			"let one machine renew this application; to go on here: keyturn adopt APP"))
	case standing.Tag == "" && strings.HasPrefix(id, KindVault+":"):
		return one(check.Warn("drift.place", id, DriftUntagged, "somebody added a version without Keyturn's tags after run "+delivery.Run+" wrote it", again))
	}
	return one(check.Warn("drift.place", id, DriftReceipt, "it was changed after run "+delivery.Run+" wrote it", again))
}

func one(c check.Check) []check.Check { return []check.Check{c} }
