package automationvariable

import (
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// Code is the target's key in keyturn.yaml.
const Code = "automationVariable"

// Descriptor tells all about the target.
func Descriptor() target.Descriptor {
	return target.Descriptor{
		Code:    Code,
		Title:   "Automation variable",
		Summary: "An encrypted variable of an Azure Automation account, as runbooks read it.",
		Fields: []target.Field{
			{
				Name: "account", Kind: target.Text, Required: true, Help: "Resource id of the Automation account.",
				Example: "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/provision-assist/providers/Microsoft.Automation/automationAccounts/provisionassist-auto",
			},
			{Name: "name", Kind: target.Text, Required: true, Help: "Name of the variable.", Example: "appSecret"},
		},
		Rights: []target.Right{
			{Action: readAction, Why: "to see that the variable is there, encrypted, and when it was last changed"},
			{Action: writeAction, Why: "to write the new secret"},
		},
		Limits: []string{
			"Nobody but a running job can read an encrypted variable, so the proof is \"acknowledged\": the account took the value.",
			"A variable that isn't encrypted is refused; Azure can't encrypt it afterwards.",
			"A variable that isn't there is not made: releases of Provision Assist since November 2023 don't use one.",
			"A change by somebody else in the same instant as ours, to the last digit shown, can't be seen.",
		},
		Codes: []problem.Meaning{
			{Code: "variable.plain", Text: "The variable isn't encrypted, so the secret would lie open.", Fix: "Make it anew, encrypted; Azure can't encrypt it afterwards."},
			{Code: "config.variable", Text: "A text can't be the name of an Automation variable.", Fix: "Copy it from the portal."},
		},
		Checks: []check.Look{
			{ID: "variable.rights", Text: "whether Keyturn may read and write the variable"},
			{ID: "variable.encrypted", Text: "whether it is there and encrypted"},
			{ID: "variable.lock", Text: "whether a lock forbids writing it"},
		},
		Sources: []string{
			"https://learn.microsoft.com/rest/api/automation/variable",
			"https://learn.microsoft.com/azure/automation/shared-resources/variables",
		},
	}
}
