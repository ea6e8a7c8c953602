package graph

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"keyturn/problem"
)

// MyRoles returns the templates of the directory roles that are active for the person signed in, through groups too. A
// sign-in that may not read roles sees that they are there and not which: that is problem.Denied.
// Source: https://learn.microsoft.com/graph/api/user-list-transitivememberof (read 2026-11-25).
func (c *Client) MyRoles(ctx context.Context) ([]string, error) {
	const subject = "the directory roles of the person signed in"
	found, err := all(list[struct {
		Template *string `json:"roleTemplateId"`
	}](ctx, c, "/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=id,roleTemplateId", subject))
	if err != nil {
		return nil, err
	}
	var templates []string
	for _, role := range found {
		if role.Template == nil {
			return nil, problem.NeedsPerson(problem.Denied, subject, "the sign-in may not read which they are",
				"consent to RoleManagement.Read.Directory for the app that people sign in through")
		}
		templates = append(templates, *role.Template)
	}
	return templates, nil
}

// MyEligibleRoles returns the templates of the roles that the person signed in could activate for the whole directory.
// Needs RoleManagement.Read.Directory, and Entra ID P2.
// Source: https://learn.microsoft.com/graph/api/unifiedroleeligibilityscheduleinstance-filterbycurrentuser (read 2026-11-25).
func (c *Client) MyEligibleRoles(ctx context.Context) ([]string, error) {
	found, err := all(list[struct {
		Role  string `json:"roleDefinitionId"`
		Scope string `json:"directoryScopeId"`
	}](ctx, c, "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')",
		"the roles that the person signed in could activate"))
	var templates []string
	for _, role := range found {
		if role.Scope == "/" || role.Scope == "" {
			templates = append(templates, role.Role) // the definitions of built-in roles have the ids of their templates
		}
	}
	return templates, err
}

// InitialDomain returns the tenant's first domain, the one that ends in .onmicrosoft.com or its like; "" where the tenant
// shows none.
// Source: https://learn.microsoft.com/graph/api/organization-list (read 2026-11-25).
func (c *Client) InitialDomain(ctx context.Context) (string, error) {
	found, err := all(list[struct {
		Domains []struct {
			Name    string `json:"name"`
			Initial bool   `json:"isInitial"`
		} `json:"verifiedDomains"`
	}](ctx, c, "/v1.0/organization?$select=id,verifiedDomains", "the tenant's domains"))
	for _, organization := range found {
		for _, domain := range organization.Domains {
			if domain.Initial {
				return strings.ToLower(domain.Name), err
			}
		}
	}
	return "", err
}

// AccessPolicyName returns the name of a Conditional Access policy. Needs Policy.Read.All.
// Source: https://learn.microsoft.com/graph/api/conditionalaccesspolicy-get (read 2026-11-25).
func (c *Client) AccessPolicyName(ctx context.Context, id string) (string, error) {
	var found struct {
		Name string `json:"displayName"`
	}
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v1.0/identity/conditionalAccess/policies/" + url.PathEscape(id) + "?$select=id,displayName",
		subject: "Conditional Access policy " + id,
	}, &found)
	return found.Name, err
}
