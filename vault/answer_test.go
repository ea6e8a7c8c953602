package vault_test

import (
	"net/http"
	"testing"

	"keyturn/cloud/cloudtest"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/vault"
)

// A proxy on the way may answer 200 in the vault's place.
func TestAVersionThatLacksWhatEveryOneHasIsNoVersion(t *testing.T) {
	for _, body := range []string{`{}`, `null`, `{"value":"x"}`, `<html>`, `{"value":`, `{"value":5,"id":{}}`, `[]`} {
		client := serve(t, body)
		_, err := client.Get(t.Context(), "kv-one", "s", "")
		if p := problem.Of(err); p == nil || p.Class != problem.Retry || !plain(p, "secret s in vault kv-one") {
			t.Errorf("read from %q: %v", body, err)
		}
		if body != `{}` && body != `null` && body != `{"value":"x"}` {
			_, err = client.List(t.Context(), "kv-one")
			if p := problem.Of(err); p == nil || !plain(p, "vault kv-one") {
				t.Errorf("listed from %q: %v", body, err)
			}
		}
		_, err = client.Set(t.Context(), "kv-one", "s", vault.Draft{Value: secret.New("new")})
		if p := problem.Of(err); p == nil || p.Class != problem.Retry || !p.Doubtful {
			t.Errorf("written with the answer %q: %v, want it in doubt", body, err)
		}
	}
	id := `"id":"https://kv-one.vault.azure.net/secrets/s/97770189f0604aa095aa965325013427"`
	if _, err := serve(t, `{`+id+`}`).Get(t.Context(), "kv-one", "s", ""); err == nil {
		t.Error("a version without a value was read")
	}
	if got, err := serve(t, `{"value":"x",`+id+`}`).Get(t.Context(), "kv-one", "s", ""); err != nil || got.ID != "97770189f0604aa095aa965325013427" {
		t.Errorf("got %v, %v", got.ID, err)
	}
}

// plain reports whether a problem is in our words, of the object, with what to do.
func plain(p *problem.Error, subject string) bool {
	return p.Subject == subject && p.Message == "the answer can't be understood" && p.Fix != ""
}

// serve opens a client of vaults that answer everything with body, once they were shown a token.
func serve(t *testing.T, body string) *vault.Client {
	t.Helper()
	answer := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/`+cloudtest.Tenant+`", resource="https://vault.azure.net"`)
			cloudtest.Answer(w, http.StatusUnauthorized, `{"error":{"code":"Unauthorized","message":"AKV10000"}}`)
			return
		}
		cloudtest.Answer(w, http.StatusOK, body)
	}
	return vault.New(cloudtest.Start(t, cloudtest.Granting(nil, answer)).Open(t, nil))
}
