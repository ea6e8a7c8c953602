package vendorwebhook

import (
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// Code is the target's key in keyturn.yaml.
const Code = "vendorWebhook"

// Descriptor tells all about the target.
func Descriptor() target.Descriptor {
	return target.Descriptor{
		Code:    Code,
		Title:   "Vendor's webhook",
		Summary: "The vendor who hosts the add-in: the new value is sent in a POST over HTTPS, signed as Standard Webhooks says.",
		Fields: []target.Field{
			{Name: "url", Kind: target.Text, Required: true, Help: "The vendor's address, https.", Example: "https://hooks.vendor.example/keyturn"},
			{Name: "secret", Kind: target.Secret, Required: true, Help: "What posts are signed with, whsec_ and base64 of 24 to 64 bytes: ${env:NAME} or ${file:PATH}.", Example: "${env:VENDOR_WEBHOOK_SECRET}"},
			{Name: "vendor", Kind: target.Text, Help: "What you call the vendor; else its host's name.", Example: "Plumsail"},
		},
		Rights: []target.Right{{Action: "an address that the vendor gives you, and a secret that you share", Why: "so that the vendor knows who sends"}},
		Limits: []string{
			"The vendor's answer, 2xx within 30 seconds, is all the proof there is: what it holds can't be asked, nor read back.",
			"The value is in the body and nowhere else. Redirects aren't followed.",
			"The same value may come twice, with the same webhook-id: the second is to be dropped.",
		},
		Codes: []problem.Meaning{
			{Code: "vendor.setting", Text: "A setting of a vendorWebhook can't be meant.", Fix: "See the reason beside it."},
			{Code: "vendor.unreachable", Text: "The vendor's address doesn't answer.", Fix: "Check url, network.proxy and network.caFile."},
			{Code: "vendor.refused", Text: "The vendor didn't take the new secret.", Fix: "Ask the vendor; check url and secret; then keyturn resume APP."},
		},
		Checks:  []check.Look{{ID: "vendor.signing", Text: "whether there is a secret to sign with"}},
		Sources: []string{"https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"},
	}
}
