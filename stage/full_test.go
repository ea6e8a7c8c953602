package stage

import (
	"context"
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/store"
	"keyturn/target"
)

// TestAPersonDecidesWhatAPlaceMayHold: where the app has no room for another secret, an attempt that was given up isn't taken
// back while a place may hold it, now or a minute later.
func TestAPersonDecidesWhatAPlaceMayHold(t *testing.T) {
	t.Parallel()
	shows := func(receipts ...string) fakePlace { return fakePlace{shows: receipts, left: new(int)} }
	for name, c := range map[string]struct {
		place target.Target
		taken bool
	}{
		"it shows another receipt than was foretold":   {foreteller{shows("another", "another")}, true},
		"it shows what was foretold":                   {foreteller{shows("ours")}, false},
		"it shows what was foretold a minute later":    {foreteller{shows("another", "ours")}, false},
		"nothing was foretold":                         {shows("another"), false},
		"it can't be asked":                            {foreteller{shows("silent")}, false},
		"it isn't there":                               {shows("gone", "gone"), true},
		"it gives back no such value":                  {keeping{shows("none", "none")}, true},
		"it gives the value back":                      {keeping{shows("ours")}, false},
		"it gives the value back a minute later":       {keeping{shows("none", "ours")}, false},
		"it was taken out of the configuration before": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &fakeApp{}
			j := fullJob(app)
			if c.place != nil {
				j.Targets = []target.Target{c.place}
			}
			held, _ := app.Look(t.Context(), "")
			pause, err := j.waitForRoom(t.Context(), held)
			if err != nil {
				t.Fatal(err)
			}
			if c.taken != (pause.Door == renewal.Open) || c.taken != app.removed {
				t.Errorf("taken back: %v, door %q (%s), want taken back: %v", app.removed, pause.Door, pause.Reason.Text, c.taken)
			}
		})
	}
}

// fullJob is a run whose attempt was given up while "place" was being written, on an app that has no room.
func fullJob(app *fakeApp) *Job {
	j := &Job{Book: fakeBook{}, Tell: func(renewal.Event) {}}
	j.Issuer, j.Clock = app, Clock{Now: time.Now, Sleep: func(context.Context, time.Duration) error { return nil }}
	j.Run.State = renewal.Issuing
	j.History = store.History{
		Attempts:   []renewal.Attempt{{Run: "run", N: 1, State: renewal.AttemptAbandoned, KeyID: "ours", Mark: "mark run.1"}},
		Deliveries: []renewal.Delivery{{Run: "run", N: 1, Target: "place", State: renewal.DeliveryIntended, Receipt: "ours"}},
	}
	return j
}

type fakeBook struct{}

func (fakeBook) Advance(_ context.Context, c store.Change) (renewal.Run, error) { return c.Run, nil }

// fakeApp may hold two secrets, and does.
type fakeApp struct {
	issuer.Issuer
	removed bool
	other   bool // the second one isn't ours
}

func (a *fakeApp) Remove(context.Context, credential.App, credential.Credential) error {
	a.removed = true
	return nil
}

func (a *fakeApp) Look(context.Context, string) (credential.App, error) {
	app := credential.App{Audience: "PersonalMicrosoftAccount", Credentials: []credential.Credential{{KeyID: "old", Kind: credential.Password}}}
	if a.other {
		app.Credentials = append(app.Credentials, credential.Credential{KeyID: "another", Kind: credential.Password})
	} else if !a.removed {
		app.Credentials = append(app.Credentials, credential.Credential{KeyID: "ours", DisplayName: "mark run.1", Kind: credential.Password})
	}
	return app, nil
}

// fakePlace shows one receipt after the other.
type fakePlace struct {
	target.Target
	shows []string
	left  *int
}

func (p fakePlace) next() string { *p.left++; return p.shows[*p.left-1] }

func (p fakePlace) Place() target.Place { return target.Place{ID: "place", Title: "the place"} }

func (p fakePlace) Look(context.Context) (target.Standing, error) {
	receipt := p.next()
	return target.Standing{Exists: receipt != "gone", Silent: receipt == "silent", Receipt: receipt}, nil
}

type foreteller struct{ fakePlace }

func (foreteller) Foretell(target.Parcel) string { return "ours" }

type keeping struct{ fakePlace }

func (k keeping) Recall(context.Context, string, string) (value secret.Value, receipt string, err error) {
	if receipt = k.next(); receipt == "none" {
		err = &problem.Error{Class: problem.Permanent, Code: problem.NotFound}
	}
	return value, receipt, err
}

func (k keeping) Current(context.Context) (secret.Value, target.Standing, error) {
	panic("nobody asks for it")
}
