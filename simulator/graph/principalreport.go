package graph

import (
	"strings"

	"keyturn/simulator/directory"
)

// principalActivities answers when each app signed in last, a row an app. Source:
// https://learn.microsoft.com/graph/api/reportroot-list-serviceprincipalsigninactivities, read 2026-11-26.
func (c *call) principalActivities(rest []string) reply {
	if c.absent(true) {
		return c.noReport("servicePrincipalSignInActivities")
	}
	options, refused := c.readOptions("microsoft.graph.servicePrincipalSignInActivity", c.principalActivity(directory.Activity{}), largestPage)
	if refused != nil {
		return *refused
	}
	docs := []map[string]any{}
	for _, newest := range c.newestActivities() {
		doc := c.principalActivity(newest)
		if len(rest) == 1 && doc["id"] == rest[0] {
			doc["@odata.context"] = c.context("reports/servicePrincipalSignInActivities/$entity")
			return ok(doc)
		}
		docs = append(docs, doc)
	}
	if len(rest) > 0 {
		return notFound(rest[0])
	}
	return c.page("reports/servicePrincipalSignInActivities", docs, options)
}

// newestActivities is the newest use of each app, whichever credential it was of.
func (c *call) newestActivities() []directory.Activity {
	var list []directory.Activity
	at := map[string]int{}
	for _, a := range c.s.d.Activities(c.tenant, "") {
		key := strings.ToLower(a.Application)
		i, seen := at[key]
		switch {
		case !seen:
			at[key] = len(list)
			list = append(list, a)
		case a.Last().After(list[i].Last()):
			list[i] = a
		}
	}
	return list
}

// principalActivity is a row; all sign-ins with a credential are the app's own, as the client.
func (c *call) principalActivity(a directory.Activity) map[string]any {
	last := map[string]any{"lastSignInDateTime": stamp(a.Last()), "lastSignInRequestId": orNil(a.Request)}
	never := map[string]any{"lastSignInDateTime": nil, "lastSignInRequestId": nil}
	return map[string]any{
		"id": directory.DerivedID("servicePrincipalSignInActivity", a.Application), "appId": a.Application, "lastSignInActivity": last,
		"applicationAuthenticationClientSignInActivity": last, "applicationAuthenticationResourceSignInActivity": never,
		"delegatedClientSignInActivity": never, "delegatedResourceSignInActivity": never,
	}
}
