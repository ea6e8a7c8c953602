package advice

import (
	"fmt"
	"slices"
	"strings"

	"keyturn/credential"
	"keyturn/inventory"
)

// AppCase is what is known of an app registration.
type AppCase struct {
	App       credential.App
	Findings  []inventory.Finding // places that hold its secret, or may
	Notes     []string            // what couldn't be looked at
	Federated int                 // federated credentials that it has already
}

// ForApp says of each place what it could use instead of the secret, and what is left to do then.
func ForApp(c AppCase) Advice {
	a := Advice{App: c.App.Name, ClientID: c.App.ClientID, Kind: KindApp, Facts: c.facts()}
	for _, f := range c.Findings {
		a.Steps = append(a.Steps, stepsFor(f, c.App)...)
	}
	replaced := len(a.Steps)
	a.Steps = append(a.Steps, others(c), last(c))
	switch {
	case len(c.Findings) == 0:
		a.Verdict = "No place was found that holds its secret. If none is left anywhere, the secret can go."
	case replaced < len(c.Findings):
		a.Verdict = fmt.Sprintf("Of the %d places found, %d can do without the secret. Until all can, keep it renewed.", len(c.Findings), replaced)
	default:
		a.Verdict = fmt.Sprintf("No: each of the %d places found can do without it. Change them one by one; the secret keeps working meanwhile.", len(c.Findings))
	}
	return a
}

func (c AppCase) facts() []string {
	var facts []string
	for _, p := range c.App.Passwords() {
		name := "secret " + p.KeyID
		if p.DisplayName != "" {
			name += " (" + p.DisplayName + ")"
		}
		facts = append(facts, name+" ends on "+p.End.Format("2 Jan 2006"))
	}
	facts = append(facts, "it has "+count(len(c.App.Certificates()), "certificate")+" and "+count(c.Federated, "federated credential"))
	for _, f := range c.Findings {
		facts = append(facts, fmt.Sprintf("%s %s: %s", f.Kind, f.Title, f.Why))
	}
	return append(facts, c.Notes...)
}

// stepsFor says what one place can use instead.
func stepsFor(f inventory.Finding, app credential.App) []Step {
	switch f.Kind {
	case inventory.KindConnection:
		return connection(f)
	case inventory.KindVariable:
		return []Step{runbook(f)}
	case inventory.KindVault:
		return []Step{vaultSecret(f, app)}
	}
	return nil
}

// withIdentity are connectors that can sign in with the logic app's managed identity.
// Source: https://learn.microsoft.com/azure/logic-apps/authenticate-with-managed-identity (read 2026-11-25).
var withIdentity = map[string]string{
	"keyvault": "Key Vault Secrets User on the vault (or, with access policies, the secret permissions Get and List)", "azureautomation": "Automation Operator on the account",
}

func connection(f inventory.Finding) []Step {
	role, known := withIdentity[f.API]
	if !known {
		return nil
	}
	consumers := names(f.Consumers)
	changes := []string{
		"Switch on the system-assigned identity of " + consumers + ".",
		"Give each of them " + role + ".",
		"Make a second connection of the same kind that signs in with the managed identity, so that the first goes on working meanwhile.",
		"In " + consumers + ", point $connections to it, with connectionProperties: { authentication: { type: ManagedServiceIdentity } }.",
		"Run each once. Then take the old connection out of keyturn.yaml, and delete it.",
	}
	return []Step{{
		Title: "Connection " + f.Title + ": the logic app's managed identity", Place: f.Resource, Changes: changes,
		Why:   "A managed identity has no secret that could end. The connection then belongs to no app registration.",
		Shell: "sh", Script: connectionScript(f),
	}}
}

// connectionScript makes the second connection beside the first.
func connectionScript(f inventory.Finding) string {
	vault := f.Block.Text("parameters", "vaultName")
	values := "{}"
	if f.API == "keyvault" {
		if vault == "" {
			vault = "VAULT"
		}
		values = fmt.Sprintf(`{\"vaultName\":\"%s\"}`, vault)
	}
	id := strings.TrimRight(f.Resource, "/")
	lines := []string{
		"old=" + sh(id),
		`location=$(az resource show --ids "$old" --api-version 2016-06-01 --query location --output tsv)`,
		`api=$(az resource show --ids "$old" --api-version 2016-06-01 --query properties.api.id --output tsv)`,
	}
	for _, consumer := range f.Consumers {
		lines = append(lines, "az resource update --ids "+sh(consumer.Resource)+" --set identity.type=SystemAssigned --query identity.principalId --output tsv")
	}
	return strings.Join(append(lines,
		`az rest --method PUT --url "$old-mi?api-version=2018-07-01-preview" --body "{\"kind\":\"V1\",\"location\":\"$location\",\"properties\":{\"api\":{\"id\":\"$api\"},`+
			`\"displayName\":\"`+strings.NewReplacer(`"`, "", `\`, "", "$", "", "`", "").Replace(f.Title)+` (managed identity)\",\"parameterValueType\":\"Alternative\",\"alternativeParameterValues\":`+values+`}}"`), "\n")
}

func runbook(f inventory.Finding) Step {
	return Step{
		Title: "Variable " + f.Title + ": the Automation account's managed identity", Place: f.Resource,
		Why: "A runbook signs in as the account itself, and reads no secret.",
		Changes: []string{
			"Switch on the account's system-assigned identity, and give it the app's permissions: New-MgServicePrincipalAppRoleAssignment for Graph and SharePoint, roles for Azure.",
			"In the runbooks, replace the sign-in with the variable by Connect-AzAccount -Identity, Connect-MgGraph -Identity or Connect-PnPOnline -ManagedIdentity.",
			"Run each once. Then take the variable out of keyturn.yaml, and delete it.",
		},
	}
}

// vaultSecret: whoever reads it signs in as the app, so that it is the reader who has to change.
func vaultSecret(f inventory.Finding, app credential.App) Step {
	readers := "whoever reads it"
	if len(f.Consumers) > 0 {
		readers = names(f.Consumers)
	}
	changes := []string{
		"In HTTP actions of " + readers + ", choose the authentication Managed identity; where the app's own rights are needed, Active Directory OAuth with a certificate in place of the secret.",
		"For sensitivity labels, which are set in a person's name: sign the service account in with the app's certificate (client_assertion) instead of client_secret; that sign-in still can't have a second factor.",
		"Web apps and functions: a managed identity with a federated credential on the app (user-assigned identity, audience api://AzureADTokenExchange).",
		"When nobody reads it any more, take it out of keyturn.yaml, and disable it in the vault before you delete it.",
	}
	if len(app.Certificates()) > 0 {
		changes = append([]string{"The app has a certificate already, which these can use."}, changes...)
	}
	return Step{
		Title: "Key Vault secret " + f.Title + ": a certificate or a managed identity for " + readers, Place: f.Resource, Changes: changes,
		Why: "The vault's secret is needed for as long as somebody reads it.",
	}
}

// others are consumers that no resource names.
func others(c AppCase) Step {
	changes := []string{
		"Pipelines (GitHub, Azure DevOps, Kubernetes, other clouds): a federated credential on the app, whose token replaces the secret.",
		"Programs on Azure: the machine's or service's managed identity. Programs elsewhere: a certificate.",
	}
	if c.Federated > 0 {
		changes = append(changes, "The app has "+count(c.Federated, "federated credential")+" already.")
	}
	return Step{
		Title: "Whatever else uses the secret", Changes: changes,
		Why:   "Not every consumer is a resource that can be found. The sign-in log, and keyturn plan, tell when the secret was last used by somebody.",
		Shell: "sh", Script: "az ad app federated-credential create --id " + sh(c.App.ClientID) + ` --parameters '{"name":"main","issuer":"https://token.actions.githubusercontent.com",` +
			`"subject":"repo:OWNER/REPOSITORY:ref:refs/heads/main","audiences":["api://AzureADTokenExchange"]}'`,
	}
}

// last removes the secret when nobody is left.
func last(c AppCase) Step {
	var lines []string
	for _, p := range c.App.Passwords() {
		lines = append(lines, "az ad app credential delete --id "+sh(c.App.ClientID)+" --key-id "+sh(p.KeyID))
	}
	return Step{
		Title: "Remove the secret", Why: "It can't be brought back, so first see that nobody uses it for longer than the rarest consumer's pause.",
		Changes: []string{"keyturn scan lists it until it is gone; take the application out of keyturn.yaml, and forbid new ones with an app management policy."},
		Shell:   "sh", Script: strings.Join(lines, "\n"),
	}
}

func names(consumers []inventory.Consumer) string {
	var list []string
	for _, c := range consumers {
		if !slices.Contains(list, c.Name) {
			list = append(list, c.Name)
		}
	}
	if len(list) == 0 {
		return "the logic apps that use it"
	}
	return strings.Join(list, ", ")
}

// sh writes a text as a shell takes it literally.
func sh(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
