package engine_test

import (
	"context"
	"net/http"
	"testing"

	"keyturn/cloud/cloudtest"
	"keyturn/credential"
	"keyturn/graph"
)

// Graph refuses looks before renewals where it is asked too much.
func TestALookGivesWayToRenewals(t *testing.T) {
	priorities := make(chan string, 8)
	c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, r *http.Request) {
		priorities <- r.Header.Get("x-ms-throttle-priority")
		cloudtest.Answer(w, 200, `{"id":"o","appId":"theirs","passwordCredentials":[]}`)
	}))
	client := graph.New(c.Open(t, nil))
	read := func(ctx context.Context, app string) (credential.App, error) {
		found, err := client.Application(ctx, app)
		return credential.App{Name: found.DisplayName}, err
	}
	u := setUp(t).unattended("a", nil)
	u.Rounds.Excluded, u.Rounds.Glance = map[string]string{"theirs": "its pipeline renews it"}, read
	u.glance(t)
	if _, err := read(t.Context(), "theirs"); err != nil {
		t.Fatal(err)
	}
	if look, other := <-priorities, <-priorities; look != "Low" || other != "" {
		t.Errorf("a look has the priority %q, others %q", look, other)
	}
}
