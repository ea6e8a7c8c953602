package vault

import (
	"context"
	"errors"
	"net"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"keyturn/cloud"
	"keyturn/problem"
)

// Codes of problems that only vaults have.
const (
	Disabled = "secret.disabled" // the version is put out of use
	Binned   = "secret.deleted"  // the secret was deleted and can be recovered
	Unknown  = "vault.unknown"   // no vault of that name answers
)

// Model is how a vault decides who may do what with its secrets.
type Model string

const (
	ByPolicy Model = "access policies"
	ByRole   Model = "role assignments"
)

// ModelOf returns the model that refused the caller, or "" when err is no such refusal.
func ModelOf(err error) Model {
	var refusal *cloud.Refusal
	switch {
	case !errors.As(err, &refusal):
		return ""
	case refusal.Has("ForbiddenByPolicy"):
		return ByPolicy
	case refusal.Has("ForbiddenByRbac"):
		return ByRole
	}
	return ""
}

// unreadable is for a good answer that lacks what every version has: it comes from somebody between us and the vault.
func unreadable(address, name string, wrote bool) error {
	return cloud.Unreadable(nil, "secret "+name+" in vault "+Name(address), wrote)
}

// classify turns an error of the wire into a problem about one secret, or about the whole vault when name is "", and
// names vault and secret in the fix where the general one can't.
func classify(err error, address, name string) error {
	vault := Name(address)
	subject := "vault " + vault
	if name != "" {
		subject = "secret " + name + " in vault " + vault
	}
	if isDecoding(err) {
		return cloud.Unreadable(nil, subject, true)
	}
	found := *problem.Of(cloud.Classify(err, subject))
	var answered *cloud.Refusal
	switch {
	case found.Code == problem.NotFound && !errors.As(err, &answered) && !errors.As(found.Err, &answered):
		found.Code = Unknown // the name couldn't be resolved: not a secret is missing but the vault
	case found.Code == Disabled:
		found.Fix = "find out who disabled it; to use it again: az keyvault secret set-attributes --enabled true --vault-name " + vault + " --name " + name
	case found.Code == Binned:
		found.Fix = "az keyvault secret recover --vault-name " + vault + " --name " + name
	case ModelOf(&found) == ByPolicy:
		found.Fix = "grant secret permissions get, list and set in an access policy of vault " + vault + "; keyturn doctor --script prints the commands"
	case ModelOf(&found) == ByRole:
		found.Fix = "assign the role Key Vault Secrets Officer on secret " + name + " of vault " + vault + "; keyturn doctor --script prints the commands. A fresh assignment takes minutes"
	}
	return &found
}

// isDecoding reports whether err is how azsecrets says that it can't read an answer, which has no type of its own: the way
// there didn't break, nobody refused, and nobody stopped.
func isDecoding(err error) bool {
	var found *problem.Error
	var refused *azcore.ResponseError
	var broken net.Error
	return !errors.As(err, &found) && !errors.As(err, &refused) && !errors.As(err, &broken) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
