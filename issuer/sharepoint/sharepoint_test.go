package sharepoint

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/acs"
	"keyturn/check"
	"keyturn/cloud/cloudtest"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/secret"
)

const (
	addIn   = "7f0d7f0d-1111-4222-8333-444444444444"
	website = "https://contoso.sharepoint.com/sites/helpdesk"
	value   = "new8Q~the-new-value-of-this-add-in-in-full"
)

var born = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// directory is a directory in memory: passwords of one object, and its keys as JSON. Reads lag where told.
type directory struct {
	app    credential.App
	keys   []json.RawMessage
	stale  int               // so many reads show what was there before the last write
	before []json.RawMessage // the last write
	writes int
	wire   string                     // the body of the last write
	beside func() (stranger []string) // keys that somebody else adds right behind our write
	fail   error

	terms, keyTerms issuer.Terms // of passwords, and of keys
}

func (d *directory) Look(context.Context, string) (credential.App, error) {
	app := d.app
	app.Credentials = slices.Clone(d.app.Credentials)
	return app, nil
}

func (d *directory) Issue(_ context.Context, _ credential.App, order issuer.Order) (credential.Issued, error) {
	made := credential.Issued{Value: secret.New(value), Credential: credential.Credential{
		KeyID: "11111111-2222-3333-4444-555555555555", DisplayName: order.Mark, Kind: credential.Password,
		Holder: credential.OnServicePrincipal, Start: born, End: order.End,
	}}
	d.app.Credentials = append(d.app.Credentials, made.Credential)
	return made, nil
}

func (d *directory) Remove(_ context.Context, _ credential.App, held credential.Credential) error {
	d.app.Credentials = slices.DeleteFunc(d.app.Credentials, func(c credential.Credential) bool { return c.KeyID == held.KeyID })
	return nil
}

func (*directory) SignIn(context.Context, string, secret.Value) error {
	panic("add-ins sign in at ACS")
}

func (d *directory) Terms(context.Context, credential.App) (issuer.Terms, error) { return d.terms, nil }

func (d *directory) KeyTerms(context.Context, credential.App) (issuer.Terms, error) {
	return d.keyTerms, nil
}

func (*directory) Check(context.Context, credential.App) ([]check.Check, error) { return nil, nil }

func (d *directory) KeyEntries(context.Context, graph.Holder) ([]graph.KeyEntry, error) {
	shown := d.keys
	if d.stale > 0 {
		d.stale--
		shown = d.before
	}
	var found []graph.KeyEntry
	for _, raw := range shown {
		var k graph.KeyEntry
		if err := json.Unmarshal(raw, &k); err != nil {
			return nil, err
		}
		found = append(found, k)
	}
	return found, nil
}

func (d *directory) ReplaceKeys(_ context.Context, _ graph.Holder, entries []graph.KeyEntry) error {
	if d.fail != nil {
		return d.fail
	}
	d.writes++
	text, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	d.wire, d.before, d.keys = string(text), d.keys, nil
	if err := json.Unmarshal(text, &d.keys); err != nil {
		return err
	}
	if d.beside != nil {
		for _, raw := range d.beside() {
			d.keys = append(d.keys, json.RawMessage(raw))
		}
	}
	return nil
}

func key(id, kind, usage string, start time.Time) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"customKeyIdentifier":"q6k=","displayName":"by hand","endDateTime":%q,"key":null,"keyId":%q,"startDateTime":%q,"type":%q,"usage":%q,"unheardOf":{"a":1}}`,
		start.AddDate(1, 0, 0).Format(time.RFC3339), id, start.Format(time.RFC3339), kind, usage))
}

// legacy is an add-in of before December 2024 whose one secret was made by a script, beside a certificate and somebody's
// other key.
func legacy() *directory {
	start := born.AddDate(-1, 0, 25)
	return &directory{
		app: credential.App{ClientID: addIn, ServicePrincipalID: "sp", Name: "HelpDesk", Credentials: []credential.Credential{
			{KeyID: "old", Kind: credential.Password, Holder: credential.OnServicePrincipal, Start: start, End: start.AddDate(1, 0, 0)},
		}},
		keys: []json.RawMessage{
			key("old-sign", "Symmetric", "Sign", start), key("old-verify", "Symmetric", "Verify", start),
			key("cert", "AsymmetricX509Cert", "Verify", start), key("foreign", "Symmetric", "Verify", start.AddDate(0, 1, 0)),
		},
	}
}

func issuerOf(t *testing.T, d *directory, answer http.HandlerFunc) (*Issuer, *cloudtest.Cloud) {
	t.Helper()
	c := cloudtest.Start(t, answer)
	made, err := New(Config{Site: website}, Consumer{}, d, d, acs.New(c.Open(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	made.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return made, c
}

func nobody(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }

func renewed(t *testing.T, i *Issuer, d *directory) credential.Issued {
	t.Helper()
	app, err := i.Look(t.Context(), addIn)
	if err != nil {
		t.Fatal(err)
	}
	made, err := i.Issue(t.Context(), app, issuer.Order{Mark: "keyturn run.1", End: born.AddDate(0, 6, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Complete(t.Context(), app, made.Credential, made.Value); err != nil {
		t.Fatal(err)
	}
	return made
}

func ids(d *directory) (found []string) {
	for _, raw := range d.keys {
		var k graph.Key
		_ = json.Unmarshal(raw, &k)
		found = append(found, k.KeyID)
	}
	return found
}

func TestThreeCredentialsAreOneSecret(t *testing.T) {
	d := legacy()
	i, _ := issuerOf(t, d, nobody)
	foreign := slices.Clone(d.keys)
	made := renewed(t, i, d)
	for n, raw := range foreign {
		if string(d.keys[n]) != string(raw) {
			t.Errorf("a key that isn't ours was sent back otherwise than read:\n%s\n%s", raw, d.keys[n])
		}
	}
	for _, usage := range []string{"Sign", "Verify"} {
		want := fmt.Sprintf(`"key":%q,"keyId":%q,"startDateTime":"2026-11-25T12:00:00Z","type":"Symmetric","usage":%q`,
			base64.StdEncoding.EncodeToString([]byte(value)), keyID(made.KeyID, usage), usage)
		if !strings.Contains(d.wire, want) {
			t.Errorf("%s lacks %s", d.wire, want)
		}
	}
	app, err := i.Look(t.Context(), addIn)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range app.Passwords() {
		if c.Lacks != "" {
			t.Errorf("%s lacks %s", c.KeyID, c.Lacks)
		}
	}
}

func TestCompletingAgainChangesNothing(t *testing.T) {
	d := legacy()
	i, _ := issuerOf(t, d, nobody)
	made := renewed(t, i, d)
	if err := i.Complete(t.Context(), d.app, made.Credential, made.Value); err != nil || d.writes != 1 {
		t.Errorf("%d writes: %v", d.writes, err)
	}
}

func TestExactlyTheThreeAreRemoved(t *testing.T) {
	for name, c := range map[string]struct {
		keyID string
		left  []string
	}{
		"a script's, known by its dates": {"old", []string{"cert", "foreign", keyID("11111111-2222-3333-4444-555555555555", "Sign"), keyID("11111111-2222-3333-4444-555555555555", "Verify")}},
		"ours, known by its ids":         {"11111111-2222-3333-4444-555555555555", []string{"old-sign", "old-verify", "cert", "foreign"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := legacy()
			i, _ := issuerOf(t, d, nobody)
			renewed(t, i, d)
			held, _ := d.app.Find(c.keyID)
			for range 2 {
				if err := i.Remove(t.Context(), d.app, held); err != nil {
					t.Fatal(err)
				}
			}
			if _, there := d.app.Find(c.keyID); there || !slices.Equal(ids(d), c.left) {
				t.Errorf("left: %v, wanted %v", ids(d), c.left)
			}
		})
	}
}

// TestAKilledRemovalLeavesThePassword: by it the rest is found again.
func TestAKilledRemovalLeavesThePassword(t *testing.T) {
	d := legacy()
	i, _ := issuerOf(t, d, nobody)
	made := renewed(t, i, d)
	d.fail = &problem.Error{Class: problem.Retry, Code: problem.Unreachable, Message: "lost", Doubtful: true}
	if err := i.Remove(t.Context(), d.app, made.Credential); !problem.Is(err, problem.Unreachable) || !problem.Of(err).Doubtful {
		t.Errorf("%v", err)
	}
	if _, there := d.app.Find(made.KeyID); !there {
		t.Error("the password went before its keys")
	}
}

// TestKeysThatTurnUpLateAreRemovedToo: when the password went, every read was behind and showed no keys of it.
func TestKeysThatTurnUpLateAreRemovedToo(t *testing.T) {
	d := legacy()
	i, _ := issuerOf(t, d, nobody)
	made := renewed(t, i, d)
	d.stale = agreeing
	if err := i.Remove(t.Context(), d.app, made.Credential); err != nil || len(d.keys) != 6 {
		t.Fatalf("%v, left: %v", err, ids(d))
	}
	app, err := i.Look(t.Context(), addIn)
	if err != nil {
		t.Fatal(err)
	}
	left, there := app.ByDescription(made.DisplayName)
	if !there || left.Lacks != "its password" {
		t.Fatalf("%+v", app.Credentials)
	}
	if err := i.Remove(t.Context(), app, left); err != nil || len(d.keys) != 4 {
		t.Errorf("%v, left: %v", err, ids(d))
	}
}

func TestWhatLaggingReplicasHideIsNotLost(t *testing.T) {
	d := legacy()
	i, _ := issuerOf(t, d, nobody)
	d.before, d.stale = d.keys[:2], 2 // two reads don't show the certificate and the foreign key
	renewed(t, i, d)
	if len(d.keys) != 6 {
		t.Errorf("left: %v", ids(d))
	}
}

func TestAStrangersKeyAtTheSameMomentIsTold(t *testing.T) {
	d := legacy()
	i, _ := issuerOf(t, d, nobody)
	d.beside = func() []string { return []string{string(key("stranger", "Symmetric", "Sign", born))} }
	err := i.Complete(t.Context(), d.app, credential.Credential{KeyID: "p", Start: born, End: born.AddDate(1, 0, 0)}, secret.New(value))
	if !problem.Is(err, problem.Conflict) || problem.Of(err).Class != problem.Retry {
		t.Errorf("%v", err)
	}
	d.beside = nil
	if err := i.Complete(t.Context(), d.app, credential.Credential{KeyID: "p", Start: born, End: born.AddDate(1, 0, 0)}, secret.New(value)); err != nil {
		t.Error(err)
	}
	if len(d.keys) != 7 || d.writes != 1 {
		t.Errorf("%d writes left %v", d.writes, ids(d))
	}
}

func TestTwoSecretsOfTheSameDatesAreAPersonsBusiness(t *testing.T) {
	d := legacy()
	i, _ := issuerOf(t, d, nobody)
	twin := d.app.Credentials[0]
	twin.KeyID = "twin"
	d.app.Credentials = append(d.app.Credentials, twin)
	if err := i.Remove(t.Context(), d.app, twin); !problem.Is(err, "addin.ambiguous") || d.writes != 0 {
		t.Errorf("%d writes: %v", d.writes, err)
	}
}

func TestNoKeyButAnAddInsIsEverLeftOut(t *testing.T) {
	t.Parallel()
	certificate := graph.KeyEntry{Key: graph.Key{KeyID: "cert", Type: "AsymmetricX509Cert"}}
	if _, err := changed([]graph.KeyEntry{certificate}, nil, []graph.KeyEntry{certificate}); !problem.Is(err, "addin.foreign") {
		t.Errorf("%v", err)
	}
}

func TestTermsAreThoseOfAllThreeCredentials(t *testing.T) {
	limited := func(days int, policy string) issuer.Terms {
		return issuer.Terms{Readable: true, MaxLifetime: time.Duration(days) * day, Policy: policy}
	}
	free, own := issuer.Terms{Readable: true}, limited(3*365, "the life of an add-in's secret")
	blocked := issuer.Terms{Readable: true, Blocked: true, Policy: "P"}
	for name, c := range map[string]struct{ passwords, keys, want issuer.Terms }{
		"no rule":                      {free, free, own},
		"the keys' life is shorter":    {limited(90, "P"), limited(30, "K"), limited(30, "K")},
		"the password's is shorter":    {limited(20, "P"), limited(30, "K"), limited(20, "P")},
		"longer than any secret lives": {limited(4000, "P"), free, own},
		"no keys":                      {limited(20, "P"), blocked, blocked},
		"no passwords":                 {blocked, limited(20, "K"), blocked},
		"passwords' rules unreadable":  {issuer.Terms{}, limited(20, "K"), issuer.Terms{}},
		"keys' rules unreadable":       {limited(20, "P"), issuer.Terms{}, issuer.Terms{}},
	} {
		t.Run(name, func(t *testing.T) {
			d := legacy()
			d.terms, d.keyTerms = c.passwords, c.keys
			i, _ := issuerOf(t, d, nobody)
			if got, err := i.Terms(t.Context(), d.app); err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestAnOldSecretIsKeptForAsLongAsWritten(t *testing.T) {
	c := cloudtest.Start(t, http.HandlerFunc(nobody))
	for keep, want := range map[time.Duration]time.Duration{0: 7 * day, 30 * day: 30 * day} {
		made, err := New(Config{Site: website, Keep: keep}, Consumer{}, legacy(), legacy(), acs.New(c.Open(t, nil)))
		if err != nil || made.Pace().Linger != want {
			t.Errorf("%v, kept for %s: %v", keep, made.Pace().Linger, err)
		}
	}
}
