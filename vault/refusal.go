package vault

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
	"keyturn/problem"
)

// Codes of problems that only vaults have.
const (
	Disabled = "secret.disabled" // the version is put out of use
	Binned   = "secret.deleted"  // the secret was deleted and can be recovered
)

// Model is how a vault decides who may do what with its secrets.
type Model string

const (
	ByPolicy Model = "access policies"
	ByRole   Model = "role assignments"
)

// Refused is the cause inside a problem.Denied of this package: it says which of the two models refused, so that the
// fix can name the right grant.
type Refused struct {
	Model Model
	Err   error
}

// Error says which model refused.
func (r *Refused) Error() string { return "refused by the vault's " + string(r.Model) }

// Unwrap returns the vault's own error.
func (r *Refused) Unwrap() error { return r.Err }

// ModelOf returns the model that refused, or "" when err is no such refusal.
func ModelOf(err error) Model {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused.Model
	}
	return ""
}

// classify turns an error of the wire into a problem about one secret, or about the whole vault when name is "".
// Source of the codes: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes (read 2026-11-22).
func classify(err error, address, name string) error {
	subject := "vault " + Name(address)
	if name != "" {
		subject = "secret " + name + " in vault " + Name(address)
	}
	found := *problem.Of(cloud.Classify(err, subject))
	if found.Code == problem.Unreachable {
		found.Fix = "check the vault's name (" + address + "), then proxy and network: " + found.Fix
		return &found
	}
	if apply, known := refusals[inner(err)]; known {
		apply(&found, Name(address), name)
	}
	return &found
}

// refusals says what each of the vault's own codes means to a person.
var refusals = map[string]func(p *problem.Error, vault, name string){
	"forbiddenbypolicy": func(p *problem.Error, vault, _ string) {
		denied(p, ByPolicy, "grant secret permissions get, list and set in an access policy of vault "+vault+"; keyturn doctor --script prints it")
	},
	"forbiddenbyrbac": func(p *problem.Error, vault, name string) {
		denied(p, ByRole, "assign the role Key Vault Secrets Officer on secret "+name+" of vault "+vault+"; keyturn doctor --script prints it. A fresh assignment takes minutes")
	},
	"forbiddenbyfirewall": func(p *problem.Error, vault, _ string) {
		firewall(p, "add this computer's address to the firewall of vault "+vault+", or run Keyturn from a network it admits")
	},
	"forbiddenbyconnection": func(p *problem.Error, vault, _ string) {
		firewall(p, "vault "+vault+" admits private endpoints only: run Keyturn from a network that has one")
	},
	"secretdisabled": func(p *problem.Error, vault, name string) {
		p.Class, p.Code, p.Message = problem.Person, Disabled, "this version is disabled"
		p.Fix = "find out who disabled it; to use it again: az keyvault secret set-attributes --enabled true --vault-name " + vault + " --name " + name
	},
	"objectisdeletedbutrecoverable": func(p *problem.Error, vault, name string) {
		p.Class, p.Code, p.Message, p.Doubtful = problem.Person, Binned, "this secret was deleted and lies in the recycle bin, which keeps its name", false
		p.Fix = "az keyvault secret recover --vault-name " + vault + " --name " + name
	},
	"requestdisallowedbypolicy": func(p *problem.Error, vault, _ string) {
		p.Class, p.Code = problem.Person, problem.Blocked
		p.Message = "an Azure Policy on the vault forbids this secret: " + p.Message
		p.Fix = "ask the owner of the policy for an exemption for vault " + vault + ", or meet what it asks for"
	},
}

func denied(p *problem.Error, model Model, fix string) {
	p.Class, p.Code, p.Fix = problem.Person, problem.Denied, fix
	p.Err = &Refused{Model: model, Err: p.Err}
}

func firewall(p *problem.Error, fix string) {
	p.Class, p.Code, p.Fix = problem.Person, problem.Firewall, fix
	p.Message = "the vault refuses this network address"
}

// inner returns the most specific code of the vault's answer in lower case: innererror's, else error's.
func inner(err error) string {
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return ""
	}
	code := answer.ErrorCode
	body, readErr := runtime.Payload(answer.RawResponse)
	var envelope struct {
		Error struct {
			Inner struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	if readErr == nil && json.Unmarshal(body, &envelope) == nil && envelope.Error.Inner.Code != "" {
		code = envelope.Error.Inner.Code
	}
	return strings.ToLower(code)
}
