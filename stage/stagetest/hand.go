package stagetest

import (
	"context"
	"slices"

	"keyturn/credential"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/target"
)

// NewByHand returns a world whose one place only a person can write. Until Placed is set the person says no.
func NewByHand() *World {
	w := New(false)
	w.places = map[string]*place{byHand: {value: w.values[OldKey], versions: map[string]string{}}}
	return w
}

const byHand = "by hand"

// handHolder is such a place: it can't be asked.
type handHolder struct{ holder }

var _ target.ByHand = handHolder{}

// ByHand implements target.ByHand.
func (handHolder) ByHand() {}

// Look implements target.Target.
func (handHolder) Look(context.Context) (target.Standing, error) {
	return target.Standing{Exists: true, Silent: true}, nil
}

// Write implements target.Target: the person is shown the value, and puts it into place a little later.
func (h handHolder) Write(_ context.Context, parcel target.Parcel) (string, error) {
	if err := h.w.here(func() { h.w.shown = parcel.Value.Reveal() }); err != nil {
		return "", err
	}
	return "", problem.NeedsPerson("manual.waiting", h.name, "not yet", "keyturn resume APP --delivered")
}

// Verify implements target.Target.
func (handHolder) Verify(context.Context, target.Parcel, target.Written) (target.Proof, error) {
	return target.Proof{Rung: renewal.Acknowledged}, nil
}

// Place puts what the person was last shown into the place, and has them say so.
func (w *World) Place() error {
	w.places[byHand].value = w.shown
	return stage.Delivered(context.Background(), w.job(nil), "somebody")
}

// RenewByHand is a person who makes a secret in the portal and puts it into the custodian.
func (w *World) RenewByHand() {
	const value = "hnd-value-by-a-person"
	w.mu.Lock()
	w.values["hand-key"] = value
	w.app.Credentials = append(slices.Clone(w.app.Credentials), credential.Credential{
		KeyID: "hand-key", DisplayName: "by hand", Hint: value[:3], Kind: credential.Password, Holder: credential.OnApplication,
		Start: w.Time, End: w.Time.AddDate(0, 6, 0),
	})
	w.mu.Unlock()
	w.Overwrite("custodian", value)
}
