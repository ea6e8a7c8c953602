package webhook

import (
	"keyturn/notify"
	"keyturn/problem"
)

// Code is the notifier's key in keyturn.yaml.
const Code = "webhook"

// Descriptor tells all about the notifier.
func Descriptor() notify.Descriptor {
	return notify.Descriptor{
		Code:    Code,
		Title:   "Webhook",
		Summary: "A POST of JSON to an address of yours, signed as Standard Webhooks says.",
		Fields: []notify.Field{
			{Name: "url", Kind: notify.Secret, Required: true, Help: "The address, https, or http on this machine alone: ${env:NAME} or ${file:PATH}.", Example: "${env:KEYTURN_WEBHOOK}"},
			{Name: "secret", Kind: notify.Secret, Required: true, Help: "What it is signed with, whsec_ and base64 of 24 to 64 bytes: ${env:NAME} or ${file:PATH}.", Example: "${env:KEYTURN_WEBHOOK_SECRET}"},
			{Name: "formerSecret", Kind: notify.Secret, Help: "A second one to sign with, while receivers change from one to the other.", Example: "${env:KEYTURN_WEBHOOK_FORMER_SECRET}"},
		},
		Limits: []string{
			"It counts as sent when the answer is 2xx within 20 seconds. Redirects aren't followed.",
			"The same notice may come twice, with the same webhook-id: drop the second.",
			"Chats such as Teams and Slack want JSON of their own kind; put a flow or a function between.",
		},
		Codes: []problem.Meaning{
			{Code: "webhook.setting", Text: "A setting of the webhook can't be meant.", Fix: "See the reason beside it."},
			{Code: "webhook.unreachable", Text: "Nobody answers at the webhook's address.", Fix: "Check the address, network.proxy and network.caFile."},
			{Code: "webhook.refused", Text: "The webhook's receiver answered that it didn't take the notice.", Fix: "Look into the receiver's log; check the address and the secret."},
		},
		Sources: []string{"https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"},
	}
}
