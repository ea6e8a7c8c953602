package vendorwebhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/targettest"
	"keyturn/target/vendorwebhook"
)

var signing = []byte("thirty-two bytes to sign with...")

const value = "new8Q~the-new-value-of-this-add-in-in-full"

// vendor is a receiver that checks signatures as the specification says, by itself.
type vendor struct {
	t      *testing.T
	status int
	header http.Header
	posts  []map[string]any
	ids    []string
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Error(err)
	}
	mac := hmac.New(sha256.New, signing)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
		v.t.Errorf("signature %q, want %q", r.Header.Get("webhook-signature"), want)
	}
	if strings.Contains(r.URL.String()+fmt.Sprint(r.Header), value) {
		v.t.Error("the value is outside the body")
	}
	var post map[string]any
	if err := json.Unmarshal(body, &post); err != nil {
		v.t.Error(err)
	}
	v.posts, v.ids = append(v.posts, post), append(v.ids, r.Header.Get("webhook-id"))
	for name, values := range v.header {
		w.Header()[name] = values
	}
	w.WriteHeader(v.status)
	_, _ = w.Write(body) // a vendor who repeats what it was sent
}

func open(t *testing.T, v *vendor) *vendorwebhook.Target {
	t.Helper()
	server := httptest.NewTLSServer(v)
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	made, err := vendorwebhook.New(vendorwebhook.Config{
		URL: server.URL + "/hooks/s3cret-path", Secret: secret.New("whsec_" + base64.StdEncoding.EncodeToString(signing)), Vendor: "Plumsail",
	}, vendorwebhook.Parts{Client: client, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func parcel() target.Parcel {
	return target.Parcel{
		Tag: "run.1", ClientID: targettest.Client, TenantID: "contoso.onmicrosoft.com", KeyID: "new", Replaces: "old", Value: secret.New(value),
		End: time.Date(2027, 11, 25, 12, 0, 0, 0, time.UTC),
	}
}

func TestAVendorIsSentTheValueOnceAndTheEndOfTheOldOne(t *testing.T) {
	t.Parallel()
	v := &vendor{t: t, status: http.StatusNoContent}
	made := open(t, v)
	first, err := made.Write(t.Context(), parcel())
	if err != nil {
		t.Fatal(err)
	}
	again, err := made.Write(t.Context(), parcel())
	if err != nil || again != first || v.ids[0] != v.ids[1] {
		t.Errorf("the same value came under %v: %v", v.ids, err)
	}
	data, _ := v.posts[0]["data"].(map[string]any)
	if v.posts[0]["type"] != "keyturn.secret.renewed" || data["clientSecret"] != value || data["clientId"] != targettest.Client ||
		data["clientSecretBase64"] != base64.StdEncoding.EncodeToString([]byte(value)) || data["ends"] != "2027-11-25T12:00:00Z" {
		t.Errorf("%v", v.posts[0])
	}
	released, err := made.Release(t.Context(), parcel())
	if err != nil || released != first || v.posts[2]["type"] != "keyturn.secret.retired" || strings.Contains(fmt.Sprint(v.posts[2]), value) {
		t.Errorf("%s, %v, %v", released, v.posts[2], err)
	}
	proof, err := made.Verify(t.Context(), parcel(), target.Written{Receipt: first})
	if standing, looked := made.Look(t.Context()); err != nil || looked != nil || !standing.Silent || proof.Rung != "acknowledged" || proof.Note == "" {
		t.Errorf("%+v, %+v, %v, %v", proof, standing, err, looked)
	}
}

func TestWhatAVendorAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		header http.Header
		class  problem.Class
		after  time.Duration
	}{
		"it knows nobody of that name": {404, nil, problem.Person, 0},
		"the signature isn't accepted": {401, nil, problem.Person, 0},
		"it points elsewhere":          {302, http.Header{"Location": {"https://elsewhere.example/"}}, problem.Person, 0},
		"too many":                     {429, http.Header{"Retry-After": {"42"}}, problem.Retry, 42 * time.Second},
		"it has a bad moment":          {503, nil, problem.Retry, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &vendor{t: t, status: c.status, header: c.header}
			made := open(t, v)
			_, err := made.Write(t.Context(), parcel())
			found := problem.Of(err)
			if err == nil || found.Class != c.class || found.Code != "vendor.refused" || found.After != c.after || found.Fix == "" || len(v.posts) != 1 {
				t.Errorf("%v: %+v, %d posts", err, found, len(v.posts))
			}
			for at := err; at != nil; at = errors.Unwrap(at) {
				if text := fmt.Sprintf("%v %+v", at, at); strings.Contains(text, value) || strings.Contains(text, "s3cret-path") {
					t.Errorf("an error shows the value or the address: %s", text)
				}
			}
		})
	}
}

func TestAVendorWhoDoesNotAnswer(t *testing.T) {
	t.Parallel()
	made, err := vendorwebhook.New(vendorwebhook.Config{
		URL: "https://127.0.0.1:1/hooks/s3cret-path", Secret: secret.New("whsec_" + base64.StdEncoding.EncodeToString(signing)),
	}, vendorwebhook.Parts{Client: http.DefaultClient, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = made.Write(t.Context(), parcel())
	if !problem.Is(err, "vendor.unreachable") || problem.Of(err).Class != problem.Retry || strings.Contains(fmt.Sprintf("%v %+v", err, err), "s3cret-path") {
		t.Errorf("%v", err)
	}
}

func TestConfigurationsThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]vendorwebhook.Config{
		"no address":        {},
		"not protected":     {URL: "http://hooks.vendor.example/"},
		"a user in it":      {URL: "https://me@hooks.vendor.example/"},
		"a secret unmarked": {URL: "https://hooks.vendor.example/", Secret: secret.New("abc")},
		"a short secret":    {URL: "https://hooks.vendor.example/", Secret: secret.New("whsec_YWJj")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := vendorwebhook.New(cfg, vendorwebhook.Parts{}); !problem.Is(err, "vendor.setting") || problem.Of(err).Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
	unsigned, err := vendorwebhook.New(vendorwebhook.Config{URL: "https://hooks.vendor.example/"}, vendorwebhook.Parts{})
	if err != nil {
		t.Fatal(err)
	}
	if failed := check.Failed(unsigned.Check(t.Context())); len(failed) != 1 || failed[0].Code != "vendor.setting" {
		t.Errorf("%+v", failed)
	}
	if _, err := unsigned.Write(t.Context(), parcel()); !problem.Is(err, "vendor.setting") {
		t.Errorf("%v", err)
	}
}

func TestTheDescriptorTellsTheConfiguration(t *testing.T) {
	t.Parallel()
	targettest.Describes(t, vendorwebhook.Descriptor(), vendorwebhook.Config{})
}
