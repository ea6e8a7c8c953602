package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"keyturn/cloud/cloudtest"
	"keyturn/graph"
	"keyturn/problem"
	"keyturn/secret"
)

func TestGroupsAreAskedForTwentyAtATime(t *testing.T) {
	var groups []string
	for i := range 45 {
		groups = append(groups, fmt.Sprintf("00000000-0000-0000-0000-%012d", i))
	}
	c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ GroupIDs []string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.GroupIDs) > 20 || r.Header.Get("Authorization") != "Bearer theirs" {
			t.Errorf("%v: %d groups, by %q", err, len(asked.GroupIDs), r.Header.Get("Authorization"))
		}
		cloudtest.Answer(w, 200, map[string]any{"value": asked.GroupIDs[len(asked.GroupIDs)-1:]})
	}))
	m := graph.NewMembership(c.Open(t, nil))
	in, err := m.Among(t.Context(), secret.New("theirs"), groups)
	if err != nil || !slices.Equal(in, []string{groups[19], groups[39], groups[44]}) || c.Count("POST graph.microsoft.com/v1.0/me/checkMemberGroups") != 3 {
		t.Errorf("in %v, %v, after %v", in, err, c.Sent())
	}
	if m.Scope() != "https://graph.microsoft.com/User.Read" {
		t.Errorf("needs %s", m.Scope())
	}
}

func TestGroupsThatCannotBeReadAreAProblem(t *testing.T) {
	for name, answer := range map[string]struct {
		status     int
		body, code string
	}{
		"without the permission": {403, `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`, problem.Denied},
		"an answer of nobody's":  {200, `{}`, problem.Between},
	} {
		c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, _ *http.Request) { cloudtest.Answer(w, answer.status, answer.body) }))
		in, err := graph.NewMembership(c.Open(t, nil)).Among(t.Context(), secret.New("theirs"), []string{"g"})
		if found := problem.Of(err); found == nil || found.Code != answer.code || in != nil {
			t.Errorf("%s: %v, %v", name, in, err)
		}
	}
}
