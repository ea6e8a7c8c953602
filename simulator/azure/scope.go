package azure

import (
	"net/http"
	"strings"

	"keyturn/simulator/azure/role"
)

func (s *Service) scopeRoutes() []entry {
	return []entry{
		{"GET tenants", (*call).listTenants},
		{"GET subscriptions", (*call).listSubscriptions},
		{"GET subscriptions/*", (*call).getSubscription},
		{"GET subscriptions/locations", (*call).listLocations},
		{"GET subscriptions/resources", (*call).listResources},
		{"GET resourcegroups", (*call).listGroups},
		{"GET resourcegroups/*", (*call).getGroup},
		{"PUT resourcegroups/*", (*call).putGroup},
		{"PATCH resourcegroups/*", (*call).patchGroup},
		{"DELETE resourcegroups/*", (*call).deleteGroup},
		{"GET resourcegroups/resources", (*call).listResources},
		{"GET subscriptions/providers", (*call).listProviders},
		{"GET subscriptions/providers/*", (*call).getProvider},
		{"POST subscriptions/providers/register", (*call).registerProvider},
		{"GET providers", (*call).listProviders},
		{"POST Microsoft.ResourceGraph/resources", (*call).queryGraph},
	}
}

func (c *call) listTenants() answer {
	t := c.s.d.Tenant(c.id.Tenant)
	if t == nil {
		return list([]any{})
	}
	return list([]any{map[string]any{
		"id": "/tenants/" + t.ID, "tenantId": t.ID, "countryCode": "DE", "displayName": t.DisplayName, "domains": []string{t.Domain},
		"tenantCategory": "Home", "defaultDomain": t.Domain, "tenantType": "AAD",
	}})
}

func (c *call) listSubscriptions() answer {
	seen := []any{}
	for _, sub := range c.s.subscriptions {
		if strings.EqualFold(sub.Tenant, c.id.Tenant) && c.s.roles.Touches(c.id.ObjectID, "/subscriptions/"+sub.ID, c.now) {
			seen = append(seen, subscriptionBody(sub))
		}
	}
	return ok(map[string]any{"value": seen, "count": map[string]any{"type": "Total", "value": len(seen)}})
}

func (c *call) getSubscription() answer {
	scope := "/subscriptions/" + c.sub.ID
	if !c.s.roles.Touches(c.id.ObjectID, scope, c.now) {
		return c.authorizationFailed("Microsoft.Resources/subscriptions/read", scope)
	}
	return ok(subscriptionBody(c.sub))
}

func subscriptionBody(sub *Subscription) map[string]any {
	return map[string]any{
		"id": "/subscriptions/" + sub.ID, "authorizationSource": "RoleBased", "managedByTenants": []any{}, "subscriptionId": sub.ID, "tenantId": sub.Tenant,
		"displayName": sub.Name, "state": "Enabled",
		"subscriptionPolicies": map[string]any{"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
	}
}

func (c *call) listLocations() answer {
	if refused := c.touched(); refused != nil {
		return *refused
	}
	all := []any{}
	for _, name := range locationNames() {
		all = append(all, map[string]any{
			"id": "/subscriptions/" + c.sub.ID + "/locations/" + name, "name": name, "type": "Region", "displayName": name, "regionalDisplayName": name,
			"metadata": map[string]any{"regionType": "Physical", "regionCategory": "Recommended"},
		})
	}
	return list(all)
}

// touched refuses callers who hold no role anywhere in the subscription.
func (c *call) touched() *answer {
	scope := "/subscriptions/" + c.sub.ID
	if c.s.roles.Touches(c.id.ObjectID, scope, c.now) {
		return nil
	}
	a := c.authorizationFailed("Microsoft.Resources/subscriptions/resources/read", scope)
	return &a
}

func (c *call) listGroups() answer {
	if refused := c.touched(); refused != nil {
		return *refused
	}
	keep, refused := c.filter()
	if refused != nil {
		return *refused
	}
	seen := []any{}
	for _, g := range c.sub.Groups {
		fields := map[string]any{"name": g.Name, "location": g.Location, "tags": g.Tags}
		if c.s.roles.Touches(c.id.ObjectID, groupID(c.sub.ID, g.Name), c.now) && keep(fields) {
			seen = append(seen, c.groupBody(g))
		}
	}
	return c.page(seen)
}

func (c *call) groupBody(g *Group) map[string]any {
	body := map[string]any{
		"id": groupID(c.sub.ID, g.Name), "name": g.Name, "type": "Microsoft.Resources/resourceGroups", "location": g.Location,
		"properties": map[string]any{"provisioningState": "Succeeded"},
	}
	if g.Tags != nil {
		body["tags"] = g.Tags
	}
	return body
}

func (c *call) getGroup() answer {
	if c.group == nil {
		return fail(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", c.at.group)
	}
	return ok(c.groupBody(c.group))
}

// groupWrite is the body of PUT and PATCH on a group.
type groupWrite struct {
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags"`
}

func (c *call) putGroup() answer {
	var in groupWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	if in.Location == "" {
		return fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	}
	if c.group != nil {
		if !strings.EqualFold(c.group.Location, in.Location) {
			return fail(http.StatusConflict, "InvalidResourceGroupLocation", "Invalid resource group location '%s'. The Resource group already exists in location '%s'.", in.Location, c.group.Location)
		}
		c.group.Tags = in.Tags
		return ok(c.groupBody(c.group))
	}
	g := c.s.AddGroup(c.sub.ID, c.at.group, in.Location)
	g.Tags = in.Tags
	return created(c.groupBody(g))
}

func (c *call) patchGroup() answer {
	var in groupWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	if c.group == nil {
		return c.getGroup()
	}
	if in.Tags != nil {
		c.group.Tags = in.Tags
	}
	return ok(c.groupBody(c.group))
}

func (c *call) deleteGroup() answer {
	if c.group == nil {
		return c.getGroup()
	}
	scope := groupID(c.sub.ID, c.group.Name)
	for _, r := range c.s.Resources("") {
		if role.Covers(scope, r.ID) {
			c.s.RemoveResource(r.ID)
		}
	}
	for _, v := range c.s.v.Vaults() {
		if role.Covers(scope, v.ResourceID) {
			c.s.v.RemoveVault(v.Name)
		}
	}
	for i, g := range c.sub.Groups {
		if g == c.group {
			c.sub.Groups = append(c.sub.Groups[:i:i], c.sub.Groups[i+1:]...)
			break
		}
	}
	return empty(http.StatusOK)
}
