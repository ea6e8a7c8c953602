package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server"
	"keyturn/server/access"
)

const (
	approvers = "5ca1ab1e-0000-0000-0000-00000000000a"
	operators = "5ca1ab1e-0000-0000-0000-00000000000b"
	groupsAsk = "https://graph.example/User.Read"
)

// members knows the groups of everybody, or fails.
type members struct {
	in     []string
	failed error
	asked  [][]string
}

func (m *members) Scope() string { return groupsAsk }

func (m *members) Among(_ context.Context, token secret.Value, groups []string) ([]string, error) {
	m.asked = append(m.asked, groups)
	if !strings.Contains(token.Reveal(), groupsAsk) {
		return nil, problem.NeedsPerson(problem.Denied, "the groups", "may not be read with "+token.Reveal(), "")
	}
	return m.in, m.failed
}

func TestWhoeverIsInTooManyGroupsIsAskedFor(t *testing.T) {
	t.Parallel()
	tooMany := func(roles ...string) map[string]any {
		return map[string]any{
			"roles": roles, "_claim_names": map[string]any{"groups": "src1"},
			"_claim_sources": map[string]any{"src1": map[string]any{"endpoint": "https://graph.windows.net/t/users/ada-1/getMemberObjects"}},
		}
	}
	for name, c := range map[string]struct {
		claims  map[string]any
		knows   *members // nil = the provider isn't Entra
		refuses string   // the second sign-in
		role    access.Role
		status  int
		says    string
		asked   []string
	}{
		"in one that has a role": {
			claims: tooMany(), knows: &members{in: []string{approvers}}, role: access.Approver, asked: []string{approvers, operators},
		},
		"told in the other way": {
			claims: map[string]any{"hasgroups": true}, knows: &members{in: []string{operators}}, role: access.Operator, asked: []string{approvers, operators},
		},
		"in none of them": {
			claims: tooMany(), knows: &members{}, status: http.StatusForbidden, says: "no role at this console", asked: []string{approvers, operators},
		},
		"with an app role, a group that gives more": {
			claims: tooMany("Keyturn.Viewer"), knows: &members{in: []string{operators}}, role: access.Operator, asked: []string{approvers, operators},
		},
		"with an app role that no group outdoes": {
			claims: tooMany("Keyturn.Admin"), knows: &members{}, role: access.Admin,
		},
		"few enough to be named": {claims: map[string]any{"groups": []string{operators}}, knows: &members{}, role: access.Operator},
		"nobody consented": {
			claims: tooMany(), knows: &members{}, refuses: "consent_required", status: http.StatusForbidden, says: "the delegated permission User.Read of Microsoft Graph",
		},
		"may not be asked": {
			claims: tooMany(), knows: &members{failed: problem.NeedsPerson(problem.Denied, "the groups", "Insufficient privileges", "")},
			status: http.StatusForbidden, says: "the delegated permission User.Read of Microsoft Graph", asked: []string{approvers, operators},
		},
		"can't be asked now": {
			claims: tooMany(), knows: &members{failed: problem.Later(problem.Unreachable, "the groups", 0, context.DeadlineExceeded)},
			status: http.StatusServiceUnavailable, asked: []string{approvers, operators},
		},
		"at another provider": {claims: tooMany(), status: http.StatusForbidden, says: "more groups than its token names"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := newIssuer(t)
			b := build(t, func(s *server.Console) {
				withProvider(provider)(s)
				s.Provider.Roles[approvers], s.Provider.Roles[operators] = access.Approver, access.Operator
				if c.knows != nil {
					s.Provider.Groups = c.knows
				}
			})
			provider.say(c.claims)
			client := b.browser(access.Nobody)
			answer, text := b.signIn(client, "/runs", nil)
			if again, err := url.Parse(answer.Header.Get("Location")); err == nil && strings.HasPrefix(again.String(), provider.URL) {
				if asked := again.Query(); !strings.HasSuffix(asked.Get("scope"), " "+groupsAsk) || asked.Get("login_hint") != "ada@contoso.com" {
					t.Errorf("asked for %v", asked)
				}
				provider.mu.Lock()
				provider.refuses = c.refuses
				provider.mu.Unlock()
				decided, _ := b.ask(client, "GET", again.String(), nil)
				answer, text = b.ask(client, "GET", decided.Header.Get("Location"), nil)
			}
			if c.knows != nil && !slices.Equal(slices.Concat(c.knows.asked...), c.asked) {
				t.Errorf("asked for %v, want %v", c.knows.asked, c.asked)
			}
			if c.role == access.Nobody {
				if answer.StatusCode != c.status || !strings.Contains(text, c.says) {
					t.Errorf("answered %d, want %d with %q:\n%s", answer.StatusCode, c.status, c.says, text)
				}
				return
			}
			var me access.Person
			_, text = b.ask(client, "GET", "/api/v1/me", nil)
			if err := json.Unmarshal([]byte(text), &me); err != nil || me.Role != c.role || answer.Header.Get("Location") != "/runs" {
				t.Errorf("it is %+v, at %q: %v", me, answer.Header.Get("Location"), err)
			}
		})
	}
}
