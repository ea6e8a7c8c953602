// Package vault is the simulated Azure Key Vault data plane: secrets and certificates of any number of vaults, behind the
// challenge, the two permission models, the firewall and the errors that the real service has.
//
// The control plane (vaults as ARM resources, access policies, role assignments) is simulator/azure, which changes the state
// kept here. Consumers inside the cloud read through [Service.Read]. All state is guarded by the world's lock: every method
// but [Service.ServeHTTP] and [Service.HasVault] wants it to be held. Start at [Service].
//
// Sources: the official descriptions of the data plane (api-version 2025-07-01) and learn.microsoft.com/azure/key-vault/general/rest-error-codes,
// read 2026-11-22.
package vault
