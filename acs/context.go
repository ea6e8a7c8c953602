package acs

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"keyturn/problem"
	"keyturn/secret"
)

// Context is what a context token says: SharePoint posts one to the add-in when a person opens it.
type Context struct {
	Refresh secret.Value // buys tokens on behalf of the person
	Realm   string
	Host    string // of the site
	End     time.Time
}

// ReadContext checks a context token as TokenHelper does: signed by ACS with the key of one of the values, tried in their
// order (ClientSecret, then SecondaryClientSecret), for this add-in, and not past its end. It returns which value fitted,
// counted from 0. A token that none fits is problem.SignIn with class Retry: ACS may sign with a newer or an older secret.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/context-token-oauth-flow-for-sharepoint-add-ins (read 2026-11-25).
func ReadContext(token secret.Value, clientID string, now time.Time, keys ...[]byte) (found Context, fitted int, err error) {
	parsed, err := jwt.ParseSigned(token.Reveal(), []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return Context{}, 0, unfit("it is no token that ACS signs") // the cause could quote it
	}
	for n, key := range keys {
		var said claims
		if len(key) == 0 || parsed.Claims(key, &said) != nil {
			continue
		}
		found, err := said.context(clientID, now)
		return found, n, err
	}
	return Context{}, 0, unfit("no secret of the add-in fits the key that ACS signed it with")
}

// claims are those of a context token.
type claims struct {
	jwt.Claims
	Refresh string
}

func (c claims) context(clientID string, now time.Time) (Context, error) {
	audience := ""
	if len(c.Audience) == 1 {
		audience = c.Audience[0]
	}
	app, rest, _ := strings.Cut(audience, "/")
	host, realm, _ := strings.Cut(rest, "@")
	switch {
	case !strings.EqualFold(app, clientID):
		return Context{}, unfit("it is meant for another add-in")
	case !strings.HasPrefix(c.Issuer, issuerID+"@"):
		return Context{}, unfit("it isn't from ACS")
	case c.Expiry == nil || !now.Before(c.Expiry.Time().Add(5*time.Minute)):
		return Context{}, unfit("it has ended")
	}
	return Context{Refresh: secret.New(c.Refresh), Realm: realm, Host: host, End: c.Expiry.Time()}, nil
}

// UnmarshalJSON keeps the refresh token out of what encoding/json might quote.
func (c *claims) UnmarshalJSON(text []byte) error {
	var plain struct {
		jwt.Claims
		Refresh string `json:"refreshtoken"`
	}
	if err := json.Unmarshal(text, &plain); err != nil {
		return unfit("its claims can't be read")
	}
	c.Claims, c.Refresh = plain.Claims, plain.Refresh
	return nil
}

func unfit(message string) error {
	return &problem.Error{Class: problem.Retry, Code: problem.SignIn, Subject: "context token", Message: message}
}
