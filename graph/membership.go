package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"keyturn/cloud"
	"keyturn/secret"
)

// Membership asks which groups people are in, each with a token of their own: it needs no right of Keyturn's.
type Membership struct {
	client *http.Client
	base   string
}

// NewMembership returns the way to ask, in the cloud of a session. It contacts nobody.
func NewMembership(s *cloud.Session) Membership {
	return Membership{client: s.Client(), base: s.Hosts().Graph}
}

// Scope is the delegated permission that a token needs for [Membership.Among].
func (m Membership) Scope() string { return m.base + "/User.Read" }

// mostChecked is how many groups one request may name.
const mostChecked = 20

// Among returns those of some groups, named by object id, that the person of a token is in, directly or through another
// group. Every error is a problem; a token without the permission is problem.Denied.
// Source: https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups (read 2026-11-26).
func (m Membership) Among(ctx context.Context, token secret.Value, groups []string) ([]string, error) {
	var in []string
	for some := range slices.Chunk(groups, mostChecked) {
		found, err := m.check(ctx, token, some)
		if err != nil {
			return nil, err
		}
		in = append(in, found...)
	}
	return in, nil
}

// check is one request. A retry is the person's own: they sign in again.
func (m Membership) check(ctx context.Context, token secret.Value, groups []string) ([]string, error) {
	const subject = "the groups of the person signed in"
	body, err := json.Marshal(map[string]any{"groupIds": groups})
	if err != nil {
		return nil, cloud.Classify(fmt.Errorf("write request: %w", err), subject)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.base+"/v1.0/me/checkMemberGroups", bytes.NewReader(body))
	if err != nil {
		return nil, cloud.Classify(fmt.Errorf("build request: %w", err), subject)
	}
	request.Header.Set("Authorization", "Bearer "+token.Reveal())
	request.Header.Set("Content-Type", "application/json")
	answer, err := m.client.Do(request)
	if err != nil {
		return nil, cloud.Classify(err, subject)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, cloud.FromResponse(answer, subject)
	}
	var found page[string]
	err = decode(answer, call{method: http.MethodPost, subject: subject}, &found)
	return found.Value, err
}
