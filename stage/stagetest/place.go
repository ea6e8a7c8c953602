package stagetest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

// holder is one place as a target; the custodian can give its value back.
type holder struct {
	w    *World
	name string
}

// Place implements target.Target.
func (h holder) Place() target.Place { return target.Place{ID: h.name, Title: h.name} }

// Look implements target.Target.
func (h holder) Look(context.Context) (target.Standing, error) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	p := h.w.places[h.name]
	if err := h.w.Deaf[h.name]; err != nil {
		return target.Standing{}, err
	}
	standing := target.Standing{Exists: !p.empty, Receipt: fmt.Sprint(p.receipt), Tag: p.tag, KeyID: p.keyID, Replaces: p.replaces}
	if h.name == h.w.Shut && h.w.Run.State == renewal.Retiring {
		standing.Withheld = "it is shut"
	}
	return standing, nil
}

// Write implements target.Target.
func (h holder) Write(_ context.Context, parcel target.Parcel) (string, error) {
	if err := h.w.fails(h.name); err != nil {
		return "", err
	}
	p := h.w.places[h.name]
	err := h.w.act(func() {
		p.value, p.tag, p.keyID, p.replaces = parcel.Value.Reveal(), parcel.Tag, parcel.KeyID, parcel.Replaces
		p.versions[parcel.Tag] = p.value
		p.receipt++
		p.empty = false
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprint(p.receipt), nil
}

// Verify implements target.Target.
func (h holder) Verify(_ context.Context, _ target.Parcel, written target.Written) (target.Proof, error) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	if written.Receipt != fmt.Sprint(h.w.places[h.name].receipt) {
		return target.Proof{}, problem.NeedsPerson(problem.Drift, h.name, "changed", "look")
	}
	return target.Proof{Rung: renewal.ReadBack}, nil
}

func (w *World) fails(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Fail[name]
}

type keeper struct{ holder }

// Recall implements target.Custodian.
func (k keeper) Recall(_ context.Context, tag, _ string) (secret.Value, string, error) {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	p := k.w.places[k.name]
	value, ok := p.versions[tag]
	if !ok {
		return secret.Value{}, "", problem.NeedsPerson(problem.NotFound, k.name, "no such version", "none")
	}
	return secret.New(value), fmt.Sprint(p.receipt), nil
}

// Current implements target.Custodian.
func (k keeper) Current(ctx context.Context) (secret.Value, target.Standing, error) {
	standing, err := k.Look(ctx)
	if err == nil && !standing.Exists {
		return secret.Value{}, standing, problem.NeedsPerson(problem.NotFound, k.name, "empty", "none")
	}
	return secret.New(k.w.places[k.name].value), standing, err
}

const late = "late"

// AddPlace is a person who finds one more place that holds the old secret and adds it to the configuration. It can't be asked
// what it holds.
func (w *World) AddPlace(value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.places[late] = &place{value: value, versions: map[string]string{}}
}

type lateHolder struct{ holder }

// Look implements target.Target.
func (lateHolder) Look(context.Context) (target.Standing, error) {
	return target.Standing{Exists: true, Silent: true}, nil
}

// Values returns the different values that the places hold.
func (w *World) Values() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := map[string]bool{}
	for _, p := range w.places {
		held[p.value] = true
	}
	return slices.Sorted(maps.Keys(held))
}

// Overwrite is a stranger who puts a value into a place.
func (w *World) Overwrite(name, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.places[name].value, w.places[name].tag, w.places[name].empty = value, "", false
	w.places[name].receipt++
}

// Allow ends what a place fails with.
func (w *World) Allow(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.Fail, name)
}
