package seed

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/pfx"
	"keyturn/simulator/vault"
)

// plantVault makes the vault as the template does: access policies, and secrets without dates, tags or content type.
func (s *planter) plantVault() error {
	policies := append(s.templatePolicies(), vault.AccessPolicy{
		Tenant: s.places.Tenant, ObjectID: s.admin.ServicePrincipal.ObjectID, Secrets: []string{"get", "list", "set"},
	})
	s.v.AddVault(vault.VaultSpec{
		Name: s.places.Vault, Tenant: s.places.Tenant, Location: s.places.Location, ResourceID: s.places.vault(), AccessPolicies: policies,
	}).Created = s.secret.Start
	deployed := vault.SecretSpec{Created: s.secret.Start.Add(4 * time.Minute)}
	for _, one := range [][2]string{
		{"appid", s.app.AppID}, {"appSecret", s.secret.Value}, {"sausername", s.service.Name}, {"sapassword", s.service.Password},
	} {
		s.v.SetSecret(s.places.Vault, one[0], one[1], deployed)
	}
	end := s.now.Add(s.variant.certificateLeft)
	start := end.AddDate(-1, 0, 0)
	key, err := sampleKey()
	if err != nil {
		return fmt.Errorf("make the certificate's key: %w", err)
	}
	made, err := consumer.PutCertificate(s.v, s.places.Vault, s.places.Certificate, key, start, end)
	if err != nil {
		return fmt.Errorf("store certificate: %w", err)
	}
	s.register(made, start, end)
	return nil
}

// sampleKey is the key of the certificate that every planting begins with: making one takes longer than all the rest.
var sampleKey = sync.OnceValues(pfx.NewKey)

// templatePolicies are the access policies that the template writes; nobody gets the right to set secrets.
func (s *planter) templatePolicies() []vault.AccessPolicy {
	return []vault.AccessPolicy{
		{Tenant: s.places.Tenant, ObjectID: s.app.ServicePrincipal.ObjectID, Keys: []string{"get"}, Secrets: []string{"get", "list"}},
		{Tenant: s.places.Tenant, ObjectID: s.installer.ObjectID, Certificates: []string{"create", "get"}},
	}
}

func (s *planter) plantAzure() {
	s.a.AddSubscription(s.places.Subscription, "Contoso Production", s.places.Tenant)
	s.a.AddGroup(s.places.Subscription, s.places.Group, s.places.Location)
	s.plantAccount()
	for _, c := range s.connections() {
		s.a.AddResource(c)
	}
	for _, f := range flows(s.places) {
		s.a.AddResource(s.workflow(f))
	}
	s.a.AddRoleAssignment(s.admin.ServicePrincipal.ObjectID, "Contributor", s.places.group())
}

// plantAccount makes the Automation account with its variables and runbooks.
func (s *planter) plantAccount() {
	s.a.AddResource(azure.Resource{
		ID: s.places.account(), Location: s.places.Location, Created: s.secret.Start,
		Identity:   map[string]any{"type": "SystemAssigned", "principalId": s.w.NewID(), "tenantId": s.places.Tenant},
		Properties: map[string]any{"sku": map[string]any{"name": "Free"}, "state": "Ok", "publicNetworkAccess": true},
	})
	s.setVariable("tenantId", s.places.Tenant, false)
	s.setVariable("logoUrl", "https://contoso."+s.places.Cloud.SharePointSuffix+"/sites/provisionassist/SiteAssets/logo.png", false)
	if s.variant.variable {
		s.setVariable("appClientId", s.app.AppID, false)
		s.setVariable("appSecret", s.secret.Value, true)
	}
	for _, name := range runbooks() {
		s.a.AddResource(azure.Resource{
			ID: s.places.account() + "/runbooks/" + name, Location: s.places.Location, Created: s.secret.Start,
			Properties: map[string]any{"runbookType": "PowerShell72", "state": "Published", "logVerbose": false, "logProgress": false},
		})
	}
	for _, role := range []string{"Automation Job Operator", "Automation Runbook Operator"} {
		s.a.AddRoleAssignment(s.app.ServicePrincipal.ObjectID, role, s.places.account())
	}
}

func runbooks() []string { return []string{"ConfigureSpace", "GetHubSites", "GetSiteTemplates"} }

// setVariable writes a text the way the template does: as a JSON document.
func (s *planter) setVariable(name, text string, encrypted bool) {
	document, err := json.Marshal(text)
	if err != nil {
		panic("seed: a text does not encode: " + err.Error()) // texts always do
	}
	made := s.a.SetVariable(s.places.account(), name, string(document), encrypted)
	made.Created, made.Changed = s.secret.Start, s.secret.Start
}

// connections are the six API connections; two of them hold the secret.
func (s *planter) connections() []azure.Resource {
	all := []azure.Resource{
		s.consented("provisionassist-spo", "Provision Assist - SharePoint Online", aliasSharePoint, true),
		s.consented("provisionassist-o365", "Provision Assist - Office 365 Outlook", aliasOutlook, true),
		s.consented("provisionassist-o365users", "Provision Assist - Office 365 Users", aliasUsers, true),
		s.consented("provisionassist-teams", "Provision Assist - Microsoft Teams", aliasTeams, false),
	}
	automation := s.connection(s.places.AutomationConnection, "Provision Assist - Azure Automation", aliasAutomation, false)
	automation.Properties["parameterValues"] = s.principal()
	held := s.connection(s.places.VaultConnection, "Provision Assist - Key Vault", aliasVault, false)
	held.Properties["parameterValues"] = s.principal()
	held.Properties["parameterValues"].(map[string]any)["vaultName"] = s.places.Vault
	return append(all, automation, held)
}

// principal are the parameters of a connection that signs in as the app.
func (s *planter) principal() map[string]any {
	return map[string]any{
		"token:clientId": s.app.AppID, "token:clientSecret": s.secret.Value,
		"token:TenantId": s.places.Tenant, "token:grantType": "client_credentials",
	}
}

// consented is a connection that the service account has signed in to.
func (s *planter) consented(name, title, api string, slash bool) azure.Resource {
	r := s.connection(name, title, api, slash)
	r.Properties["customParameterValues"] = map[string]any{}
	r.Properties["authenticatedUser"] = map[string]any{"name": s.service.Name}
	return r
}

func (s *planter) connection(name, title, api string, slash bool) azure.Resource {
	return azure.Resource{
		ID: s.places.connection(name), Kind: "V1", Location: s.places.Location, Created: s.secret.Start,
		Properties: map[string]any{"displayName": title, "api": map[string]any{"id": s.places.managedAPI(api, slash)}},
	}
}

// connectionNames are the connections by the alias that the workflows know them under.
func (s *planter) connectionNames() map[string]string {
	return map[string]string{
		aliasSharePoint: "provisionassist-spo", aliasOutlook: "provisionassist-o365", aliasUsers: "provisionassist-o365users",
		aliasTeams: "provisionassist-teams", aliasAutomation: s.places.AutomationConnection, aliasVault: s.places.VaultConnection,
	}
}

func (s *planter) workflow(f flow) azure.Resource {
	connections := map[string]any{}
	for _, alias := range f.aliases {
		name := s.connectionNames()[alias]
		connections[alias] = map[string]any{
			"connectionId": s.places.connection(name), "connectionName": name, "id": s.places.managedAPI(alias, true),
		}
	}
	return azure.Resource{
		ID: s.places.workflow(f.name), Location: s.places.Location, Created: s.secret.Start,
		Properties: map[string]any{
			"state": "Enabled", "definition": f.definition(),
			"parameters": map[string]any{"$connections": map[string]any{"value": connections}},
		},
	}
}

// plantConsumers brings the deployment to life: connectors, runbooks, workflows, and the stranger where there is one.
func (s *planter) plantConsumers() error {
	s.p.Deploy(consumer.Deployment{
		Tenant: s.places.Tenant, ClientID: s.app.AppID, Vault: s.places.Vault, Secret: "appSecret", Certificate: s.places.Certificate,
		Connections: []string{s.places.connection(s.places.VaultConnection), s.places.connection(s.places.AutomationConnection)},
		Account:     s.places.account(), Value: s.secret.Value, Policies: s.templatePolicies(), ServiceAccount: s.service.Name,
	})
	s.p.AddConnector(s.places.connection(s.places.VaultConnection), s.places.Cloud.Vault())
	s.p.AddConnector(s.places.connection(s.places.AutomationConnection), s.places.Cloud.ARM()+"/")
	for _, name := range runbooks() {
		s.p.AddRunbook(consumer.RunbookSpec{
			Account: s.places.account(), Name: name, Tenant: s.places.Tenant, Resource: directory.GraphAppID,
		})
	}
	for _, f := range flows(s.places) {
		s.p.AddWorkflow(s.places.workflow(f.name))
	}
	s.plantHistory()
	s.p.RunAll()
	if s.variant.stranger {
		return s.w.SetSwitch(consumer.SwitchUndiscovered, "on")
	}
	return nil
}
