package acs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/secret"
)

// AppToken asks ACS for a token of the add-in alone, on a fresh connection. text is the client secret as the add-in sends it:
// what stands in its web.config, base64 and all. A refusal has code problem.SignIn and class Retry. Safe to repeat.
func (c *Client) AppToken(ctx context.Context, site Site, realm Realm, clientID string, text secret.Value) (secret.Value, error) {
	return c.token(ctx, site, realm, clientID, text, url.Values{"grant_type": {"client_credentials"}})
}

// Exchange asks ACS for a token of the add-in on behalf of a user, with the refresh token of a context token. A secret that
// is refused has code problem.SignIn and class Retry; a refresh token that is, "context.invalid". Safe to repeat.
func (c *Client) Exchange(ctx context.Context, site Site, realm Realm, clientID string, text, refresh secret.Value) (secret.Value, error) {
	token, err := c.token(ctx, site, realm, clientID, text, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.Reveal()}})
	var refusal *cloud.Refusal
	if errors.As(err, &refusal) && refusal.OAuth == "invalid_grant" {
		return secret.Value{}, invalid("the refresh token in it has ended, or was taken back")
	}
	return token, err
}

// token sends one request to the token endpoint. Its numbers are texts, which nothing here needs.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/context-token-oauth-flow-for-sharepoint-add-ins (read 2026-11-25).
func (c *Client) token(ctx context.Context, site Site, realm Realm, clientID string, text secret.Value, form url.Values) (secret.Value, error) {
	form.Set("client_id", clientID+"@"+realm.ID)
	form.Set("client_secret", text.Reveal())
	form.Set("resource", site.resource(realm.ID))
	subject := "sign-in of add-in " + clientID + " at ACS"
	answer, done, err := c.send(ctx, http.MethodPost, c.session.Hosts().ACS+"/"+realm.ID+"/tokens/OAuth/2", form.Encode(),
		func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded") }, subject)
	if err != nil {
		return secret.Value{}, gone(err)
	}
	defer done()
	switch answer.StatusCode {
	case http.StatusOK:
		return granted(answer.Body, subject)
	case http.StatusNotFound, http.StatusGone:
		return secret.Value{}, retired(subject, "its token endpoint isn't there any more")
	}
	return secret.Value{}, cloud.RefusedProof(answer, subject)
}

func granted(body io.Reader, subject string) (secret.Value, error) {
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&answer); err != nil || answer.Token == "" {
		return secret.Value{}, &problem.Error{
			Class: problem.Retry, Code: problem.Unreachable, Subject: subject,
			Message: "the answer holds no token", Fix: "see whether a proxy answers in Microsoft's place",
		}
	}
	return secret.New(answer.Token), nil
}

// Call reads a site's title with a token of the add-in alone. A token that ACS has just granted and the site refuses is the
// known issue "acs.disabled"; that the add-in may not read the site is as good as success, since the token was understood.
func (c *Client) Call(ctx context.Context, site Site, token secret.Value) error {
	return c.call(ctx, site, token, disabled(site, "it refuses a token that ACS has just granted"))
}

// CallFor is Call with a token on behalf of a user, which the tenant's switch for app-only access doesn't reach: a site that
// refuses one doesn't trust ACS any more, which is the known issue "acs.retired".
func (c *Client) CallFor(ctx context.Context, site Site, token secret.Value) error {
	return c.call(ctx, site, token, retired("site "+site.address, "it refuses a token on behalf of a user that ACS has just granted"))
}

func (c *Client) call(ctx context.Context, site Site, token secret.Value, refused error) error {
	subject := "site " + site.address
	answer, done, err := c.send(ctx, http.MethodGet, site.address+"/_api/web?$select=Title", "", func(h http.Header) {
		h.Set("Authorization", "Bearer "+token.Reveal())
		h.Set("Accept", "application/json")
	}, subject)
	if err != nil {
		return err
	}
	defer done()
	switch {
	case answer.StatusCode < 300, answer.StatusCode == http.StatusForbidden:
		return nil
	case answer.StatusCode == http.StatusUnauthorized:
		return refused
	}
	return cloud.FromResponse(answer, subject)
}
