package acs

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"keyturn/cloud"
	"keyturn/problem"
)

// Realm is what a site says of itself to whoever comes without a token.
type Realm struct {
	ID      string   // the tenant's id
	Issuers []string // whose tokens it trusts, such as "00000001-0000-0000-c000-000000000000@*"
}

var field = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)

// Realm asks a site for its realm, and whether it still trusts ACS: where it doesn't, and where ACS has nothing to say of
// the realm any more, that is the known issue "acs.retired". It changes nothing.
func (c *Client) Realm(ctx context.Context, site Site) (Realm, error) {
	found, err := c.ask(ctx, site)
	if err != nil {
		return Realm{}, err
	}
	if !found.trustsACS() {
		return Realm{}, retired(site.address, "the site doesn't trust ACS any more")
	}
	return found, nil
}

// ask sends an empty bearer token, which a site answers with 401 and where to get a good one.
func (c *Client) ask(ctx context.Context, site Site) (Realm, error) {
	subject := "site " + site.address
	answer, done, err := c.send(ctx, http.MethodGet, site.address+"/_vti_bin/client.svc", "",
		func(h http.Header) { h.Set("Authorization", "Bearer") }, subject)
	if err != nil {
		return Realm{}, err
	}
	defer done()
	found := realmIn(answer.Header.Values("WWW-Authenticate"))
	switch {
	case answer.StatusCode == http.StatusUnauthorized && cloud.IsGUID(found.ID):
		return found, nil
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError:
		return Realm{}, cloud.FromResponse(answer, subject)
	}
	return Realm{}, problem.NeedsPerson("site.unknown", subject, "no SharePoint site answers there", "correct site in keyturn.yaml: the site on which the add-in is installed")
}

func realmIn(challenges []string) Realm {
	var found Realm
	for _, challenge := range challenges {
		if !strings.HasPrefix(strings.ToLower(challenge), "bearer") {
			continue
		}
		for _, pair := range field.FindAllStringSubmatch(challenge, -1) {
			switch pair[1] {
			case "realm":
				found.ID = pair[2]
			case "trusted_issuers":
				found.Issuers = strings.Split(pair[2], ",")
			}
		}
	}
	return found
}

func (r Realm) trustsACS() bool {
	for _, each := range r.Issuers {
		if name, _, _ := strings.Cut(strings.TrimSpace(each), "@"); strings.EqualFold(name, issuerID) {
			return true
		}
	}
	return false
}

// Standing asks ACS for its own description of a realm. Where there is none any more, that is the known issue
// "acs.retired". It changes nothing.
func (c *Client) Standing(ctx context.Context, realm string) error {
	const subject = "Azure ACS"
	answer, done, err := c.send(ctx, http.MethodGet, c.session.Hosts().ACS+"/metadata/json/1?realm="+realm, "", func(http.Header) {}, subject)
	if err != nil {
		return gone(err)
	}
	defer done()
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusNotFound, http.StatusGone, http.StatusForbidden:
		return retired(subject, "it has nothing to say of this tenant any more")
	}
	return cloud.FromResponse(answer, subject)
}

// gone takes a host that can't be found for the end of the service: every other host of the cloud is reached.
func gone(err error) error {
	if problem.Is(err, problem.NotFound) {
		return retired("Azure ACS", "its host isn't there any more")
	}
	return err
}

func retired(subject, message string) error {
	known := problem.FindKnown("acs.retired")
	return known.Stops(subject, message+". "+strings.TrimSuffix(known.Text, "."), "")
}

func disabled(site Site, message string) error {
	return problem.FindKnown("acs.disabled").Stops("site "+site.address, message+": the tenant has switched app-only access through Azure ACS off", "")
}
