package graph

import "strings"

// routeTenants answers which tenant an id or a domain is, of all that there are. Source:
// https://learn.microsoft.com/graph/api/tenantrelationship-findtenantinformationbytenantid and its neighbour, read 2026-11-26.
func (c *call) routeTenants(rest []string) reply {
	if len(rest) != 1 {
		return c.noSegment("tenantRelationships")
	}
	name, key := splitKey(strings.TrimPrefix(rest[0], "microsoft.graph."))
	wanted := map[string]string{"findtenantinformationbytenantid": "tenantId", "findtenantinformationbydomainname": "domainName"}[strings.ToLower(name)]
	if wanted == "" || key == nil || !strings.EqualFold(key.name, wanted) {
		return c.noSegment(rest[0])
	}
	return c.reading(c.mayFindTenants(), func() reply {
		t := c.s.d.Tenant(key.value)
		if t == nil || (wanted == "tenantId") != strings.EqualFold(t.ID, key.value) {
			return notFound(key.value)
		}
		return ok(map[string]any{
			"@odata.context": c.context("microsoft.graph.tenantInformation"), "tenantId": t.ID, "displayName": t.DisplayName,
			"defaultDomainName": t.Domain, "federationBrandName": nil,
		})
	})
}

func (c *call) mayFindTenants() bool {
	const needed = "CrossTenantInformation.ReadBasic.All"
	if c.id.User {
		return c.scoped(needed)
	}
	return c.may(needed)
}
