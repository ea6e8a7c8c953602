package graph

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// routePolicies serves the app management policies. Source:
// https://learn.microsoft.com/graph/api/resources/appmanagementpolicy, read 2026-11-22.
func (c *call) routePolicies(rest []string) reply {
	if len(rest) == 0 {
		return c.noSegment("policies")
	}
	switch strings.ToLower(rest[0]) {
	case "defaultappmanagementpolicy":
		return c.reading(c.mayReadPolicies(), func() reply {
			doc := policyDocument(c.tenant.DefaultPolicy, true)
			doc["@odata.context"] = c.context("policies/defaultAppManagementPolicy/$entity")
			return ok(doc)
		})
	case "identitysecuritydefaultsenforcementpolicy":
		return c.reading(c.may("Policy.Read.All"), func() reply {
			return ok(map[string]any{
				"@odata.context": c.context("policies/identitySecurityDefaultsEnforcementPolicy/$entity"), "id": "00000000-0000-0000-0000-000000000005",
				"displayName": "Security Defaults", "isEnabled": c.s.w.Switch(directory.SwitchSecurityDefaults) != "",
			})
		})
	case "appmanagementpolicies":
		return c.reading(c.mayReadPolicies(), func() reply { return c.listPolicies(rest[1:]) })
	}
	return c.noSegment(rest[0])
}

// reading runs a GET for callers that may.
func (c *call) reading(allowed bool, run func() reply) reply {
	if c.method != http.MethodGet {
		c.unknown = true
		return notAllowed()
	}
	if !allowed {
		return denied()
	}
	return run()
}

func (c *call) listPolicies(rest []string) reply {
	list := []any{}
	for _, p := range c.tenant.Policies {
		if len(rest) == 1 && strings.EqualFold(p.ID, rest[0]) {
			doc := policyDocument(p, false)
			doc["@odata.context"] = c.context("policies/appManagementPolicies/$entity")
			return ok(doc)
		}
		list = append(list, policyDocument(p, false))
	}
	if len(rest) > 0 {
		return notFound(rest[0])
	}
	return ok(c.collection("policies/appManagementPolicies", list))
}

// assignedPolicies serves the policies of one object: there is at most one, in place of the tenant's default.
func (c *call) assignedPolicies(o *object, rest []string) reply {
	return c.reading(c.mayReadPolicies() && len(rest) == 0, func() reply {
		list := []any{}
		for _, p := range c.tenant.Policies {
			if p.ID == *o.policyID() {
				list = append(list, policyDocument(p, false))
			}
		}
		return ok(c.collection("appManagementPolicies", list))
	})
}

// policyDocument renders a policy; the tenant's default has restrictions for apps and for service principals apart.
func policyDocument(p *directory.Policy, isDefault bool) map[string]any {
	restrictions := []any{}
	for _, r := range p.Passwords {
		restrictions = append(restrictions, restrictionDocument(r))
	}
	both := map[string]any{"passwordCredentials": restrictions, "keyCredentials": []any{}}
	doc := map[string]any{"id": p.ID, "displayName": p.DisplayName, "description": p.Description, "isEnabled": p.Enabled}
	if isDefault {
		doc["applicationRestrictions"], doc["servicePrincipalRestrictions"] = both, both
	} else {
		doc["restrictions"] = both
	}
	return doc
}

func restrictionDocument(r directory.PasswordRestriction) map[string]any {
	doc := map[string]any{
		"restrictionType": r.Kind, "maxLifetime": nil, "state": "enabled", "restrictForAppsCreatedAfterDateTime": stamp(r.CreatedAfter),
	}
	if r.Disabled {
		doc["state"] = "disabled"
	}
	if r.MaxLifetime > 0 {
		doc["maxLifetime"] = period(r.MaxLifetime)
	}
	return doc
}

// period writes a duration in ISO 8601, whole days as days.
func period(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("P%dD", d/(24*time.Hour))
	}
	return fmt.Sprintf("PT%dS", int(d.Seconds()))
}
