// Package issuertest holds the suite that every issuer passes: the promises of package issuer, one by one. Only tests
// import it.
//
// Start at [Exercise].
package issuertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/secret"
)

// Bench is an issuer with a place to try it on.
type Bench struct {
	Issuer   issuer.Issuer
	ClientID string                // of an app with at least one password and room for two more, free to be changed
	Unknown  string                // a client id that no app has
	Now      func() time.Time      // the issuer's time
	Pass     func(d time.Duration) // lets time go by, so that changes get known everywhere
	Log      func() string         // everything logged so far, at debug level
}

// Exercise runs the suite. open prepares a fresh bench for each promise.
func Exercise(t *testing.T, open func(t *testing.T) Bench) {
	t.Helper()
	promises := map[string]func(*testing.T, Bench){
		"look changes nothing and tells every credential":    lookTells,
		"an unknown client id is not found":                  unknownApp,
		"issue makes exactly one password, under its mark":   issuesOne,
		"the new value signs in and another one doesn't":     signsIn,
		"remove removes that one alone, and can be repeated": removesOne,
		"a removed value is refused in the end":              refusesRemoved,
		"a stopped call says so":                             stops,
		"no value shows in errors or the log":                keepsSecret,
	}
	for name, promise := range promises {
		t.Run(name, func(t *testing.T) { promise(t, open(t)) })
	}
}

func lookTells(t *testing.T, b Bench) {
	first, second := look(t, b), look(t, b)
	if !strings.EqualFold(first.ClientID, b.ClientID) || first.Name == "" {
		t.Errorf("look returned app %q named %q", first.ClientID, first.Name)
	}
	if len(first.Passwords()) == 0 || fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("two looks differ or show no password: %v and %v", first, second)
	}
	for _, c := range first.Credentials {
		if c.KeyID == "" || c.End.IsZero() || c.End.Location() != time.UTC || c.Holder == "" {
			t.Errorf("a credential lacks key id, end in UTC or holder: %+v", c)
		}
	}
}

func unknownApp(t *testing.T, b Bench) {
	_, err := b.Issuer.Look(t.Context(), b.Unknown)
	p := problem.Of(err)
	if !problem.Is(err, problem.NotFound) || p.Class != problem.Person || p.Fix == "" {
		t.Errorf("look at an unknown app: %v, class %v, fix %q", err, p.Class, p.Fix)
	}
}

func issuesOne(t *testing.T, b Bench) {
	before := look(t, b)
	made := issue(t, b, before, "suite keyturn one.1")
	after := eventually(t, b, "the new password is seen", func(app credential.App) bool { return has(app, made.KeyID) })
	if len(after.Passwords()) != len(before.Passwords())+1 {
		t.Errorf("%d passwords before, %d after", len(before.Passwords()), len(after.Passwords()))
	}
	seen, _ := after.ByDescription("suite keyturn one.1")
	if seen.KeyID != made.KeyID || !seen.End.Equal(made.End) || seen.Hint != made.Hint || made.Hint != made.Value.Hint() {
		t.Errorf("made %+v, seen %+v", made.Credential, seen)
	}
	for _, c := range before.Credentials {
		if !has(after, c.KeyID) {
			t.Errorf("credential %s is gone", c.KeyID)
		}
	}
}

func signsIn(t *testing.T, b Bench) {
	made := issue(t, b, look(t, b), "suite keyturn two.1")
	accepted(t, b, made.Value)
	err := b.Issuer.SignIn(t.Context(), b.ClientID, secret.New("abc8Q~a-value-that-nobody-ever-issued-x"))
	if !problem.Is(err, problem.SignIn) {
		t.Errorf("sign-in with a wrong value: %v", err)
	}
}

func removesOne(t *testing.T, b Bench) {
	before := look(t, b)
	made := issue(t, b, before, "suite keyturn three.1")
	b.Pass(time.Minute)
	remove(t, b, before, made.Credential)
	remove(t, b, before, made.Credential)
	after := eventually(t, b, "the password is gone", func(app credential.App) bool { return !has(app, made.KeyID) })
	if len(after.Credentials) != len(before.Credentials) {
		t.Errorf("%d credentials before, %d after", len(before.Credentials), len(after.Credentials))
	}
}

func refusesRemoved(t *testing.T, b Bench) {
	app := look(t, b)
	made := issue(t, b, app, "suite keyturn four.1")
	accepted(t, b, made.Value)
	b.Pass(time.Minute)
	remove(t, b, app, made.Credential)
	for range tries {
		err := b.Issuer.SignIn(t.Context(), b.ClientID, made.Value)
		if problem.Is(err, problem.SignIn) {
			return
		}
		if err != nil {
			t.Fatalf("sign in: %v", err)
		}
		b.Pass(30 * time.Second)
	}
	t.Error("the removed value still signs in")
}

func stops(t *testing.T, b Bench) {
	app := look(t, b)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err := b.Issuer.Issue(stopped, app, issuer.Order{Mark: "suite keyturn five.1", End: b.Now().Add(time.Hour)})
	if err == nil || !errors.Is(err, context.Canceled) {
		t.Errorf("issue with a stopped context: %v", err)
	}
	if _, err := b.Issuer.Look(stopped, b.ClientID); !errors.Is(err, context.Canceled) {
		t.Errorf("look with a stopped context: %v", err)
	}
	if err := b.Issuer.SignIn(stopped, b.ClientID, secret.New("abc8Q~whatever-it-is-it-is-not-sent")); !errors.Is(err, context.Canceled) {
		t.Errorf("sign in with a stopped context: %v", err)
	}
}

func keepsSecret(t *testing.T, b Bench) {
	app := look(t, b)
	made := issue(t, b, app, "suite keyturn six.1")
	accepted(t, b, made.Value)
	b.Pass(time.Minute)
	_ = b.Issuer.Remove(t.Context(), app, made.Credential) // judged elsewhere; here its errors are read
	refused := b.Issuer.SignIn(t.Context(), b.Unknown, made.Value)
	var text strings.Builder
	slog.New(slog.NewTextHandler(&text, nil)).Info("made", "issued", made, "error", refused)
	for at := refused; at != nil; at = errors.Unwrap(at) {
		fmt.Fprintf(&text, "%v %+v %#v\n", at, at, at)
	}
	if b.Log() == "" {
		t.Fatal("nothing was logged, so nothing is shown")
	}
	for where, shown := range map[string]string{"errors": text.String(), "log": b.Log()} {
		if strings.Contains(shown, made.Value.Reveal()) {
			t.Errorf("the value shows in the %s", where)
		}
	}
}
