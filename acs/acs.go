// Package acs is a thin client for what a SharePoint add-in does to sign in: it asks a site which realm it is in, asks Azure
// Access Control Service for tokens, checks context tokens, and calls the site. Every error is a problem.
//
// ACS for SharePoint Online was retired on 2 April 2026; whether it still answers is found by asking, see [Client.Realm].
//
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/context-token-oauth-flow-for-sharepoint-add-ins and PnP's
// TokenHelper, https://github.com/pnp/pnpframework (read 2026-11-25).
package acs

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keyturn/cloud"
	"keyturn/problem"
)

// sharePoint is the client id of SharePoint itself, the same in every tenant and cloud.
const sharePoint = "00000003-0000-0ff1-ce00-000000000000"

// issuerID is the principal of ACS, by which it signs and by which a site says that it trusts it.
const issuerID = "00000001-0000-0000-c000-000000000000"

// Client speaks as an add-in would, through a session's network path and without its identity. It is safe for concurrent
// use.
type Client struct {
	session *cloud.Session
}

// New returns a client. It contacts nobody.
func New(session *cloud.Session) *Client { return &Client{session: session} }

// Site is a site's address, checked by [Client.Site].
type Site struct {
	address string // https, without a slash at the end
	host    string
}

// String is the site's address.
func (s Site) String() string { return s.address }

// Site reads a site's address. One that isn't SharePoint's in this cloud is a Person problem with code "config.site": tokens
// are shown to nobody else.
func (c *Client) Site(address string) (Site, error) {
	parsed, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || parsed.Scheme != "https" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" ||
		parsed.Port() != "" || !c.session.Hosts().IsSharePoint(parsed.Hostname()) {
		return Site{}, problem.NeedsPerson("config.site", "site "+address, "this isn't the address of a SharePoint site in this cloud",
			"write the site on which the add-in is installed, such as https://contoso."+c.session.Hosts().SharePoint+"/sites/helpdesk")
	}
	return Site{address: parsed.String(), host: parsed.Hostname()}, nil
}

// Resource names SharePoint at a host within a realm, as tokens do.
func (s Site) resource(realm string) string { return sharePoint + "/" + s.host + "@" + realm }

// send sends one request on a connection of its own.
func (c *Client) send(ctx context.Context, method, address, body string, edit func(http.Header), subject string) (*http.Response, func(), error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("build a request to %s: %w", address, err)
	}
	edit(request.Header)
	client, done := c.session.Fresh()
	answer, err := client.Do(request)
	if err != nil {
		done()
		return nil, nil, cloud.Classify(err, subject)
	}
	return answer, func() { _ = answer.Body.Close(); done() }, nil
}
