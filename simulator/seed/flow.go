package seed

import "fmt"

// The aliases under which Provision Assist's workflows know their connections.
const (
	aliasVault      = "keyvault"
	aliasAutomation = "azureautomation"
	aliasSharePoint = "sharepointonline"
	aliasOutlook    = "office365"
	aliasUsers      = "office365users"
	aliasTeams      = "teams"
)

// flow is one logic app as the templates deploy it. Source: github.com/pnp/provision-assist-m365, folder
// Source/ARMTemplates/LogicApps (read 2026-11-22); the definitions here are ours and keep only the actions that use a
// connection or a credential.
type flow struct {
	name    string
	trigger map[string]any // by the trigger's name
	aliases []string
	steps   []step
}

// step is one action; it runs after the one before it has succeeded.
type step struct {
	name string
	body map[string]any
}

// flows are the eight logic apps.
func flows(p places) []flow {
	return []flow{
		{"CheckSiteExists", onRequest("siteUrl", "tenantId"), []string{aliasVault}, append(signInByCertificate(p), p.call("Get_site_collection_from_SPO_Tenant"))},
		{"ProcessGuests", onRequest("groupId", "guests"), []string{aliasVault}, append(signInByCertificate(p), p.call("Invite_guests"))},
		{"GetHubSites", weekly(), []string{aliasAutomation, aliasSharePoint, aliasVault}, append(signInByCertificate(p), p.job("Create_job_-_GetHubSites", "GetHubSites"), p.list("Update_hub_sites"))},
		{"GetSiteTemplates", weekly(), []string{aliasAutomation, aliasSharePoint}, []step{p.job("Create_job_-_GetSiteTemplates", "GetSiteTemplates"), p.list("Update_site_templates")}},
		{"GetTeamsTemplates", weekly(), []string{aliasVault, aliasSharePoint}, append(signInByCertificate(p), p.list("Update_teams_templates"))},
		{"SyncGroupSettings", weekly(), []string{aliasVault, aliasSharePoint}, append(signInByCertificate(p), p.list("Update_group_settings"))},
		{"SyncLabels", weekly(), []string{aliasVault, aliasSharePoint}, append(signInByCertificate(p), p.list("Update_labels"))},
		{"ProcessProvisionRequest", p.hourlyList(), []string{aliasAutomation, aliasSharePoint, aliasOutlook, aliasUsers, aliasTeams, aliasVault}, provisionSteps(p)},
	}
}

// provisionSteps are those of ProcessProvisionRequest, the one workflow that uses all connections.
func provisionSteps(p places) []step {
	steps := []step{p.connector("Get_requester_profile", aliasUsers, "get", "/users/v1.0/@{triggerBody()?['Author']}")}
	steps = append(steps, signInByPassword(p)...)
	steps = append(steps,
		p.job("Create_job_-_ConfigureSpace", "ConfigureSpace"),
		p.connector("Post_message", aliasTeams, "post", "/v1.0/teams/conversation/message"),
		p.connector("Send_email", aliasOutlook, "post", "/v2/Mail"),
		p.list("Update_request_status"),
		p.secret("Get_certificate", p.Certificate),
		p.http("Create_group", "Get_Client_ID", "Get_certificate"),
	)
	return steps
}

// signInByCertificate reads the app id and the certificate from the vault; the HTTP call after it signs in with them.
func signInByCertificate(p places) []step {
	return []step{
		p.secret("Get_Client_ID", "appid"),
		p.secret("Get_certificate", p.Certificate),
		p.http("Call_Graph", "Get_Client_ID", "Get_certificate"),
	}
}

// signInByPassword is the label step: the service account's name and password with the app's secret, on the endpoint of
// version 1.
func signInByPassword(p places) []step {
	form := "grant_type=password&resource=" + p.Cloud.Graph() +
		"&client_id=@{encodeURIComponent(body('Get_Client_ID')?['value'])}" +
		"&username=@{encodeURIComponent(body('Get_service_account_username')?['value'])}" +
		"&password=@{encodeURIComponent(body('Get_service_account_password')?['value'])}" +
		"&client_secret=@{encodeURIComponent(body('Get_Client_Secret')?['value'])}"
	return []step{
		p.secret("Get_Client_ID", "appid"),
		p.secret("Get_Client_Secret", "appsecret"),
		p.secret("Get_service_account_username", "sausername"),
		p.secret("Get_service_account_password", "sapassword"),
		{"Get_access_token_for_labels", map[string]any{"type": "Http", "inputs": map[string]any{
			"method": "POST", "uri": p.Cloud.Login() + "/" + p.Tenant + "/oauth2/token",
			"headers": map[string]any{"Content-Type": "application/x-www-form-urlencoded"}, "body": form,
		}}},
	}
}

func onRequest(fields ...string) map[string]any {
	properties := map[string]any{}
	for _, field := range fields {
		properties[field] = map[string]any{"type": "string"}
	}
	return map[string]any{"manual": map[string]any{"type": "Request", "kind": "Http", "inputs": map[string]any{
		"method": "POST", "schema": map[string]any{"type": "object", "properties": properties},
	}}}
}

func weekly() map[string]any {
	return map[string]any{"Recurrence": map[string]any{
		"type": "Recurrence", "recurrence": map[string]any{"frequency": "Week", "interval": 1},
	}}
}

func (p places) hourlyList() map[string]any {
	return map[string]any{"When_an_item_is_created_or_modified": map[string]any{
		"type": "ApiConnection", "recurrence": map[string]any{"frequency": "Hour", "interval": 1},
		"splitOn": "@triggerBody()?['value']",
		"inputs": map[string]any{
			"host": host(aliasSharePoint), "method": "get",
			"path": "/datasets/@{encodeURIComponent(encodeURIComponent('https://contoso." + p.Cloud.SharePointSuffix + "/sites/provisionassist'))}/tables/@{encodeURIComponent(encodeURIComponent('requests'))}/onupdateditems",
		},
	}}
}

func host(alias string) map[string]any {
	return map[string]any{"connection": map[string]any{"name": fmt.Sprintf("@parameters('$connections')['%s']['connectionId']", alias)}}
}

func (p places) connector(name, alias, method, path string) step {
	return step{name, map[string]any{"type": "ApiConnection", "inputs": map[string]any{"host": host(alias), "method": method, "path": path}}}
}

// secret reads a secret of the vault through the connection, its output hidden from the run's history.
func (p places) secret(name, secret string) step {
	s := p.connector(name, aliasVault, "get", fmt.Sprintf("/secrets/@{encodeURIComponent('%s')}/value", secret))
	s.body["runtimeConfiguration"] = map[string]any{"secureData": map[string]any{"properties": []any{"inputs", "outputs"}}}
	return s
}

func (p places) list(name string) step {
	return p.connector(name, aliasSharePoint, "patch", "/datasets/@{encodeURIComponent('https://contoso."+p.Cloud.SharePointSuffix+"/sites/provisionassist')}/tables/@{encodeURIComponent('lists')}/items")
}

// job starts a runbook through the automation connection and waits for it.
func (p places) job(name, runbook string) step {
	path := fmt.Sprintf("/subscriptions/@{encodeURIComponent('%s')}/resourceGroups/@{encodeURIComponent('%s')}/providers/Microsoft.Automation/automationAccounts/@{encodeURIComponent('%s')}/jobs",
		p.Subscription, p.Group, p.Account)
	s := p.connector(name, aliasAutomation, "put", path)
	s.body["inputs"].(map[string]any)["queries"] = map[string]any{"runbookName": runbook, "wait": true, "x-ms-api-version": "2015-10-31"}
	return s
}

// http calls Graph with a token that the runtime gets with the certificate.
func (p places) http(name, appID, certificate string) step {
	return step{name, map[string]any{"type": "Http", "inputs": map[string]any{
		"method": "GET", "uri": p.Cloud.Graph() + "/v1.0/groups?$top=1",
		"authentication": map[string]any{
			"type": "ActiveDirectoryOAuth", "tenant": p.Tenant, "audience": p.Cloud.Graph(),
			"clientId": fmt.Sprintf("@{body('%s')?['value']}", appID), "pfx": fmt.Sprintf("@body('%s')?['value']", certificate), "password": "@null",
		},
	}}}
}

// call is the HTTP action after the one that signs in: it needs no credential of its own.
func (p places) call(name string) step {
	return step{name, map[string]any{"type": "Http", "inputs": map[string]any{
		"method": "GET", "uri": "https://contoso." + p.Cloud.SharePointSuffix + "/_api/web",
	}}}
}

// definition is the workflow definition of the flow.
func (f flow) definition() map[string]any {
	actions := map[string]any{}
	for i, s := range f.steps {
		after := map[string]any{}
		if i > 0 {
			after[f.steps[i-1].name] = []any{"Succeeded"}
		}
		s.body["runAfter"] = after
		actions[s.name] = s.body
	}
	return map[string]any{
		"$schema":        "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
		"contentVersion": "1.0.0.0",
		"parameters":     map[string]any{"$connections": map[string]any{"defaultValue": map[string]any{}, "type": "Object"}},
		"triggers":       f.trigger,
		"actions":        actions,
		"outputs":        map[string]any{},
	}
}
