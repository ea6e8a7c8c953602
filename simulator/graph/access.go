package graph

import (
	"strings"

	"keyturn/simulator/directory"
)

// routeIdentity serves the policies of Conditional Access. Source:
// https://learn.microsoft.com/graph/api/conditionalaccessroot-list-policies, read 2026-11-25.
func (c *call) routeIdentity(rest []string) reply {
	if len(rest) < 2 || !strings.EqualFold(rest[0], "conditionalAccess") || !strings.EqualFold(rest[1], "policies") {
		return c.noSegment("identity")
	}
	return c.reading(c.may("Policy.Read.All", "Policy.Read.ConditionalAccess", "Policy.ReadWrite.ConditionalAccess"), func() reply {
		docs := []map[string]any{}
		for _, p := range c.s.d.AccessPoliciesOf(c.tenant) {
			doc := accessDocument(p)
			if len(rest) == 3 && strings.EqualFold(p.ID, rest[2]) {
				doc["@odata.context"] = c.context("identity/conditionalAccess/policies/$entity")
				return ok(doc)
			}
			docs = append(docs, doc)
		}
		if len(rest) > 2 {
			return notFound(rest[2])
		}
		options, refused := c.readOptions("microsoft.graph.conditionalAccessPolicy", accessDocument(&directory.AccessPolicy{}), largestPage)
		if refused != nil {
			return *refused
		}
		return c.page("identity/conditionalAccess/policies", docs, options)
	})
}

// accessDocument renders a policy; each of the simulated ones blocks.
func accessDocument(p *directory.AccessPolicy) map[string]any {
	conditions := map[string]any{
		"clientAppTypes": []any{"all"}, "signInRiskLevels": []any{}, "userRiskLevels": []any{}, "platforms": nil, "locations": nil,
		"devices": nil, "clientApplications": nil, "authenticationFlows": nil,
		"applications": map[string]any{"includeApplications": listOr(p.Apps, "All"), "excludeApplications": []any{}},
		"users": map[string]any{
			"includeUsers": listOr(p.Users, "All"), "excludeUsers": []any{}, "includeGroups": []any{}, "excludeGroups": []any{},
			"includeRoles": []any{}, "excludeRoles": []any{},
		},
	}
	if p.Device {
		conditions["authenticationFlows"] = map[string]any{"transferMethods": "deviceCodeFlow"}
	}
	if p.Workload {
		conditions["users"] = map[string]any{"includeUsers": []any{"None"}}
		conditions["clientApplications"] = map[string]any{"includeServicePrincipals": listOr(p.Apps, "ServicePrincipalsInMyTenant")}
	}
	return map[string]any{
		"id": p.ID, "displayName": p.DisplayName, "state": "enabled", "createdDateTime": nil, "modifiedDateTime": nil, "templateId": nil,
		"conditions": conditions, "sessionControls": nil,
		"grantControls": map[string]any{"operator": "OR", "builtInControls": []any{"block"}, "customAuthenticationFactors": []any{}, "termsOfUse": []any{}},
	}
}

func listOr(ids []string, all string) []any {
	if len(ids) == 0 {
		return []any{all}
	}
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		list = append(list, id)
	}
	return list
}
