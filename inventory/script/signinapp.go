package script

import (
	"fmt"
	"strings"
)

// SignInApp is the public client through which people sign in to Keyturn: an app registration without a secret, which by
// itself may do nothing. Whoever signs in through it can do at most what they may do anyway.
type SignInApp struct {
	Tenant string // "" = the one that whoever runs the script is signed in to
	Azure  bool   // people's renewals write to Azure: connections, variables, settings
	Vault  bool   // and to Key Vault
}

// SignInAppName is what the app registration is called, by which it is found again.
const SignInAppName = "Keyturn sign-in"

// delegated is one delegated permission.
type delegated struct {
	api, name string
	why       string
}

// The services that people's permissions are of, by client id; the same in every tenant.
const (
	azureAppID = "797f4846-ba00-4fd7-ba43-dac1f8f63013" // Azure Service Management
	vaultAppID = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093" // Azure Key Vault
)

// scopes are the least that people's renewals need, with those last that only spare a surprise.
func (a SignInApp) scopes() []delegated {
	all := []delegated{
		{graphAppID, "User.Read", "to sign in"},
		{graphAppID, "Application.ReadWrite.All", "to make and remove the secret; whoever signs in also needs the directory role, or to own the app"},
	}
	if a.Azure {
		all = append(all, delegated{azureAppID, "user_impersonation", "to write the secret to places in Azure"})
	}
	if a.Vault {
		all = append(all, delegated{vaultAppID, "user_impersonation", "to write the secret to Key Vault"})
	}
	return append(all,
		delegated{graphAppID, "AuditLog.Read.All", "optional: the reports of who uses which secret; without it the old one is left to end by itself"},
		delegated{graphAppID, "Policy.Read.ApplicationConfiguration", "optional: to tell beforehand what the tenant's policies allow"},
		delegated{graphAppID, "RoleManagement.Read.Directory", "optional: to tell which directory roles a person has, and which are there and not activated"})
}

// Script prints the commands that make the app registration, as [AZ] or [PowerShell].
// Sources, read 2026-11-25: https://learn.microsoft.com/cli/azure/ad/app, https://learn.microsoft.com/cli/azure/ad/app/permission,
// https://learn.microsoft.com/powershell/module/microsoft.graph.applications/new-mgapplication.
func (a SignInApp) Script(dialect Dialect) (string, error) {
	switch dialect {
	case AZ:
		return a.az(), nil
	case PowerShell:
		return a.powershell(), nil
	}
	return "", fmt.Errorf("a sign-in app can't be written as %q: it is az or powershell", dialect)
}

func (a SignInApp) title(run string) []string {
	return []string{
		"Makes the app registration through which people sign in to Keyturn: a public client, without a secret.",
		"By itself it may do nothing: whoever signs in through it can do at most what they may do anyway.",
		"Run it once as a Cloud Application Administrator: " + run,
		"It prints the client ID for signIn.clientId in keyturn.yaml. Leave out an optional permission with a # in front.",
	}
}

func (a SignInApp) az() string {
	var out lines
	out.add("#!/usr/bin/env bash")
	out.comment("#", a.title("bash SCRIPT"))
	out.add("set -euo pipefail")
	if a.Tenant != "" {
		out.add("az account show --output none 2>/dev/null || az login --allow-no-subscriptions --tenant " + sh(a.Tenant) + " --output none")
	}
	out.add("id=$(az ad app create --display-name "+sh(SignInAppName)+" --sign-in-audience AzureADMyOrg \\",
		"  --is-fallback-public-client true --public-client-redirect-uris http://localhost --query appId --output tsv)",
		`az ad sp create --id "$id" --output none`,
		`allow() { az ad app permission add --id "$id" --api "$1" --output none \`,
		`  --api-permissions "$(az ad sp show --id "$1" --query "oauth2PermissionScopes[?value=='$2'].id | [0]" --output tsv)=Scope"; }`)
	for _, s := range a.scopes() {
		out.add("# "+s.why, "allow "+s.api+" "+s.name)
	}
	out.add("sleep 30     # until the directory knows the app everywhere", `az ad app permission admin-consent --id "$id"`,
		`echo "signIn: { clientId: $id }     # into keyturn.yaml; to undo all of it: az ad app delete --id $id"`)
	return out.String()
}

func (a SignInApp) powershell() string {
	var out lines
	out.comment("#", append(a.title("powershell -File SCRIPT.ps1"), "It needs the module Microsoft.Graph: Install-Module Microsoft.Graph -Scope CurrentUser"))
	connect := "Connect-MgGraph -Scopes 'Application.ReadWrite.All', 'DelegatedPermissionGrant.ReadWrite.All' -NoWelcome"
	if a.Tenant != "" {
		connect += " -TenantId " + ps(a.Tenant)
	}
	out.add("$ErrorActionPreference = 'Stop'", connect, "$wanted = [ordered]@{}",
		"function Allow($api, $name) { $wanted[$api] = @($wanted[$api] | Where-Object { $_ }) + $name }")
	for _, s := range a.scopes() {
		out.add("# "+s.why, "Allow "+ps(s.api)+" "+ps(s.name))
	}
	out.add(strings.Split(strings.TrimSpace(psSignInApp), "\n")...)
	return psScript(&out)
}

// psSignInApp makes the app once $wanted holds the permissions by service.
const psSignInApp = `
$access = foreach ($api in $wanted.Keys) {
    $scopes = (Get-MgServicePrincipal -Filter "appId eq '$api'").Oauth2PermissionScopes
    @{ ResourceAppId = $api; ResourceAccess = @($wanted[$api] | ForEach-Object { $name = $_; @{ Type = 'Scope'; Id = ($scopes | Where-Object Value -eq $name).Id } }) }
}
$app = New-MgApplication -DisplayName 'Keyturn sign-in' -SignInAudience AzureADMyOrg -IsFallbackPublicClient ` + "`" + `
    -PublicClient @{ RedirectUris = @('http://localhost') } -RequiredResourceAccess @($access)
Start-Sleep -Seconds 30     # until the directory knows the app everywhere
$principal = New-MgServicePrincipal -AppId $app.AppId
foreach ($api in $wanted.Keys) {
    $resource = Get-MgServicePrincipal -Filter "appId eq '$api'"
    New-MgOauth2PermissionGrant -ClientId $principal.Id -ResourceId $resource.Id -ConsentType AllPrincipals -Scope ($wanted[$api] -join ' ') | Out-Null
}
"signIn: { clientId: $($app.AppId) }     # into keyturn.yaml; to undo all of it: Remove-MgApplication -ApplicationId $($app.Id)"
`
