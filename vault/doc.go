// Package vault is a thin client of Azure Key Vault's secrets: read one version, list versions, set, disable. It knows
// the vault's answers and turns each refusal into a problem; what to write and when is decided by its callers.
//
// It keeps no value: a secret is read from the wire into a [keyturn/secret.Value] and handed on. Writes are sent once
// and never repeated by the client, because each repetition would make one more version.
//
// Start at [Client]. The protocol: https://learn.microsoft.com/rest/api/keyvault/secrets (read 2026-11-22).
package vault
