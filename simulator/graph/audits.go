package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"keyturn/simulator/directory"
)

// audited runs a write on an object and enters what came of it into the audit log. How the activities are named is not
// documented to the letter: https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities, read 2026-11-26.
func (c *call) audited(o *object, write func() reply) reply {
	before := describedKeys(o.credentials())
	answer := write()
	if answer.status >= http.StatusBadRequest {
		return answer
	}
	after := describedKeys(o.credentials())
	entry := directory.Audit{Activity: "Update application", Operation: "Update"}
	if o.sp != nil {
		entry.Activity = "Update service principal"
	}
	switch {
	case c.lookup(o.kind, nil, o.id()) == nil:
		entry.Activity, entry.Operation = map[bool]string{true: "Delete application", false: "Remove service principal"}[o.app != nil], "Delete"
	case !slices.Equal(before, after):
		entry.OldKeys, entry.NewKeys = before, after
		if o.app != nil {
			entry.Activity = "Update application \u2013 Certificates and secrets management " // Microsoft's own dash and blank
		}
	}
	c.note(o, entry)
	return answer
}

// note enters a change of an object by the caller into the audit log.
func (c *call) note(o *object, entry directory.Audit) {
	doc := o.document(false)
	entry.Tenant, entry.Actor, entry.TargetID, entry.TargetType = c.tenant.ID, c.id, o.id(), o.label
	entry.TargetName, _ = doc["displayName"].(string)
	c.s.d.Note(entry)
}

// describedKeys describes the credentials of an object as the audit log does; no value is in it.
func describedKeys(held *directory.Credentials) []string {
	list := []string{}
	for _, p := range held.Passwords {
		list = append(list, fmt.Sprintf("[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=%s]", p.KeyID, p.DisplayName))
	}
	for _, k := range held.Certificates {
		list = append(list, fmt.Sprintf("[KeyIdentifier=%s,KeyType=%s,KeyUsage=%s,DisplayName=%s]", k.KeyID, k.Type, k.Usage, k.DisplayName))
	}
	return list
}

// audits answers the directory's audit log. Source: https://learn.microsoft.com/graph/api/directoryaudit-list, read 2026-11-26.
func (c *call) audits(rest []string) reply {
	options, refused := c.readOptions("microsoft.graph.directoryAudit", c.auditDocument(directory.Audit{}), 1000)
	if refused != nil {
		return *refused
	}
	if c.query.Get("$top") == "" {
		options.top = 1000
	}
	docs := []map[string]any{}
	for _, a := range c.s.d.Audits(c.tenant) {
		doc := c.auditDocument(a)
		if len(rest) == 1 && doc["id"] == rest[0] {
			doc["@odata.context"] = c.context("auditLogs/directoryAudits/$entity")
			return ok(doc)
		}
		docs = append(docs, doc)
	}
	if len(rest) > 0 {
		return notFound(rest[0])
	}
	return c.page("auditLogs/directoryAudits", docs, options)
}

func (c *call) auditDocument(a directory.Audit) map[string]any {
	changed := []any{}
	if a.OldKeys != nil {
		changed = append(changed, map[string]any{"displayName": "KeyDescription", "oldValue": listed(a.OldKeys), "newValue": listed(a.NewKeys)})
	}
	return map[string]any{
		"id": "Directory_" + a.ID, "category": "ApplicationManagement", "correlationId": a.CorrelationID, "result": "success", "resultReason": "",
		"activityDisplayName": a.Activity, "activityDateTime": stamp(a.Time), "loggedByService": "Core Directory", "operationType": a.Operation,
		"initiatedBy": c.initiator(a.Actor), "additionalDetails": []any{},
		"targetResources": []any{map[string]any{
			"id": a.TargetID, "displayName": a.TargetName, "type": a.TargetType, "userPrincipalName": nil, "groupType": nil, "modifiedProperties": changed,
		}},
	}
}

// initiator is who changed something: a person or an app, the other one is null.
func (c *call) initiator(actor directory.Identity) map[string]any {
	if actor.User {
		return map[string]any{"app": nil, "user": map[string]any{
			"id": actor.ObjectID, "userPrincipalName": actor.UserName, "displayName": nil, "ipAddress": "203.0.113.10",
		}}
	}
	app := map[string]any{"appId": nil, "servicePrincipalId": actor.ObjectID, "servicePrincipalName": nil, "displayName": nil}
	if sp := c.tenant.ServicePrincipal(actor.ObjectID); sp != nil {
		app["displayName"] = sp.DisplayName
	}
	return map[string]any{"app": app, "user": nil}
}

// listed writes a list into a text, as the audit log does.
func listed(texts []string) string {
	encoded, err := json.Marshal(texts)
	if err != nil {
		return "[]"
	}
	return string(encoded)
}
