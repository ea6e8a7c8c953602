// Package manual is the target for a place that only a person can write: a vendor's own page, a device, a program without
// an interface. The new value is shown once, on the terminal of whoever runs Keyturn, and that person says when it is in
// place. It is never printed anywhere else, logged or kept; who loses it shows it again, or renews anew.
//
// Start at [Target].
package manual

import (
	"context"
	"errors"
	"strings"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

// Config is the target's block in keyturn.yaml.
type Config struct {
	Place string `yaml:"place"` // what people call the place, and where it is; required
	Steps string `yaml:"steps"` // what the person does there; "" = nothing more is said
	Form  string `yaml:"form"`  // plain | base64; "" = plain
}

// Handover is what a person is shown.
type Handover struct {
	Place string
	Steps string
	Value secret.Value // as the place wants it written
}

// Person is whoever sits at the terminal.
type Person interface {
	// Hand shows the value once, and reports whether the person says that it is in place.
	Hand(ctx context.Context, what Handover) (placed bool, err error)
	// LetGo asks whether the old value is out of the place.
	LetGo(ctx context.Context, place string) (gone bool, err error)
}

// Target is one such place.
type Target struct {
	cfg    Config
	form   target.Form
	person Person // nil = nobody sits there
}

var (
	_ target.Target    = (*Target)(nil)
	_ target.Checker   = (*Target)(nil)
	_ target.Releasing = (*Target)(nil)
	_ target.ByHand    = (*Target)(nil)
)

// New returns the target. person is nil where nobody sits at a terminal. A configuration that can't be right is a problem
// with code "manual.setting".
func New(cfg Config, person Person) (*Target, error) {
	form := target.Form(cfg.Form)
	if form == "" {
		form = target.Plain
	}
	if form != target.Plain && form != target.Base64 {
		return nil, problem.NeedsPerson("manual.setting", "form "+cfg.Form, "there is no such form", "plain or base64")
	}
	if strings.TrimSpace(cfg.Place) == "" {
		return nil, problem.NeedsPerson("manual.setting", "place", "it is empty", "say what people call the place, and where it is")
	}
	return &Target{cfg: cfg, form: form, person: person}, nil
}

// Place says which place this is.
func (t *Target) Place() target.Place {
	return target.Place{
		ID: Code + ":" + t.cfg.Place, Kind: Code, Title: t.cfg.Place, Resource: t.cfg.Place,
		Brings: "a person is shown it once and puts it there",
	}
}

// ByHand says that only a person knows whether it was written.
func (*Target) ByHand() {}

// Look asks nobody: only a person can see the place.
func (*Target) Look(context.Context) (target.Standing, error) {
	return target.Standing{Exists: true, Silent: true, Note: "only a person can see what it holds"}, nil
}

// Write shows the value. Unless the person says that it is in place, the run waits for that word.
func (t *Target) Write(ctx context.Context, parcel target.Parcel) (string, error) {
	if parcel.Value.IsZero() {
		return "", errors.New(Code + ": there is no value to show")
	}
	if t.person == nil {
		return "", t.nobody()
	}
	placed, err := t.person.Hand(ctx, Handover{Place: t.cfg.Place, Steps: t.cfg.Steps, Value: t.form.Write(parcel.Value)})
	switch {
	case err != nil:
		return "", err
	case !placed:
		return "", problem.NeedsPerson("manual.waiting", t.cfg.Place, "the new secret was shown and isn't in place yet",
			"when it is: keyturn resume APP --delivered; to see it again, or a fresh one: keyturn resume APP")
	}
	return parcel.Tag, nil
}

func (t *Target) nobody() error {
	return problem.NeedsPerson("manual.terminal", t.cfg.Place, "a person must put the new secret there, and nobody sits at a terminal to be shown it",
		"at a terminal: keyturn renew APP, or keyturn resume APP")
}

// Release asks whether the old value is out of the place.
func (t *Target) Release(ctx context.Context, parcel target.Parcel) (string, error) {
	if t.person == nil {
		return "", problem.NeedsPerson("manual.waiting", t.cfg.Place, "a person must say that the old secret is out of it", "take it out, then at a terminal: keyturn resume APP")
	}
	gone, err := t.person.LetGo(ctx, t.cfg.Place)
	if err == nil && !gone {
		err = problem.NeedsPerson("manual.waiting", t.cfg.Place, "the old secret is still in it", "take it out, then: keyturn resume APP")
	}
	return parcel.Tag, err
}

// Verify knows no more than what the person said.
func (*Target) Verify(context.Context, target.Parcel, target.Written) (target.Proof, error) {
	return target.Proof{Rung: renewal.Acknowledged, Note: "a person says that it is in place"}, nil
}

// Check fails where nobody sits who could be shown the value: nothing is begun that nobody can finish.
func (t *Target) Check(context.Context) []check.Check {
	const id = "manual.person"
	if t.person == nil {
		return []check.Check{target.Failed(id, t.cfg.Place, t.nobody())}
	}
	return []check.Check{check.Pass(id, t.cfg.Place, "somebody is here who can be shown the new secret")}
}
