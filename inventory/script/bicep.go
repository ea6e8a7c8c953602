package script

import (
	"fmt"
	"strings"
)

// versions are the API versions by which Bicep names what exists. Key Vault's older ones retire on 27 Feb 2027.
// Source: https://learn.microsoft.com/azure/key-vault/general/whats-new (read 2026-11-22).
var versions = map[string]string{
	"microsoft.keyvault/vaults":                         "2026-02-01",
	"microsoft.keyvault/vaults/secrets":                 "2026-02-01",
	"microsoft.web/connections":                         "2016-06-01",
	"microsoft.logic/workflows":                         "2019-05-01",
	"microsoft.automation/automationaccounts":           "2023-11-01",
	"microsoft.automation/automationaccounts/variables": "2023-11-01",
}

// builtIn are the ids of the roles that keyturn asks for, the same in every tenant.
// Source: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (read 2026-11-22).
var builtIn = map[string]string{
	"key vault secrets officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
	"key vault secrets user":    "4633458b-17de-408a-b874-0445c86b69e6",
	"key vault reader":          "21090545-7ca7-4776-b22c-e363652d74d2",
	"key vault administrator":   "00482a5a-887f-4fb3-b363-3b7fe8e74483",
	"reader":                    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
}

// bicepFile gathers one Bicep file.
type bicepFile struct {
	lines
	who    Identity
	many   bool              // more than one resource group: every resource says which one it belongs to
	known  map[string]string // symbol of what exists, by lower-case id
	number int
}

// bicep prints a file to be deployed to each resource group that it names. What Bicep can't reach, such as the owners of
// an app registration that exists, stands at its end as commands of the Azure command line, and so does the way back.
func (a arrangement) bicep() string {
	reach, rest := a.split()
	out := &bicepFile{who: a.who, many: len(reach.groups()) > 1, known: map[string]string{}}
	out.comment("//", a.title("az deployment group create --resource-group GROUP --template-file SCRIPT.bicep", "the commands at the end"))
	if a.empty() {
		out.comment("//", []string{"No right is missing."})
		return out.String()
	}
	for _, group := range reach.groups() {
		out.comment("//", []string{"Deploy to: " + string(group)})
	}
	out.add("", "targetScope = 'resourceGroup'", "", "param principalId string = "+bi(a.who.ObjectID), "")
	for _, p := range reach.policies {
		out.policy(p)
	}
	for _, r := range reach.roles {
		out.assign(r.role, r.at, fmt.Sprintf("subscriptionResourceId('Microsoft.Authorization/roleDefinitions', %s)", bi(builtIn[strings.ToLower(r.role)])))
	}
	for _, c := range reach.custom {
		out.custom(c)
	}
	out.commands("What Bicep can't grant", rest, rest.azGrant())
	out.commands("To take everything back", a, a.azUndo())
	return out.String()
}

// split parts what Bicep can grant from what it can't.
func (a arrangement) split() (reach, rest arrangement) {
	reach, rest = arrangement{who: a.who}, arrangement{who: a.who, graph: a.graph, owned: a.owned}
	for _, p := range a.policies {
		if p.vault.group() != "" {
			reach.policies = append(reach.policies, p)
		} else {
			rest.policies = append(rest.policies, p)
		}
	}
	for _, r := range a.roles {
		if nameable(r.at) && builtIn[strings.ToLower(r.role)] != "" {
			reach.roles = append(reach.roles, r)
		} else {
			rest.roles = append(rest.roles, r)
		}
	}
	for _, c := range a.custom {
		if allNameable(c.at) {
			reach.custom = append(reach.custom, c)
		} else {
			rest.custom = append(rest.custom, c)
		}
	}
	return reach, rest
}

// nameable reports whether Bicep can name the resource: it lies in a group, and its type's version is known.
func nameable(at scope) bool {
	types, _ := at.types()
	return at.group() != "" && versions[strings.ToLower(strings.Join(types, "/"))] != ""
}

func allNameable(some []scope) bool {
	for _, at := range some {
		if !nameable(at) {
			return false
		}
	}
	return true
}

// groups lists the resource groups in which something is granted.
func (a arrangement) groups() []scope {
	var ids []string
	for _, p := range a.policies {
		ids = union(ids, string(p.vault.home()))
	}
	for _, r := range a.roles {
		ids = union(ids, string(r.at.home()))
	}
	for _, c := range a.custom {
		ids = union(ids, string(c.home))
	}
	groups := make([]scope, len(ids))
	for i, id := range ids {
		groups[i] = scope(id)
	}
	return groups
}

func (f *bicepFile) symbol(word string) string {
	f.number++
	return fmt.Sprintf("%s%d", word, f.number)
}

// only is the condition that keeps a resource to its own group.
func (f *bicepFile) only(at scope) string {
	if !f.many {
		return ""
	}
	return fmt.Sprintf("if (toLower(resourceGroup().id) == toLower(%s)) ", bi(string(at.home())))
}

// existing names a resource that is there, once.
func (f *bicepFile) existing(at scope) string {
	key := strings.ToLower(string(at))
	if symbol := f.known[key]; symbol != "" {
		return symbol
	}
	types, names := at.types()
	kind := strings.Join(types, "/")
	symbol := f.symbol("at")
	f.known[key] = symbol
	f.add(fmt.Sprintf("resource %s %s existing = {", symbol, bi(kind+"@"+versions[strings.ToLower(kind)])),
		"  name: "+bi(strings.Join(names, "/")), "}", "")
	return symbol
}

func (f *bicepFile) policy(p policy) {
	vault := f.existing(p.vault)
	f.add(fmt.Sprintf("resource %s 'Microsoft.KeyVault/vaults/accessPolicies@2026-02-01' = %s{", f.symbol("policy"), f.only(p.vault)),
		"  parent: "+vault, "  name: 'add'", "  properties: {", "    accessPolicies: [", "      {",
		"        tenantId: subscription().tenantId", "        objectId: principalId",
		"        permissions: { secrets: ["+biAll(p.actions)+"] }", "      }", "    ]", "  }", "}", "")
}

func (f *bicepFile) assign(role string, at scope, definition string) {
	where := f.existing(at)
	kind := "ServicePrincipal"
	if f.who.User {
		kind = "User"
	}
	f.comment("//", []string{role + " on " + at.last()})
	f.add(fmt.Sprintf("resource %s 'Microsoft.Authorization/roleAssignments@2022-04-01' = %s{", f.symbol("assignment"), f.only(at)),
		fmt.Sprintf("  name: guid(%s.id, principalId, %s)", where, bi(role)), "  scope: "+where, "  properties: {",
		"    roleDefinitionId: "+definition, "    principalId: principalId", "    principalType: "+bi(kind), "  }", "}", "")
}

func (f *bicepFile) custom(c custom) {
	role := f.symbol("role")
	f.add(fmt.Sprintf("resource %s 'Microsoft.Authorization/roleDefinitions@2022-04-01' = %s{", role, f.only(c.home)),
		fmt.Sprintf("  name: guid(resourceGroup().id, %s)", bi(c.name)), "  properties: {", "    roleName: "+bi(c.name),
		"    description: 'What Keyturn needs to renew a secret here, and nothing else'", "    type: 'CustomRole'",
		"    permissions: [{ actions: ["+biAll(c.actions)+"] }]", "    assignableScopes: [resourceGroup().id]", "  }", "}", "")
	for _, at := range c.at {
		f.assign(c.name, at, role+".id")
	}
}

// commands puts lines for the Azure command line into comments.
func (f *bicepFile) commands(title string, of arrangement, body []string) {
	if len(body) == 0 {
		return
	}
	f.comment("//", []string{title + ", in bash:", "", "principal=" + sh(f.who.ObjectID)})
	if len(of.custom) > 0 {
		f.comment("//", []string{again})
	}
	if len(of.graph) > 0 {
		f.comment("//", of.azRoleID()[:3])
	}
	f.comment("//", body)
	f.add("")
}

// bi quotes for Bicep, in which ${ begins an expression.
func bi(text string) string {
	text = strings.ReplaceAll(text, `\`, `\\`)
	text = strings.ReplaceAll(text, "'", `\'`)
	return "'" + strings.ReplaceAll(text, "${", `\${`) + "'"
}

func biAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = bi(text)
	}
	return strings.Join(quoted, ", ")
}
