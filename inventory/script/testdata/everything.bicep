// The rights that Keyturn is missing, each at the smallest scope that suffices.
// For: keyturn renewal (object id 33333333-3333-3333-3333-333333333333)
// Grant: az deployment group create --resource-group GROUP --template-file SCRIPT.bicep    Take back: the commands at the end
// Run it as somebody who may grant these rights; a right takes some minutes to work.
// Deploy to: /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist

targetScope = 'resourceGroup'

param principalId string = '33333333-3333-3333-3333-333333333333'

resource at1 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: 'kv-provassist'
}

resource policy2 'Microsoft.KeyVault/vaults/accessPolicies@2026-02-01' = {
  parent: at1
  name: 'add'
  properties: {
    accessPolicies: [
      {
        tenantId: subscription().tenantId
        objectId: principalId
        permissions: { secrets: ['get', 'set', 'list'] }
      }
    ]
  }
}

resource at3 'Microsoft.KeyVault/vaults/secrets@2026-02-01' existing = {
  name: 'kv-provassist/appSecret'
}

// Key Vault Secrets Officer on appSecret
resource assignment4 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(at3.id, principalId, 'Key Vault Secrets Officer')
  scope: at3
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource role5 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'Keyturn connections rg-provassist')
  properties: {
    roleName: 'Keyturn connections rg-provassist'
    description: 'What Keyturn needs to renew a secret here, and nothing else'
    type: 'CustomRole'
    permissions: [{ actions: ['Microsoft.Web/connections/read', 'Microsoft.Web/connections/write'] }]
    assignableScopes: [resourceGroup().id]
  }
}

resource at6 'Microsoft.Web/connections@2016-06-01' existing = {
  name: 'provisionassist-kv'
}

// Keyturn connections rg-provassist on provisionassist-kv
resource assignment7 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(at6.id, principalId, 'Keyturn connections rg-provassist')
  scope: at6
  properties: {
    roleDefinitionId: role5.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource at8 'Microsoft.Web/connections@2016-06-01' existing = {
  name: 'provisionassist-automation'
}

// Keyturn connections rg-provassist on provisionassist-automation
resource assignment9 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(at8.id, principalId, 'Keyturn connections rg-provassist')
  scope: at8
  properties: {
    roleDefinitionId: role5.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource role10 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'Keyturn variables rg-provassist')
  properties: {
    roleName: 'Keyturn variables rg-provassist'
    description: 'What Keyturn needs to renew a secret here, and nothing else'
    type: 'CustomRole'
    permissions: [{ actions: ['Microsoft.Automation/automationAccounts/variables/read', 'Microsoft.Automation/automationAccounts/variables/write'] }]
    assignableScopes: [resourceGroup().id]
  }
}

resource at11 'Microsoft.Automation/automationAccounts/variables@2023-11-01' existing = {
  name: 'provisionassist-auto/appSecret'
}

// Keyturn variables rg-provassist on appSecret
resource assignment12 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(at11.id, principalId, 'Keyturn variables rg-provassist')
  scope: at11
  properties: {
    roleDefinitionId: role10.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// What Bicep can't grant, in bash:
//
// principal='33333333-3333-3333-3333-333333333333'
// graph='00000003-0000-0000-c000-000000000000'
// assignments='https://graph.microsoft.com/v1.0/servicePrincipals/33333333-3333-3333-3333-333333333333/appRoleAssignments'
// role_id() { az ad sp show --id "$graph" --query "appRoles[?value=='$1' && contains(allowedMemberTypes, 'Application')].id | [0]" --output tsv; }
// # Microsoft Graph: Application.ReadWrite.OwnedBy
// az rest --method POST --url "$assignments" --headers Content-Type=application/json --body "{\"principalId\":\"$principal\",\"resourceId\":\"$(az ad sp show --id "$graph" --query id --output tsv)\",\"appRoleId\":\"$(role_id 'Application.ReadWrite.OwnedBy')\"}" --output none
// # Microsoft Graph: AuditLog.Read.All
// az rest --method POST --url "$assignments" --headers Content-Type=application/json --body "{\"principalId\":\"$principal\",\"resourceId\":\"$(az ad sp show --id "$graph" --query id --output tsv)\",\"appRoleId\":\"$(role_id 'AuditLog.Read.All')\"}" --output none
// # owner of the app registration
// az ad app owner add --id '44444444-4444-4444-4444-444444444444' --owner-object-id "$principal"
// # access policy of kv-elsewhere
// az keyvault set-policy --name 'kv-elsewhere' --object-id "$principal" --secret-permissions 'get' --output none

// To take everything back, in bash:
//
// principal='33333333-3333-3333-3333-333333333333'
// again() { for try in 1 2 3 4 5 6; do "$@" && return 0; sleep 10; done; return 1; }
// graph='00000003-0000-0000-c000-000000000000'
// assignments='https://graph.microsoft.com/v1.0/servicePrincipals/33333333-3333-3333-3333-333333333333/appRoleAssignments'
// role_id() { az ad sp show --id "$graph" --query "appRoles[?value=='$1' && contains(allowedMemberTypes, 'Application')].id | [0]" --output tsv; }
// az role assignment delete --assignee "$principal" --role 'Keyturn connections rg-provassist' --scope '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist/providers/Microsoft.Web/connections/provisionassist-kv'
// az role assignment delete --assignee "$principal" --role 'Keyturn connections rg-provassist' --scope '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist/providers/Microsoft.Web/connections/provisionassist-automation'
// az role definition delete --custom-role-only true --name 'Keyturn connections rg-provassist' --scope '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist'
// az role assignment delete --assignee "$principal" --role 'Keyturn variables rg-provassist' --scope '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist/providers/Microsoft.Automation/automationAccounts/provisionassist-auto/variables/appSecret'
// az role definition delete --custom-role-only true --name 'Keyturn variables rg-provassist' --scope '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist'
// az role assignment delete --assignee "$principal" --role 'Key Vault Secrets Officer' --scope '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist/providers/Microsoft.KeyVault/vaults/kv-provassist/secrets/appSecret'
// # takes every permission of this identity on kv-provassist
// az keyvault delete-policy --name 'kv-provassist' --resource-group 'rg-provassist' --subscription '11111111-1111-1111-1111-111111111111' --object-id "$principal" --output none
// # takes every permission of this identity on kv-elsewhere
// az keyvault delete-policy --name 'kv-elsewhere' --object-id "$principal" --output none
// az ad app owner remove --id '44444444-4444-4444-4444-444444444444' --owner-object-id "$principal"
// # Microsoft Graph: Application.ReadWrite.OwnedBy
// for id in $(az rest --method GET --url "$assignments" --query "value[?appRoleId=='$(role_id 'Application.ReadWrite.OwnedBy')'].id" --output tsv); do az rest --method DELETE --url "$assignments/$id"; done
// # Microsoft Graph: AuditLog.Read.All
// for id in $(az rest --method GET --url "$assignments" --query "value[?appRoleId=='$(role_id 'AuditLog.Read.All')'].id" --output tsv); do az rest --method DELETE --url "$assignments/$id"; done

