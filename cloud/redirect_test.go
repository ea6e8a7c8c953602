package cloud_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

const page = "https://keyturn.contoso.com/sign-in/person"

// elsewhere opens a session in which somebody signs in by a browser of another computer; answer is what it comes back with.
func (d *desk) elsewhere(t *testing.T, answer func(asked url.Values) url.Values) *cloud.Session {
	t.Helper()
	return cloudtest.Start(t, http.HandlerFunc(d.handle)).Open(t, func(o *cloud.Options) {
		o.Tenant, o.Identity, o.ClientID = initial, cloud.IdentityBrowser, otherApp
		o.Redirect = &cloud.Redirect{Address: page, Answer: func(_ context.Context, signIn string) (url.Values, error) {
			at, err := url.Parse(signIn)
			if err != nil {
				return nil, err
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.asked = append(d.asked, at.Query())
			return answer(at.Query()), nil
		}}
	})
}

func TestABrowserElsewhereSignsInOnceForAllServices(t *testing.T) {
	d := &desk{}
	s := d.elsewhere(t, func(asked url.Values) url.Values {
		return url.Values{"state": {asked.Get("state")}, "code": {"code-of-anna"}}
	})
	if self, err := s.Self(t.Context()); err != nil || self.Name != anna {
		t.Fatalf("%+v, %v", self, err)
	}
	askAzure(t, s)
	forms := d.forms()
	if len(d.asked) != 1 || len(forms) != 2 || forms[0].Get("redirect_uri") != page || forms[1].Get("grant_type") != "refresh_token" {
		t.Fatalf("asked %v, redeemed %v", d.asked, forms)
	}
	sum := sha256.Sum256([]byte(forms[0].Get("code_verifier")))
	if want := base64.RawURLEncoding.EncodeToString(sum[:]); d.asked[0].Get("code_challenge") != want || d.asked[0].Get("redirect_uri") != page || d.asked[0].Get("state") == "" {
		t.Errorf("the browser was sent to %v", d.asked[0])
	}
}

func TestABrowserElsewhereComesBackWithItsOwnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(asked url.Values) url.Values
		code   string
	}{
		"another sign-in's answer": {func(url.Values) url.Values { return url.Values{"state": {"another"}, "code": {"code"}} }, "signin.foreign"},
		"a refusal": {func(asked url.Values) url.Values {
			return url.Values{"state": {asked.Get("state")}, "error": {"access_denied"}, "error_description": {"AADSTS65004: User declined to consent."}}
		}, "signin.declined"},
	} {
		d := &desk{}
		if _, err := d.elsewhere(t, c.answer).Self(t.Context()); !problem.Is(err, c.code) {
			t.Errorf("%s: %v (%s), want %s", name, err, problem.Of(err).Code, c.code)
		}
		if len(d.forms()) > 0 {
			t.Errorf("%s: a code was redeemed", name)
		}
	}
}
