package sharepoint

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"keyturn/acs"
	"keyturn/check"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
)

// Witness goes the way of the add-in when a person opens it, with the context token that a person handed over and with what
// each place holds: the token is checked with ClientSecret and then SecondaryClientSecret, its refresh token exchanged with the
// first that ACS accepts, and the site called in that person's name. See issuer.Witness.
func (i *Issuer) Witness(ctx context.Context, clientID string) (heard []issuer.Testimony, err error) {
	if i.launch.IsZero() {
		return nil, nil
	}
	realm, err := i.realmOf(ctx)
	if err != nil {
		return nil, err
	}
	for _, place := range i.places {
		paired, ok := place.(target.Paired)
		if !ok {
			continue
		}
		told, err := i.hear(ctx, realm, clientID, place.Place(), paired)
		if err != nil {
			return nil, fmt.Errorf("check the context token against %s: %w", place.Place().Title, err)
		}
		heard = append(heard, told)
	}
	if len(heard) == 0 {
		return nil, problem.NeedsPerson("context.invalid", "context token", "no place gives its values back, so there is nothing to check it with",
			"leave --context-token-fd out: only the add-in itself can tell")
	}
	return heard, nil
}

func (i *Issuer) hear(ctx context.Context, realm acs.Realm, clientID string, place target.Place, paired target.Paired) (issuer.Testimony, error) {
	pair, err := paired.Pair(ctx)
	if err != nil {
		return issuer.Testimony{}, err
	}
	found, signs, err := i.acs.Context(i.launch, clientID, keyBytes(pair)...)
	if err != nil {
		return issuer.Testimony{}, err
	}
	if !strings.EqualFold(found.Realm, realm.ID) {
		return issuer.Testimony{}, problem.NeedsPerson("context.invalid", "context token", "it is from another tenant than the site", "open the add-in on the site of sharePoint.site, and take the SPAppToken that is posted then")
	}
	buys, err := i.buy(ctx, realm, clientID, pair, found.Refresh)
	if err != nil {
		return issuer.Testimony{}, err
	}
	i.mu.Lock()
	i.refresh = found.Refresh
	i.mu.Unlock()
	return issuer.Testimony{
		Place: place.ID, Later: signs > 0,
		Text: "ACS signs with its " + pair[signs].Name + ", grants a token for its " + pair[buys].Name + ", and the site takes that",
	}, nil
}

// buy exchanges the refresh token with the first value that ACS accepts, calls the site, and returns which value it was.
func (i *Issuer) buy(ctx context.Context, realm acs.Realm, clientID string, pair []target.Held, refresh secret.Value) (nth int, err error) {
	for n, held := range pair {
		token, refused := i.acs.Exchange(ctx, i.site, realm, clientID, held.Text, refresh)
		if err = refused; problem.Is(err, problem.SignIn) {
			continue
		}
		if err == nil {
			err = i.acs.CallFor(ctx, i.site, token)
		}
		return n, err
	}
	return 0, err
}

// again exchanges the refresh token of a context token that was checked before with one value, and calls the site: what the
// add-in does for months after a person has opened it. Without a token there is nothing to do.
func (i *Issuer) again(ctx context.Context, realm acs.Realm, clientID string, text secret.Value) error {
	i.mu.Lock()
	refresh := i.refresh
	i.mu.Unlock()
	if refresh.IsZero() {
		return nil
	}
	token, err := i.acs.Exchange(ctx, i.site, realm, clientID, text, refresh)
	if err != nil {
		return err
	}
	return i.acs.CallFor(ctx, i.site, token)
}

// keyBytes are the keys that TokenHelper makes of its settings. One that isn't base64 is no key.
func keyBytes(pair []target.Held) [][]byte {
	keys := make([][]byte, len(pair))
	for n, held := range pair {
		keys[n], _ = base64.StdEncoding.DecodeString(held.Text.Reveal()) // what it can't read, the add-in can't either
	}
	return keys
}

// checkContext says what a context token shows, where one was handed over. Where no value fits, the directory tells which
// secret ACS should sign with: the oldest that is valid.
func (i *Issuer) checkContext(ctx context.Context, app credential.App) []check.Check {
	const id = "addin.context"
	heard, err := i.Witness(ctx, app.ClientID)
	if err != nil {
		failed := target.Failed(id, "context token", err)
		if signs, known := app.Oldest(i.acs.Now()); known && problem.Is(err, "context.unfit") {
			failed.Message += fmt.Sprintf("; by the directory that is secret %s, which ends on %s", signs.KeyID, signs.End.Format(time.DateOnly))
		}
		return []check.Check{failed}
	}
	var checks []check.Check
	for _, told := range heard {
		checks = append(checks, check.Pass(id, told.Place, told.Text))
	}
	return checks
}
