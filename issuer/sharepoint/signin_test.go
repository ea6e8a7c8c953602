package sharepoint

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"keyturn/check"
	"keyturn/cloud/cloudtest"
	"keyturn/secret"
)

// answers is a site and ACS, which notes the secret it was sent.
func answers(trusts string, sent *string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/client.svc"):
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+cloudtest.Tenant+`",trusted_issuers="`+trusts+`"`)
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, "/tokens/OAuth/2"):
			*sent = r.PostFormValue("client_secret")
			cloudtest.Answer(w, http.StatusOK, `{"access_token":"a.b.c","expires_in":"1"}`)
		default:
			cloudtest.Answer(w, http.StatusOK, `{}`)
		}
	}
}

const trusted = "00000001-0000-0000-c000-000000000000@*"

func TestAValueIsTriedInTheFormInWhichTheAddInSendsIt(t *testing.T) {
	drawn := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xf1", 32)))
	for name, c := range map[string]struct{ value, want string }{
		"drawn by Graph":      {value, base64.StdEncoding.EncodeToString([]byte(value))},
		"drawn by an old one": {drawn, drawn},
	} {
		t.Run(name, func(t *testing.T) {
			var sent string
			i, _ := issuerOf(t, legacy(), answers(trusted, &sent))
			if err := i.SignIn(t.Context(), addIn, secret.New(c.value)); err != nil || sent != c.want {
				t.Errorf("right value sent: %v, %v", sent == c.want, err)
			}
		})
	}
}

func TestRetirementIsSeenBeforeAnythingIsWritten(t *testing.T) {
	var sent string
	d := legacy()
	i, _ := issuerOf(t, d, answers("https://sts.windows.net/*/", &sent))
	checks, err := i.Check(t.Context(), d.app)
	if failed := check.Failed(checks); err != nil || len(failed) != 1 || failed[0].Code != "acs.retired" || failed[0].Fix == "" {
		t.Errorf("%+v, %v", failed, err)
	}
	if sent != "" || d.writes != 0 {
		t.Error("a secret was sent, or a key written")
	}
}

func TestWhatIsNoAddInsSecretIsTold(t *testing.T) {
	var sent string
	d := legacy()
	d.keys = d.keys[1:] // the key to sign is gone
	i, _ := issuerOf(t, d, answers(trusted, &sent))
	app, err := i.Look(t.Context(), addIn)
	if err != nil || app.Credentials[0].Lacks != "its key to sign" {
		t.Errorf("%+v, %v", app, err)
	}
	checks, err := i.Check(t.Context(), app)
	if err != nil || !checks[1].Warning || checks[1].Code != "addin.keys" {
		t.Errorf("%+v, %v", checks, err)
	}
}
