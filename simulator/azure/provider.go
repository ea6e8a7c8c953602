package azure

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// namespaces are the resource providers that the simulated cloud knows, with the types it names in their listing.
func namespaces() map[string][]string {
	return map[string][]string{
		"Microsoft.Web":           {"connections", "locations/managedApis", "sites", "serverfarms", "customApis", "connectionGateways"},
		"Microsoft.Logic":         {"workflows", "integrationAccounts"},
		"Microsoft.Automation":    {"automationAccounts", "automationAccounts/runbooks"},
		"Microsoft.KeyVault":      {"vaults", "vaults/secrets", "vaults/accessPolicies"},
		"Microsoft.Authorization": {"roleAssignments", "roleDefinitions", "locks", "permissions", "policyAssignments"},
		"Microsoft.Resources":     {"subscriptions", "resourceGroups", "deployments", "tags"},
		"Microsoft.ResourceGraph": {"resources"},
		"Microsoft.Storage":       {"storageAccounts"},
		"Microsoft.Insights":      {"components", "actionGroups"},
		"Microsoft.Compute":       {"virtualMachines"},
		"Microsoft.Network":       {"virtualNetworks"},
		"Microsoft.ManagedIdentity": {
			"userAssignedIdentities",
		},
		"Microsoft.AppConfiguration": {"configurationStores"},
		"Microsoft.App":              {"containerApps"},
	}
}

func knownNamespace(name string) bool {
	for known := range namespaces() {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}

func (c *call) listProviders() answer {
	all := []any{}
	known := namespaces()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		all = append(all, c.providerBody(name, known[name]))
	}
	return list(all)
}

// providerName is the namespace that the path asks about: /providers/NS below a subscription.
func (c *call) providerName() (string, []string) {
	for name, types := range namespaces() {
		if strings.EqualFold(name, c.at.last().namespace) {
			return name, types
		}
	}
	return "", nil
}

func (c *call) getProvider() answer {
	name, types := c.providerName()
	if name == "" {
		return fail(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", c.at.last().namespace)
	}
	return ok(c.providerBody(name, types))
}

func (c *call) registerProvider() answer { return c.getProvider() }

func (c *call) providerBody(namespace string, types []string) map[string]any {
	id := "/providers/" + namespace
	if c.sub != nil {
		id = "/subscriptions/" + c.sub.ID + id
	}
	listed := []any{}
	for _, t := range types {
		listed = append(listed, map[string]any{"resourceType": t, "locations": locationNames(), "apiVersions": apiVersionsOf(namespace + "/" + t), "capabilities": "None"})
	}
	return map[string]any{"id": id, "namespace": namespace, "resourceTypes": listed, "registrationState": "Registered", "registrationPolicy": "RegistrationRequired"}
}

// apiVersionsOf lists a type's versions, newest first, as tools expect that choose one by themselves.
func apiVersionsOf(resourceType string) []string {
	for _, v := range typeVersions() {
		if strings.HasPrefix(resourceType, v.resourceType) {
			newest := slices.Clone(v.known)
			slices.Reverse(newest)
			return newest
		}
	}
	return []string{"2024-03-01", "2022-09-01", "2021-04-01", "2020-06-01", "2019-10-01", "2018-05-01"}
}
