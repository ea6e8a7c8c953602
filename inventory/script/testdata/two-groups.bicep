// The rights that Keyturn is missing, each at the smallest scope that suffices.
// For: keyturn renewal (object id 33333333-3333-3333-3333-333333333333)
// Grant: az deployment group create --resource-group GROUP --template-file SCRIPT.bicep    Take back: the commands at the end
// Run it as somebody who may grant these rights; a right takes some minutes to work.
// Deploy to: /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist
// Deploy to: /subscriptions/9/resourceGroups/rg-two

targetScope = 'resourceGroup'

param principalId string = '33333333-3333-3333-3333-333333333333'

resource at1 'Microsoft.KeyVault/vaults/secrets@2026-02-01' existing = {
  name: 'kv-provassist/appSecret'
}

// Key Vault Secrets Officer on appSecret
resource assignment2 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (toLower(resourceGroup().id) == toLower('/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist')) {
  name: guid(at1.id, principalId, 'Key Vault Secrets Officer')
  scope: at1
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource at3 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: 'kv-two'
}

// Key Vault Secrets Officer on kv-two
resource assignment4 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (toLower(resourceGroup().id) == toLower('/subscriptions/9/resourceGroups/rg-two')) {
  name: guid(at3.id, principalId, 'Key Vault Secrets Officer')
  scope: at3
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// To take everything back, in bash:
//
// principal='33333333-3333-3333-3333-333333333333'
// az role assignment delete --assignee "$principal" --role 'Key Vault Secrets Officer' --scope '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-provassist/providers/Microsoft.KeyVault/vaults/kv-provassist/secrets/appSecret'
// az role assignment delete --assignee "$principal" --role 'Key Vault Secrets Officer' --scope '/subscriptions/9/resourceGroups/rg-two/providers/Microsoft.KeyVault/vaults/kv-two'

