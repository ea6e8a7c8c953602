package seed

import "keyturn/simulator/world"

// places are the names and ids of a deployment.
type places struct {
	Cloud                world.Cloud
	Tenant, Domain       string
	Subscription, Group  string
	Location             string
	Vault, Certificate   string
	Account              string // the Automation account's name
	VaultConnection      string
	AutomationConnection string
}

func newPlaces(w *world.World) places {
	return places{
		Cloud: w.Cloud(), Tenant: w.NewID(), Domain: "contoso." + w.Cloud().InitialSuffix, Subscription: w.NewID(),
		Group: "rg-provisionassist", Location: "westeurope",
		Vault: "kv-provassist", Certificate: "provisionassist-cert", Account: "provisionassist-auto",
		VaultConnection: "provisionassist-kv", AutomationConnection: "provisionassist-automation",
	}
}

func (p places) group() string {
	return "/subscriptions/" + p.Subscription + "/resourceGroups/" + p.Group
}

// resource is the id of a resource in the group, kind being provider and type.
func (p places) resource(kind, name string) string {
	return p.group() + "/providers/" + kind + "/" + name
}

func (p places) connection(name string) string { return p.resource("Microsoft.Web/connections", name) }

func (p places) workflow(name string) string { return p.resource("Microsoft.Logic/workflows", name) }

func (p places) vault() string { return p.resource("Microsoft.KeyVault/vaults", p.Vault) }

func (p places) account() string {
	return p.resource("Microsoft.Automation/automationAccounts", p.Account)
}

// managedAPI is the id of a connector as the template writes it; some of its ids lack the leading slash.
func (p places) managedAPI(name string, slash bool) string {
	id := "subscriptions/" + p.Subscription + "/providers/Microsoft.Web/locations/" + p.Location + "/managedApis/" + name
	if slash {
		return "/" + id
	}
	return id
}
