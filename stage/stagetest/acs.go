package stagetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

// NewACS returns a world whose secrets are a SharePoint add-in's: each needs two keys beside its password, and the
// service goes on signing with the oldest whole one until that ends. The one place holds two values, as a web.config
// does, and the foreign secret has no keys.
func NewACS() *World {
	w := New(false)
	w.keys, w.marks = map[string]bool{OldKey: true}, map[string]string{}
	for n := range w.app.Credentials {
		if w.app.Credentials[n].KeyID == OldKey {
			w.app.Credentials[n].End = w.Time.AddDate(0, 0, 25)
		}
	}
	for _, c := range w.app.Credentials {
		known := heard{Credential: c, value: w.values[c.KeyID], made: c.Start}
		if w.keys[c.KeyID] {
			known.whole = c.Start
		}
		w.heard = append(w.heard, &known)
	}
	w.places = map[string]*place{webConfig: {value: w.values[OldKey]}}
	return w
}

const webConfig = "web.config"

// Lingering is how long after its end a secret is kept in such a world, and Spreading how long a new one spreads.
const (
	Lingering = 7 * 24 * time.Hour
	Spreading = 24 * time.Hour
)

// acs is the world as an issuer of add-ins.
type acs struct{ *World }

var (
	_ issuer.Completing = acs{}
	_ issuer.Paced      = acs{}
	_ issuer.Witness    = acs{}
)

// Witness implements issuer.Witness, where somebody has opened the add-in.
func (a acs) Witness(context.Context, string) ([]issuer.Testimony, error) {
	if a.Opened == nil {
		return nil, nil
	}
	later, err := a.Opened()
	return []issuer.Testimony{{Place: webConfig, Later: later, Text: "ACS signs"}}, err
}

// Pace implements issuer.Paced.
func (acs) Pace() issuer.Pace {
	return issuer.Pace{Linger: Lingering, Spread: Spreading, Issue: 3, SignIn: 1}
}

// Completes implements issuer.Completing.
func (acs) Completes() string { return "add the two keys" }

// Complete implements issuer.Completing.
func (a acs) Complete(_ context.Context, _ credential.App, made credential.Credential, _ secret.Value) error {
	return a.act(func() {
		a.keys[made.KeyID], a.marks[made.KeyID] = true, made.DisplayName
		a.note(made.KeyID, func(h *heard) {
			if h.whole.IsZero() {
				h.whole = a.Time
			}
		})
	})
}

// Issue implements issuer.Issuer. The service hears of it whether or not the reply gets lost.
func (a acs) Issue(ctx context.Context, app credential.App, order issuer.Order) (credential.Issued, error) {
	before := len(a.app.Credentials)
	made, err := a.World.Issue(ctx, app, order)
	for _, c := range a.app.Credentials[before:] {
		a.heard = append(a.heard, &heard{Credential: c, value: a.values[c.KeyID], made: a.Time})
	}
	return made, err
}

// Look implements issuer.Issuer: it tells which secrets lack their keys.
func (a acs) Look(ctx context.Context, clientID string) (credential.App, error) {
	app, err := a.World.Look(ctx, clientID)
	a.mu.Lock()
	defer a.mu.Unlock()
	behind := a.World.Run.State == renewal.Overlapping && a.Behind > 0
	if behind {
		a.Behind--
	}
	for n, c := range app.Credentials {
		if !a.keys[c.KeyID] || (behind && c.KeyID != OldKey) {
			app.Credentials[n].Lacks = "its keys"
		}
	}
	for keyID := range a.keys {
		if _, whole := a.app.Find(keyID); !whole {
			app.Credentials = append(app.Credentials, credential.Credential{KeyID: keyID, DisplayName: a.marks[keyID], Kind: credential.Password, Lacks: "its password"})
		}
	}
	return app, err
}

// Remove implements issuer.Issuer: the keys go first, in an effect of their own.
func (a acs) Remove(ctx context.Context, app credential.App, held credential.Credential) error {
	if err := a.act(func() {
		delete(a.keys, held.KeyID)
		a.note(held.KeyID, func(h *heard) {
			if h.gone.IsZero() {
				h.gone = a.Time
			}
		})
	}); err != nil {
		return err
	}
	return a.World.Remove(ctx, app, held)
}

// SignIn implements issuer.Issuer: a value is accepted from when the service has heard of it until its secret ends.
func (a acs) SignIn(_ context.Context, _ string, value secret.Value) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.accepts(value.Reveal()) {
		return nil
	}
	return &problem.Error{Class: problem.Retry, Code: problem.SignIn, Message: "refused"}
}

// Rungs are the proofs of the current attempt's places.
func (w *World) Rungs() (rungs []renewal.Rung) {
	for _, d := range w.history.Of(w.Run.Attempt) {
		rungs = append(rungs, d.Rung)
	}
	return rungs
}

// heard is one secret as the service hears of it.
type heard struct {
	credential.Credential
	value             string
	made, whole, gone time.Time // when the password was made, its keys, and when it was removed; zero = never
}

// Hearing is how late the service hears of a change in the directory.
const Hearing = 7 * time.Hour

// note keeps what happened to a secret.
func (w *World) note(keyID string, edit func(*heard)) {
	for _, h := range w.heard {
		if h.KeyID == keyID {
			edit(h)
		}
	}
}

// since reports whether the service has heard of something that happened at an instant; long ago it has.
func (w *World) since(at time.Time) bool { return !at.IsZero() && !w.Time.Before(at.Add(Hearing)) }

func (w *World) knows(h *heard) bool {
	return w.since(h.made) && !w.since(h.gone) && !h.Expired(w.Time)
}

func (w *World) accepts(value string) bool {
	return slices.ContainsFunc(w.heard, func(h *heard) bool { return h.value == value && w.knows(h) && w.since(h.whole) })
}

// signer is the value with which the service signs: that of the oldest whole secret it knows that hasn't ended.
func (w *World) signer() string {
	var oldest *heard
	for _, h := range w.heard {
		if w.knows(h) && w.since(h.whole) && (oldest == nil || h.Start.Before(oldest.Start)) {
			oldest = h
		}
	}
	if oldest == nil {
		return ""
	}
	return oldest.value
}

// failingACS reports the places whose add-in fails now: what the service signs with isn't among its two values, or
// neither of them is accepted.
func (w *World) failingACS() (failing []string) {
	for name, p := range w.places {
		signer := w.signer()
		known := signer != "" && (signer == p.value || signer == p.beside)
		if !known || (!w.accepts(p.value) && !w.accepts(p.beside)) {
			failing = append(failing, name)
		}
	}
	return failing
}

// Orphans are the ids of secrets whose keys are left although the password is gone.
func (w *World) Orphans() (left []string) {
	for keyID := range w.keys {
		if _, there := w.app.Find(keyID); !there {
			left = append(left, keyID)
		}
	}
	return left
}

// pairHolder is a place with two values that keeps no word of who wrote it; it can give its value back.
type pairHolder struct{ holder }

var (
	_ target.Custodian   = pairHolder{}
	_ target.Foretelling = pairHolder{}
	_ target.Releasing   = pairHolder{}
)

func receiptOf(value string) string { return "receipt of " + value }

// Look implements target.Target.
func (h pairHolder) Look(context.Context) (target.Standing, error) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	return target.Standing{Exists: true, Receipt: receiptOf(h.w.places[h.name].value)}, h.w.Deaf[h.name]
}

// Foretell implements target.Foretelling.
func (pairHolder) Foretell(parcel target.Parcel) string { return receiptOf(parcel.Value.Reveal()) }

// Write implements target.Target.
func (h pairHolder) Write(_ context.Context, parcel target.Parcel) (string, error) {
	if err := h.w.fails(h.name); err != nil {
		return "", err
	}
	p, value := h.w.places[h.name], parcel.Value.Reveal()
	return receiptOf(value), h.w.here(func() {
		if p.value != value && !slices.Contains(parcel.Earlier, receiptOf(p.value)) {
			p.beside = p.value
		}
		p.value = value
	})
}

// Release implements target.Releasing.
func (h pairHolder) Release(context.Context, target.Parcel) (string, error) {
	p := h.w.places[h.name]
	return receiptOf(p.value), h.w.here(func() { p.beside = "" })
}

// Verify implements target.Target.
func (h pairHolder) Verify(_ context.Context, _ target.Parcel, written target.Written) (target.Proof, error) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	if written.Receipt != receiptOf(h.w.places[h.name].value) {
		return target.Proof{}, problem.NeedsPerson(problem.Drift, h.name, "changed", "look")
	}
	return target.Proof{Rung: renewal.ReadBack}, nil
}

// Recall implements target.Custodian.
func (h pairHolder) Recall(_ context.Context, tag, receipt string) (secret.Value, string, error) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	for _, value := range []string{h.w.places[h.name].value, h.w.places[h.name].beside} {
		if receiptOf(value) == receipt {
			return secret.New(value), receipt, nil
		}
	}
	return secret.Value{}, "", problem.NeedsPerson(problem.NotFound, h.name, fmt.Sprint("nothing of ", tag), "none")
}

// Current implements target.Custodian.
func (h pairHolder) Current(ctx context.Context) (secret.Value, target.Standing, error) {
	standing, err := h.Look(ctx)
	return secret.New(h.w.places[h.name].value), standing, err
}

// Beside returns the old value that the place with two values still holds.
func (w *World) Beside() string { return w.places[webConfig].beside }
