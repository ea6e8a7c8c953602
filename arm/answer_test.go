package arm_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/arm"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

// named can't do without its name.
type named struct {
	Name string `json:"name"`
}

func (n *named) Whole() bool { return n.Name != "" }

func TestAResourceThatLacksWhatEveryOneHasIsNoResource(t *testing.T) {
	reads := map[string]func(*arm.Client) error{
		"a resource": func(c *arm.Client) error { return c.Get(t.Context(), "/r", "1", &named{}) },
		"what a POST lists": func(c *arm.Client) error {
			_, err := c.Do(t.Context(), arm.Call{Method: http.MethodPost, ID: "/r/list", Version: "1", Into: &named{}})
			return err
		},
		"a list":      func(c *arm.Client) error { _, err := c.Subscriptions(t.Context()); return err },
		"a logic app": func(c *arm.Client) error { _, err := c.Workflow(t.Context(), "/w"); return err },
		"a run":       func(c *arm.Client) error { _, err := c.Run(t.Context(), "/w", "r"); return err },
		"runs":        func(c *arm.Client) error { _, err := c.Runs(t.Context(), "/w", time.Time{}, 3); return err },
		"a vault":     func(c *arm.Client) error { _, err := c.Vault(t.Context(), "/v"); return err },
	}
	for name, read := range reads {
		for _, body := range []string{`{}`, `null`, ``, `<html>`, `{"name":`, `[5`} {
			if p := problem.Of(read(serve(t, body))); p == nil || p.Class != problem.Retry || p.Doubtful || p.Fix == "" || !strings.HasPrefix(p.Message, "the answer can't be understood") {
				t.Errorf("%s out of %q: %v", name, body, p)
			}
		}
	}
}

func TestAFieldOfAnotherTypeIsNamed(t *testing.T) {
	p := problem.Of(serve(t, `{"name":5}`).Get(t.Context(), "/r", "1", &named{}))
	if p == nil || p.Subject != "/r" || p.Message != `the answer can't be understood: "name" is something else than it should be` {
		t.Errorf("%v", p)
	}
}

func TestAWriteMayBeAnsweredByNothing(t *testing.T) {
	if err := serve(t, "").Put(t.Context(), "/r", "1", map[string]string{}, &named{}); err != nil {
		t.Error(err)
	}
	if p := problem.Of(serve(t, "{}").Put(t.Context(), "/r", "1", map[string]string{}, &named{})); p == nil || !p.Doubtful {
		t.Errorf("an answer that is no resource: %v", p)
	}
}

// serve opens a client of a Resource Manager that answers everything with body.
func TestAListingThatLeadsBackEnds(t *testing.T) {
	client := serve(t, `{"value":[{"name":"a"}],"nextLink":"https://management.azure.com/subscriptions?api-version=1&$skiptoken=1"}`)
	found, err := arm.All[named](t.Context(), client, arm.Call{ID: "/subscriptions", Version: "1"})
	if p := problem.Of(err); p == nil || p.Class != problem.Retry {
		t.Errorf("%v, %v", found, err)
	}
}

func serve(t *testing.T, body string) *arm.Client {
	t.Helper()
	answer := func(w http.ResponseWriter, _ *http.Request) { cloudtest.Answer(w, http.StatusOK, body) }
	return arm.New(cloudtest.Start(t, cloudtest.Granting(nil, answer)).Open(t, nil))
}
