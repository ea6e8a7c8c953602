package keyvaultsecret

import (
	"fmt"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
	"keyturn/vault"
)

// Code is the target's key in keyturn.yaml.
const Code = "keyVaultSecret"

// Descriptor tells all about the target.
func Descriptor() target.Descriptor {
	return target.Descriptor{
		Code:    Code,
		Title:   "Key Vault secret",
		Summary: "A secret in an Azure Key Vault; the first one is also the custodian, from which the value can be read back.",
		Fields: []target.Field{
			{Name: "vault", Kind: target.Text, Required: true, Help: "Name of the vault, or its address.", Example: "kv-provassist"},
			{Name: "secret", Kind: target.Text, Required: true, Help: "Name of the secret. Letter case doesn't matter to Key Vault.", Example: "appSecret"},
		},
		Rights: []target.Right{
			{Action: getAction, Why: "to read the value back (access policy: secrets get)"},
			{Action: listAction, Why: "to find the version that a run wrote (access policy: secrets list)"},
			{Action: setAction, Why: "to write the new secret (access policy: secrets set)"},
			{Action: "Microsoft.KeyVault/vaults/secrets/update/action", Why: "to disable the version that was replaced (access policy: secrets set)"},
			{Action: "Microsoft.KeyVault/vaults/read", Why: "to tell beforehand whether the secret may be written; without it that is known only when tried"},
		},
		Limits: []string{
			fmt.Sprintf("A version holds %d tags. Foreign ones are kept; at least one must be left free.", vault.MaxTags),
			"A version can't be deleted, only disabled; versions from before Keyturn are left as they are.",
			"A not-before date of the version before isn't carried over.",
			"Reading back proves the vault, not those who read it earlier and keep the old value in memory.",
		},
		Codes: []problem.Meaning{
			{Code: "tags.full", Text: "The secret's tags leave no room for the one by which Keyturn finds its write again.", Fix: "Remove a tag that nobody needs."},
			{Code: "secret.certificate", Text: "The secret is the private half of a certificate, which a secret would overwrite.", Fix: "Name another secret."},
			{Code: "secret.new", Text: "There is no such secret yet; it will be made.", Fix: "Check the name, if you expected one."},
		},
		Checks: []check.Look{
			{ID: "vault.get", Text: "whether the secret can be read from here"},
			{ID: "vault.set", Text: "whether the secret may be written"},
			{ID: "vault.kind", Text: "whether it is a secret and not a certificate's key"},
			{ID: "vault.tags", Text: "whether there is room for Keyturn's tags"},
		},
		Sources: []string{
			"https://learn.microsoft.com/rest/api/keyvault/secrets",
			"https://learn.microsoft.com/azure/key-vault/general/rest-error-codes",
			"https://learn.microsoft.com/azure/key-vault/general/rbac-guide",
		},
	}
}
