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
// counted from 0. A token that none fits is the known issue "context.unfit": ACS signs with another secret, and the add-in
// refuses whoever opens it. One that is no use at all is a Person problem with code "context.invalid".
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/context-token-oauth-flow-for-sharepoint-add-ins (read 2026-11-25).
func ReadContext(token secret.Value, clientID string, now time.Time, keys ...[]byte) (found Context, fitted int, err error) {
	parsed, err := jwt.ParseSigned(token.Reveal(), []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return Context{}, 0, invalid("it is no token that ACS signs") // the cause could quote it
	}
	for n, key := range keys {
		if len(key) == 0 {
			continue
		}
		var said claims
		err := parsed.Claims(key, &said)
		if err == nil {
			found, err = said.context(clientID, now)
		}
		if err == nil || problem.Is(err, "context.invalid") {
			return found, n, err
		}
	}
	return Context{}, 0, problem.FindKnown("context.unfit").Stops("context token", "none of the add-in's values fits the key that ACS signed it with", "")
}

// Context is [ReadContext] by the cloud's time.
func (c *Client) Context(token secret.Value, clientID string, keys ...[]byte) (Context, int, error) {
	return ReadContext(token, clientID, c.Now(), keys...)
}

// Now is the cloud's time.
func (c *Client) Now() time.Time { return c.session.Now() }

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
		return Context{}, invalid("it is meant for another add-in")
	case !strings.HasPrefix(c.Issuer, issuerID+"@"):
		return Context{}, invalid("it isn't from ACS")
	case c.Expiry == nil || !now.Before(c.Expiry.Time().Add(5*time.Minute)):
		return Context{}, invalid("it has ended")
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
		return invalid("its claims can't be read")
	}
	c.Claims, c.Refresh = plain.Claims, plain.Refresh
	return nil
}

func invalid(message string) error {
	return problem.NeedsPerson("context.invalid", "context token", message, "open the add-in once more and take the SPAppToken that SharePoint posts to it then, see docs/sharepoint-addin.md")
}
