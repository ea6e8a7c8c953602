// The rights that Keyturn is missing, each at the smallest scope that suffices.
// For: Ada O'Neill (object id 33333333-3333-3333-3333-333333333333)
// Grant: az deployment group create --resource-group GROUP --template-file SCRIPT.bicep    Take back: the commands at the end
// Run it as somebody who may grant these rights; a right takes some minutes to work.
// Application.ReadWrite.OwnedBy and AuditLog.Read.All can't be given to a person; have the directory role Cloud Application Administrator instead.
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
        permissions: { secrets: ['get', 'set'] }
      }
    ]
  }
}

// What Bicep can't grant, in bash:
//
// principal='33333333-3333-3333-3333-333333333333'
// # owner of the app registration
// az ad app owner add --id '44444444-4444-4444-4444-444444444444' --owner-object-id "$principal"

// To take everything back, in bash:
//
// principal='33333333-3333-3333-3333-333333333333'
// # takes every permission of this identity on kv-provassist
// az keyvault delete-policy --name 'kv-provassist' --resource-group 'rg-provassist' --subscription '11111111-1111-1111-1111-111111111111' --object-id "$principal" --output none
// az ad app owner remove --id '44444444-4444-4444-4444-444444444444' --owner-object-id "$principal"

