package script

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// powershell prints a script for the modules Az and Microsoft.Graph. Sources, read 2026-11-22:
// https://learn.microsoft.com/powershell/module/microsoft.graph.applications/new-mgserviceprincipalapproleassignment,
// https://learn.microsoft.com/azure/role-based-access-control/custom-roles-powershell.
func (a arrangement) powershell() string {
	var out lines
	out.comment("#", a.title("./SCRIPT.ps1", "./SCRIPT.ps1 -Undo"))
	if a.empty() {
		out.add("Write-Output 'No right is missing.'")
		return psScript(&out)
	}
	out.add("param([switch]$Undo)", "$ErrorActionPreference = 'Stop'", "$principal = "+ps(a.who.ObjectID), "")
	out.add(a.psSignIn()...)
	out.add("if (-not $Undo) {")
	for _, line := range a.psGrant() {
		out.add("    " + line)
	}
	out.add("} else {")
	for _, line := range a.psUndo() {
		out.add("    " + line)
	}
	out.add("}")
	return psScript(&out)
}

func (a arrangement) psSignIn() []string {
	var out []string
	tenant := ""
	if a.who.TenantID != "" {
		tenant = " -TenantId " + ps(a.who.TenantID)
	}
	if len(a.graph)+len(a.owned) > 0 {
		out = append(out, "Connect-MgGraph"+tenant+" -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All' -NoWelcome")
	}
	if len(a.graph) > 0 {
		out = append(out, "$graph = Get-MgServicePrincipal -Filter "+ps("appId eq '"+graphAppID+"'"),
			"function Get-RoleId($name) { ($graph.AppRoles | Where-Object { $_.Value -eq $name -and $_.AllowedMemberTypes -contains 'Application' }).Id }")
	}
	if len(a.policies)+len(a.roles)+len(a.custom) > 0 {
		out = append(out, "if (-not (Get-AzContext)) { Connect-AzAccount"+strings.Replace(tenant, "-TenantId", "-Tenant", 1)+" | Out-Null }")
	}
	if len(a.custom) > 0 {
		out = append(out, "# A new role can be given only after a moment.",
			"function Invoke-Again($action) { for ($try = 1; ; $try++) { try { & $action; return } catch { if ($try -ge 6) { throw }; Start-Sleep -Seconds 10 } } }")
	}
	return append(out, "")
}

func (a arrangement) psGrant() []string {
	var out []string
	for _, role := range a.graph {
		out = append(out, "# Microsoft Graph: "+role,
			"New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal -PrincipalId $principal -ResourceId $graph.Id -AppRoleId (Get-RoleId "+ps(role)+") | Out-Null")
	}
	for _, id := range a.owned {
		out = append(out, "# owner of the app registration",
			fmt.Sprintf("New-MgApplicationOwnerByRef -ApplicationId %s -BodyParameter @{ '@odata.id' = %s + $principal }", psObject(id), ps(a.who.Graph+"/v1.0/directoryObjects/")))
	}
	for _, p := range a.policies {
		out = append(out, "# access policy of "+p.vault.vault())
		out = append(out, psContext(p.vault)...)
		out = append(out, "Set-AzKeyVaultAccessPolicy -VaultName "+ps(p.vault.vault())+psGroup(p.vault)+
			" -ObjectId $principal -PermissionsToSecrets "+psAll(p.actions)+" -BypassObjectIdValidation")
	}
	for _, r := range a.roles {
		out = append(out, "# "+r.role+" on "+r.at.last(), a.psAssign(r.role, r.at))
	}
	for _, c := range a.custom {
		out = append(out, a.psDefine(c)...)
		for _, at := range c.at {
			out = append(out, "Invoke-Again { "+a.psAssign(c.name, at)+" }")
		}
	}
	return out
}

func (a arrangement) psDefine(c custom) []string {
	return append(append([]string{"# " + c.name}, psContext(c.home)...),
		"$role = [Microsoft.Azure.Commands.Resources.Models.Authorization.PSRoleDefinition]::new()",
		"$role.Name = "+ps(c.name),
		"$role.Description = 'What Keyturn needs to renew a secret here, and nothing else'",
		"$role.IsCustom = $true",
		"$role.Actions = @("+psAll(c.actions)+")",
		"$role.AssignableScopes = @("+ps(string(c.home))+")",
		"New-AzRoleDefinition -Role $role | Out-Null")
}

func (a arrangement) psUndo() []string {
	var out []string
	for _, c := range a.custom {
		out = append(out, psContext(c.home)...)
		for _, at := range c.at {
			out = append(out, psUnassign(c.name, at))
		}
		out = append(out, "Remove-AzRoleDefinition -Name "+ps(c.name)+" -Scope "+ps(string(c.home))+" -Force")
	}
	for _, r := range a.roles {
		out = append(out, psUnassign(r.role, r.at))
	}
	for _, p := range a.policies {
		out = append(out, "# takes every permission of this identity on "+p.vault.vault())
		out = append(out, psContext(p.vault)...)
		out = append(out, "Remove-AzKeyVaultAccessPolicy -VaultName "+ps(p.vault.vault())+psGroup(p.vault)+" -ObjectId $principal")
	}
	for _, id := range a.owned {
		out = append(out, "Invoke-MgGraphRequest -Method DELETE -Uri ("+ps(a.who.Graph+"/v1.0/applications/")+" + "+psObject(id)+" + '/owners/' + $principal + '/$ref')")
	}
	for _, role := range a.graph {
		out = append(out, "# Microsoft Graph: "+role,
			"Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal -All | Where-Object { $_.ResourceId -eq $graph.Id -and $_.AppRoleId -eq (Get-RoleId "+ps(role)+
				") } | ForEach-Object { Remove-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal -AppRoleAssignmentId $_.Id }")
	}
	return out
}

func (a arrangement) psAssign(role string, at scope) string {
	kind := "ServicePrincipal"
	if a.who.User {
		kind = "User"
	}
	return "New-AzRoleAssignment -ObjectId $principal -ObjectType " + kind + " -RoleDefinitionName " + ps(role) + " -Scope " + ps(string(at)) + " | Out-Null"
}

func psUnassign(role string, at scope) string {
	return "Remove-AzRoleAssignment -ObjectId $principal -RoleDefinitionName " + ps(role) + " -Scope " + ps(string(at)) + " | Out-Null"
}

// psObject is the object id of the app registration with that client id.
func psObject(clientID string) string {
	return "(Get-MgApplication -Filter " + ps("appId eq '"+clientID+"'") + ").Id"
}

// psContext chooses the subscription that the next command works in.
func psContext(at scope) []string {
	if at.subscription() == "" {
		return nil
	}
	return []string{"Set-AzContext -Subscription " + ps(at.subscription()) + " | Out-Null"}
}

func psGroup(vault scope) string {
	if vault.group() == "" {
		return ""
	}
	return " -ResourceGroupName " + ps(vault.group())
}

// ps writes a text as an expression of PowerShell in ASCII alone: Windows PowerShell reads a script without a byte order mark
// as the machine's code page, and what it reads from a program as another one. What isn't ASCII is told by its number.
// Source: https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding (read 2026-11-26).
func ps(text string) string {
	var out strings.Builder
	open := true
	out.WriteByte('\'')
	for _, unit := range utf16.Encode([]rune(text)) {
		plain := unit < utf8.RuneSelf
		switch {
		case plain && !open:
			out.WriteString(" + '")
		case !plain && open:
			out.WriteByte('\'')
		}
		if open = plain; plain {
			out.WriteString(strings.ReplaceAll(string(rune(unit)), "'", "''"))
		} else {
			fmt.Fprintf(&out, " + [char]0x%04x", unit)
		}
	}
	if open {
		out.WriteByte('\'')
	}
	if strings.Contains(out.String(), "[char]") {
		return "(" + out.String() + ")"
	}
	return out.String()
}

// psScript is a whole script, whose comments may hold names that ASCII can't write.
func psScript(out *lines) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, out.String())
}

func psAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = ps(text)
	}
	return strings.Join(quoted, ", ")
}
