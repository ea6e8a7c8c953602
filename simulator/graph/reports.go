package graph

import (
	"net/http"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// routeReports serves the beta reports about sign-ins, the log of them and that of changes. Sources:
// https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities and
// https://learn.microsoft.com/graph/api/signin-list, read 2026-11-22.
func (c *call) routeReports(rest []string) reply {
	if len(rest) == 0 {
		return c.noSegment(c.segments[0])
	}
	answer := c.reports()[strings.ToLower(c.segments[0]+"/"+rest[0])]
	if answer == nil {
		return c.noSegment(rest[0])
	}
	return c.reading(c.may("AuditLog.Read.All"), func() reply { return answer(rest[1:]) })
}

// reports are what can be asked in the call's version of Graph, in lower case.
func (c *call) reports() map[string]func(rest []string) reply {
	known := map[string]func(rest []string) reply{"auditlogs/signins": c.signIns, "auditlogs/directoryaudits": c.audits}
	if c.version == "beta" {
		known["reports/appcredentialsigninactivities"] = c.activities
		known["reports/serviceprincipalsigninactivities"] = c.principalActivities
	}
	return known
}

// absent reports whether the tenant's licence has no reports, or its cloud has none: the credential report exists in the
// public cloud alone, and China has neither.
func (c *call) absent(credentials bool) bool {
	cloud := c.s.w.Cloud().Name
	national := cloud == world.CloudChina || (credentials && cloud != world.CloudPublic)
	return national || c.unlicensed()
}

func (c *call) unlicensed() bool { return c.s.w.Switch(directory.SwitchReportAbsent) != "" }

// activities answers the credential report: one row a key id and resource.
func (c *call) activities(rest []string) reply {
	if c.absent(true) {
		return c.noReport("appCredentialSignInActivities")
	}
	sample := c.activityDocument(directory.Activity{})
	options, refused := c.readOptions("microsoft.graph.appCredentialSignInActivity", sample, largestPage)
	if refused != nil {
		return *refused
	}
	app := ""
	if options.filter != nil && strings.EqualFold(options.filter.Key, "appId") {
		app = options.filter.Value
	}
	docs := []map[string]any{}
	for _, a := range c.s.d.Activities(c.tenant, app) {
		doc := c.activityDocument(a)
		if len(rest) == 1 && doc["id"] == rest[0] {
			doc["@odata.context"] = c.context("reports/appCredentialSignInActivities/$entity")
			return ok(doc)
		}
		docs = append(docs, doc)
	}
	if len(rest) > 0 {
		return notFound(rest[0])
	}
	return c.page("reports/appCredentialSignInActivities", docs, options)
}

// noReport is what a national cloud answers, which does not know the segment; the simulator does.
func (c *call) noReport(name string) reply {
	return failure(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", name)
}

func (c *call) activityDocument(a directory.Activity) map[string]any {
	doc := map[string]any{
		"id": a.ID, "keyId": a.KeyID, "keyType": "clientSecret", "keyUsage": "verify", "appId": a.Application, "appObjectId": nil,
		"servicePrincipalObjectId": nil, "resourceId": a.ResourceAppID, "credentialOrigin": "application",
		"createdDateTime": nil, "expirationDateTime": stamp(a.Expires),
		"signInActivity": map[string]any{"lastSignInDateTime": stamp(a.Last()), "lastSignInRequestId": orNil(a.Request)},
	}
	if a.Certificate {
		doc["keyType"] = "certificate"
	}
	if a.OnPrincipal {
		doc["credentialOrigin"] = "servicePrincipal"
	}
	if app := c.tenant.Application(a.Application); app != nil {
		doc["appObjectId"] = app.ObjectID
	}
	if sp := c.tenant.ServicePrincipal(a.Application); sp != nil {
		doc["servicePrincipalObjectId"] = sp.ObjectID
	}
	if resource := c.tenant.ServicePrincipal(a.ResourceAppID); resource != nil {
		doc["resourceId"] = resource.ObjectID
	}
	return doc
}

// signIns answers the sign-in log. Without a filter on signInEventTypes only interactive sign-ins are in it, of which
// the simulated tenant has none; the v1.0 form has no credential key id.
func (c *call) signIns([]string) reply {
	if c.absent(false) {
		return failure(http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
			"Neither tenant is B2C or tenant doesn't have premium license")
	}
	sample := c.signInDocument(directory.SignInRecord{})
	options, refused := c.readOptions("microsoft.graph.signIn", sample, 1000)
	if refused != nil {
		return *refused
	}
	if c.query.Get("$top") == "" {
		options.top = 1000
	}
	docs := []map[string]any{}
	if strings.Contains(strings.ToLower(c.query.Get("$filter")), "signineventtypes") {
		for _, rec := range c.s.d.SignIns(c.tenant) {
			docs = append(docs, c.signInDocument(rec))
		}
	}
	return c.page("auditLogs/signIns", docs, options)
}

func (c *call) signInDocument(rec directory.SignInRecord) map[string]any {
	doc := map[string]any{
		"id": rec.ID, "createdDateTime": stamp(rec.Time), "correlationId": rec.CorrelationID, "appId": rec.AppID,
		"appDisplayName": rec.AppName, "userPrincipalName": rec.UserName, "userDisplayName": "", "userId": "",
		"ipAddress": "203.0.113.10", "clientAppUsed": "", "conditionalAccessStatus": "notApplied", "isInteractive": false,
		"resourceId": rec.ResourceAppID, "resourceDisplayName": nil,
		"status": map[string]any{"errorCode": rec.Code, "failureReason": nil, "additionalDetails": nil},
	}
	if rec.Code != 0 {
		doc["status"] = map[string]any{"errorCode": rec.Code, "failureReason": rec.Text, "additionalDetails": nil}
	}
	if resource := c.tenant.ServicePrincipal(rec.ResourceAppID); resource != nil {
		doc["resourceDisplayName"] = resource.DisplayName
	}
	if c.version == "v1.0" {
		return doc
	}
	doc["signInEventTypes"] = []any{"servicePrincipal"}
	if rec.UserName != "" {
		doc["signInEventTypes"] = []any{"nonInteractiveUser"}
	}
	doc["servicePrincipalId"], doc["servicePrincipalName"] = rec.ObjectID, rec.AppName
	doc["servicePrincipalCredentialKeyId"] = orNil(rec.KeyID)
	doc["servicePrincipalCredentialThumbprint"] = orNil(rec.Thumbprint)
	doc["uniqueTokenIdentifier"] = rec.ID
	return doc
}
