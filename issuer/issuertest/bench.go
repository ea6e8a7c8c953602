package issuertest

import (
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/secret"
)

// tries is how often something that spreads slowly is looked for, half a minute apart.
const tries = 60

func look(t *testing.T, b Bench) credential.App {
	t.Helper()
	app, err := b.Issuer.Look(t.Context(), b.ClientID)
	if err != nil {
		t.Fatalf("look: %v", err)
	}
	return app
}

func issue(t *testing.T, b Bench, app credential.App, mark string) credential.Issued {
	t.Helper()
	end := b.Now().Add(30 * 24 * time.Hour).UTC().Truncate(time.Second)
	order := issuer.Order{Mark: mark, End: end}
	made, err := b.Issuer.Issue(t.Context(), app, order)
	for n := 0; n < tries && err != nil && problem.Of(err).Class == problem.Retry && !problem.Of(err).Doubtful; n++ {
		b.Pass(30 * time.Second)
		made, err = b.Issuer.Issue(t.Context(), app, order)
	}
	if err != nil {
		t.Fatalf("issue: %v", err)
	}
	if made.KeyID == "" || made.Value.IsZero() || made.DisplayName != mark || made.Kind != credential.Password || !made.End.Equal(end) {
		t.Fatalf("issued %+v, wanted mark %q and end %s", made.Credential, mark, end)
	}
	return made
}

// remove removes, as often as the issuer says that it may help: a replica may not have caught up.
func remove(t *testing.T, b Bench, app credential.App, held credential.Credential) {
	t.Helper()
	err := b.Issuer.Remove(t.Context(), app, held)
	for n := 0; n < tries && err != nil && problem.Of(err).Class == problem.Retry; n++ {
		b.Pass(30 * time.Second)
		err = b.Issuer.Remove(t.Context(), app, held)
	}
	if err != nil {
		t.Fatalf("remove: %v", err)
	}
}

func eventually(t *testing.T, b Bench, what string, holds func(credential.App) bool) credential.App {
	t.Helper()
	var app credential.App
	for range tries {
		if app = look(t, b); holds(app) {
			return app
		}
		b.Pass(30 * time.Second)
	}
	t.Fatalf("never happened: %s", what)
	return app
}

func accepted(t *testing.T, b Bench, value secret.Value) {
	t.Helper()
	for range tries {
		err := b.Issuer.SignIn(t.Context(), b.ClientID, value)
		if err == nil {
			return
		}
		if !problem.Is(err, problem.SignIn) {
			t.Fatalf("sign in: %v", err)
		}
		b.Pass(30 * time.Second)
	}
	t.Fatal("the new value never signed in")
}

func has(app credential.App, keyID string) bool {
	_, found := app.Find(keyID)
	return found
}
