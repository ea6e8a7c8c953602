package graph_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/cloud/cloudtest"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/problem"
)

// serve opens a client to a stand-in where handler is Microsoft Graph.
func serve(t *testing.T, handler http.HandlerFunc) (*graph.Client, *cloudtest.Cloud) {
	t.Helper()
	c := cloudtest.Start(t, cloudtest.Granting(nil, handler))
	return graph.New(c.Open(t, nil)), c
}

func TestListsFollowPages(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("$skiptoken") == "" {
			if r.URL.Query().Get("$top") != "999" || !strings.Contains(r.URL.Query().Get("$select"), "keyCredentials") {
				t.Errorf("asked for %s", r.URL.RawQuery)
			}
			cloudtest.Answer(w, 200, `{"value":[{"appId":"a"},{"appId":"b"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/applications?$skiptoken=2"}`)
			return
		}
		cloudtest.Answer(w, 200, `{"value":[{"appId":"c","createdDateTime":null}]}`)
	})
	var ids []string
	for app, err := range client.Applications(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, app.AppID)
	}
	if strings.Join(ids, "") != "abc" {
		t.Errorf("found %v", ids)
	}
}

func TestTheNextPageIsOnGraphsOwnHost(t *testing.T) {
	for _, next := range []string{
		"https://graph.microsoft.com.example.org/v1.0/applications?$skiptoken=2", "https://example.org/x", "http://graph.microsoft.com/v1.0/x",
		"https://graph.microsoft.com@example.org/x",
	} {
		client, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			cloudtest.Answer(w, 200, `{"value":[{"appId":"a"}],"@odata.nextLink":"`+next+`"}`)
		})
		var failed error
		for _, err := range client.Applications(t.Context()) {
			failed = err
		}
		if failed == nil || c.Count("example.org") != 0 {
			t.Errorf("%s: %v, sent %v", next, failed, c.Sent())
		}
	}
}

// TestAListThatLeadsBackEnds, whichever page it leads back to.
func TestAListThatLeadsBackEnds(t *testing.T) {
	first := "https://graph.microsoft.com/v1.0/applications?$skiptoken=1"
	client, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		next := first
		if r.URL.RawQuery == "$skiptoken=1" {
			next = "https://graph.microsoft.com/v1.0/applications?$skiptoken=2"
		}
		cloudtest.Answer(w, 200, `{"value":[{"appId":"a"}],"@odata.nextLink":"`+next+`"}`)
	})
	var failed error
	for _, err := range client.Applications(t.Context()) {
		failed = err
	}
	if p := problem.Of(failed); p == nil || p.Class != problem.Retry || c.Count("/applications") != 3 {
		t.Errorf("%v, sent %v", failed, c.Sent())
	}
}

func TestAListEndsWhereItsReaderStops(t *testing.T) {
	client, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		cloudtest.Answer(w, 200, `{"value":[{"appId":"a"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/applications?$skiptoken=2"}`)
	})
	for range client.Applications(t.Context()) {
		break
	}
	if c.Count("/applications") != 1 {
		t.Errorf("sent %v", c.Sent())
	}
}

func TestAPasswordIsMadeByOneRequest(t *testing.T) {
	client, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for _, part := range []string{`"displayName":"m keyturn r.1"`, `"endDateTime":"2027-05-21T10:00:00Z"`} {
			if !strings.Contains(string(body), part) {
				t.Errorf("%s isn't in %s", part, body)
			}
		}
		cloudtest.Answer(w, 200, `{"keyId":"k","displayName":"m keyturn r.1","hint":"abc","secretText":"abc8Q~the-value","startDateTime":"2026-11-22T10:00:00Z","endDateTime":"2027-05-21T10:00:00Z"}`)
	})
	made, err := client.AddPassword(t.Context(), graph.Holder{Kind: credential.OnApplication, ID: "o"},
		graph.NewPassword{DisplayName: "m keyturn r.1", End: time.Date(2027, 5, 21, 12, 0, 0, 0, time.FixedZone("", 7200))})
	if err != nil || made.KeyID != "k" || made.Value.Reveal() != "abc8Q~the-value" || made.Hint != "abc" {
		t.Errorf("%+v, %v", made, err)
	}
	if c.Count("POST graph.microsoft.com/v1.0/applications/o/addPassword") != 1 {
		t.Errorf("sent %v", c.Sent())
	}
}

func TestAnAnswerThatCannotBeReadLeavesAWriteInDoubt(t *testing.T) {
	for name, body := range map[string]string{"not JSON": "<html>", "no value": `{"keyId":"k"}`, "no id": `{"secretText":"abc8Q~x"}`, "nothing": ""} {
		client, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { cloudtest.Answer(w, 200, body) })
		_, err := client.AddPassword(t.Context(), graph.Holder{Kind: credential.OnServicePrincipal, ID: "o"}, graph.NewPassword{})
		if p := problem.Of(err); err == nil || !p.Doubtful || p.Class != problem.Retry {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnObjectThatLacksWhatEveryOneHasIsNoObject(t *testing.T) {
	reads := map[string]func(*graph.Client) error{
		"an app":              func(c *graph.Client) error { _, err := c.Application(t.Context(), "a"); return err },
		"a service principal": func(c *graph.Client) error { _, err := c.ServicePrincipal(t.Context(), "a"); return err },
		"its id":              func(c *graph.Client) error { _, err := c.ServicePrincipalID(t.Context(), "a"); return err },
		"keys, written back":  func(c *graph.Client) error { _, err := c.KeyEntries(t.Context(), graph.Holder{ID: "o"}); return err },
		"owners":              func(c *graph.Client) error { _, err := c.Owners(t.Context(), "o"); return err },
		"what tells of a life": func(c *graph.Client) error {
			_, err := c.AssignedPolicies(t.Context(), graph.Holder{ID: "o"})
			return err
		},
	}
	for name, read := range reads {
		for _, body := range []string{`{}`, `null`, `{"error":null}`, ``, `<html>`} {
			client, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { cloudtest.Answer(w, 200, body) })
			if p := problem.Of(read(client)); p == nil || p.Class != problem.Retry || p.Doubtful {
				t.Errorf("%s out of %q: %v", name, body, p)
			}
		}
	}
}

// TestAnAppWithoutAListOfPasswordsCantBeRead: that it has none decides what is replaced, and what counts as removed.
func TestAnAppWithoutAListOfPasswordsCantBeRead(t *testing.T) {
	for list, class := range map[string]problem.Class{`,"passwordCredentials":[]`: "", `,"passwordCredentials":null`: problem.Retry, ``: problem.Retry} {
		client, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			cloudtest.Answer(w, 200, `{"id":"o","appId":"a"`+list+`}`)
		})
		_, ofApp := client.Application(t.Context(), "a")
		_, ofPrincipal := client.ServicePrincipal(t.Context(), "a")
		for _, err := range []error{ofApp, ofPrincipal} {
			if p := problem.Of(err); (p == nil) != (class == "") || p != nil && p.Class != class {
				t.Errorf("%q: %v", list, err)
			}
		}
	}
}

func TestReportsAreAskedForOneApp(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		filter := r.URL.Query().Get("$filter")
		switch r.URL.Path {
		case "/beta/reports/appCredentialSignInActivities":
			if filter != "appId eq 'a'" {
				t.Errorf("filter %q", filter)
			}
			cloudtest.Answer(w, 200, `{"value":[
				{"keyId":"k1","resourceId":"r","signInActivity":{"lastSignInDateTime":"2026-11-20T08:00:00Z"}},
				{"keyId":"k2","resourceId":"r","signInActivity":{"lastSignInDateTime":"2021-03-18T00:00:00-8:00"}},
				{"keyId":"k3","resourceId":null,"signInActivity":null}]}`)
		default:
			if filter != "appId eq 'a' and createdDateTime ge 2026-11-01T00:00:00Z and signInEventTypes/any(t: t eq 'servicePrincipal')" || strings.Contains(r.URL.RawQuery, "+") {
				t.Errorf("filter %q in %s", filter, r.URL.RawQuery)
			}
			cloudtest.Answer(w, 200, `{"value":[{"createdDateTime":"2026-11-20T08:00:00.1234567Z","servicePrincipalCredentialKeyId":"k1","status":{"errorCode":7000222}}]}`)
		}
	})
	rows, err := client.Activities(t.Context(), "a")
	if err != nil || len(rows) != 3 || rows[0].SignIn.Last.Hour() != 8 || !rows[1].SignIn.Last.IsZero() || !rows[2].SignIn.Last.IsZero() {
		t.Errorf("%+v, %v", rows, err)
	}
	for line, err := range client.SignIns(t.Context(), "a", graph.ByServicePrincipal, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		if err != nil || line.KeyID != "k1" || line.Status.Code != 7000222 || line.Created.IsZero() {
			t.Errorf("%+v, %v", line, err)
		}
	}
}

func TestOwnersAreObjectIds(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.0/applications/o/owners" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		cloudtest.Answer(w, 200, `{"value":[{"@odata.type":"#microsoft.graph.user","id":"u"},{"@odata.type":"#microsoft.graph.servicePrincipal","id":"s"}]}`)
	})
	owners, err := client.Owners(t.Context(), "o")
	if err != nil || strings.Join(owners, " ") != "u s" {
		t.Errorf("%v, %v", owners, err)
	}
}
