package script

import (
	"encoding/json"
	"fmt"
	"strings"
)

const again = `again() { for try in 1 2 3 4 5 6; do "$@" && return 0; sleep 10; done; return 1; }`

// az prints a bash script for the Azure command line. Sources, read 2026-11-22:
// https://learn.microsoft.com/cli/azure/ad/app/owner, https://learn.microsoft.com/cli/azure/role/assignment,
// https://learn.microsoft.com/cli/azure/role/definition, https://learn.microsoft.com/cli/azure/keyvault.
func (a arrangement) az() string {
	var out lines
	out.add("#!/usr/bin/env bash")
	out.comment("#", a.title("bash SCRIPT", "bash SCRIPT undo"))
	if a.empty() {
		out.add("echo 'No right is missing.'")
		return out.String()
	}
	out.add("set -euo pipefail", "principal="+sh(a.who.ObjectID), "")
	if len(a.custom) > 0 {
		out.add("# A new role can be given only after a moment.", again, "")
	}
	if len(a.graph) > 0 {
		out.add(a.azRoleID()...)
	}
	out.function("grant", a.azGrant())
	out.function("undo", a.azUndo())
	out.add(`case "${1:-grant}" in`, "  grant) grant ;;", "  undo) undo ;;", `  *) echo "usage: $0 [grant|undo]" >&2; exit 64 ;;`, "esac")
	return out.String()
}

func (a arrangement) azRoleID() []string {
	return []string{
		"graph=" + sh(graphAppID),
		"assignments=" + sh(a.who.Graph+"/v1.0/servicePrincipals/"+a.who.ObjectID+"/appRoleAssignments"),
		`role_id() { az ad sp show --id "$graph" --query "appRoles[?value=='$1' && contains(allowedMemberTypes, 'Application')].id | [0]" --output tsv; }`,
		"",
	}
}

func (a arrangement) azGrant() []string {
	var out []string
	for _, role := range a.graph {
		out = append(out,
			"# Microsoft Graph: "+role,
			fmt.Sprintf(`az rest --method POST --url "$assignments" --headers Content-Type=application/json --body "{\"principalId\":\"$principal\",\"resourceId\":\"$(az ad sp show --id "$graph" --query id --output tsv)\",\"appRoleId\":\"$(role_id %s)\"}" --output none`, sh(role)))
	}
	for _, id := range a.owned {
		out = append(out, "# owner of the app registration", `az ad app owner add --id `+sh(id)+` --owner-object-id "$principal"`)
	}
	for _, p := range a.policies {
		out = append(out, "# access policy of "+p.vault.vault(),
			"az keyvault set-policy --name "+sh(p.vault.vault())+azWhere(p.vault)+` --object-id "$principal" --secret-permissions `+shAll(p.actions)+" --output none")
	}
	for _, r := range a.roles {
		out = append(out, "# "+r.role+" on "+r.at.last(), azAssign(a.who, r.role, r.at))
	}
	for _, c := range a.custom {
		out = append(out, "# "+c.name,
			"az role definition create --role-definition "+sh(definition(c))+" --output none || az role definition update --role-definition "+sh(definition(c))+" --output none")
		for _, at := range c.at {
			out = append(out, "again "+azAssign(a.who, c.name, at))
		}
	}
	return out
}

func (a arrangement) azUndo() []string {
	var out []string
	for _, c := range a.custom {
		for _, at := range c.at {
			out = append(out, azUnassign(c.name, at))
		}
		out = append(out, "az role definition delete --custom-role-only true --name "+sh(c.name)+" --scope "+sh(string(c.home)))
	}
	for _, r := range a.roles {
		out = append(out, azUnassign(r.role, r.at))
	}
	for _, p := range a.policies {
		out = append(out, "# takes every permission of this identity on "+p.vault.vault(),
			"az keyvault delete-policy --name "+sh(p.vault.vault())+azWhere(p.vault)+` --object-id "$principal" --output none`)
	}
	for _, id := range a.owned {
		out = append(out, "az ad app owner remove --id "+sh(id)+` --owner-object-id "$principal"`)
	}
	for _, role := range a.graph {
		out = append(out, "# Microsoft Graph: "+role,
			fmt.Sprintf(`for id in $(az rest --method GET --url "$assignments" --query "value[?appRoleId=='$(role_id %s)'].id" --output tsv); do az rest --method DELETE --url "$assignments/$id"; done`, sh(role)))
	}
	return out
}

func azAssign(who Identity, role string, at scope) string {
	kind := "ServicePrincipal"
	if who.User {
		kind = "User"
	}
	return `az role assignment create --assignee-object-id "$principal" --assignee-principal-type ` + kind +
		" --role " + sh(role) + " --scope " + sh(string(at)) + " --output none"
}

func azUnassign(role string, at scope) string {
	return `az role assignment delete --assignee "$principal" --role ` + sh(role) + " --scope " + sh(string(at))
}

// azWhere names the vault's group and subscription when its resource id tells them.
func azWhere(vault scope) string {
	if vault.group() == "" {
		return ""
	}
	return " --resource-group " + sh(vault.group()) + " --subscription " + sh(vault.subscription())
}

// definition is a custom role as the Azure command line reads it.
func definition(c custom) string {
	text, err := json.Marshal(struct {
		Name             string
		Description      string
		Actions          []string
		AssignableScopes []string
	}{c.name, "What Keyturn needs to renew a secret here, and nothing else", c.actions, []string{string(c.home)}})
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(text)
}

// sh quotes for a POSIX shell.
func sh(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func shAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = sh(text)
	}
	return strings.Join(quoted, " ")
}
