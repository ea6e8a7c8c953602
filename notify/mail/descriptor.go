package mail

import (
	"keyturn/notify"
	"keyturn/problem"
)

// Code is the notifier's key in keyturn.yaml.
const Code = "mail"

// How a connection is protected, as the setting tls names it.
const (
	startTLS = "starttls"
	implicit = "implicit"
	none     = "none"
)

// Descriptor tells all about the notifier.
func Descriptor() notify.Descriptor {
	return notify.Descriptor{
		Code:    Code,
		Title:   "Mail",
		Summary: "Messages in plain text to one or more people, through a mail server.",
		Fields: []notify.Field{
			{Name: "host", Kind: notify.Text, Required: true, Help: "Name of the mail server.", Example: "smtp.office365.com"},
			{Name: "port", Kind: notify.Number, Help: "Its port. Without it, 587 for starttls, 465 for implicit, 25 for none.", Example: "587"},
			{Name: "tls", Kind: notify.Text, Choices: []string{startTLS, implicit, none}, Help: "How the connection is protected, default starttls. none is for a mail server on this machine alone.", Example: startTLS},
			{Name: "from", Kind: notify.Text, Required: true, Help: "The sender's address, with or without a name.", Example: "Keyturn <keyturn@contoso.com>"},
			{Name: "to", Kind: notify.List, Required: true, Help: "Who is told: addresses. Each gets a message of their own.", Example: "[ admins@contoso.com ]"},
			{Name: "username", Kind: notify.Text, Help: "Who signs in to the mail server. Without it nobody does.", Example: "keyturn@contoso.com"},
			{Name: "password", Kind: notify.Secret, Help: "The password for it: ${env:NAME} or ${file:PATH}.", Example: "${env:KEYTURN_MAIL_PASSWORD}"},
		},
		Limits: []string{
			"A message counts as sent once the server has taken it for at least one address; one that is refused is told in the log. What becomes of it afterwards isn't known.",
			"Sign-in is by user name and password (SCRAM-SHA-256, PLAIN, LOGIN, CRAM-MD5). Servers that want OAuth alone, as Exchange Online does unless told otherwise, need a relay or a connector that lets this machine in.",
			"It doesn't go through network.proxy. It trusts the authorities of network.caFile.",
		},
		Codes: []problem.Meaning{
			{Code: "mail.setting", Text: "A setting of the mail server can't be meant.", Fix: "See the reason beside it."},
			{Code: "mail.unreachable", Text: "The mail server doesn't answer.", Fix: "Check host and port, and whether this machine may reach it."},
			{Code: "mail.tls", Text: "The mail server's certificate isn't trusted, or it speaks TLS otherwise than tls says.", Fix: "Check host and tls; name a company authority in network.caFile."},
			{Code: "mail.signin", Text: "The mail server refuses the user name or the password.", Fix: "Check username and password, and whether the account may send by SMTP."},
			{Code: "mail.refused", Text: "The mail server refuses the message, for the reason quoted.", Fix: "Read the reason: mostly the sender or the recipients aren't allowed."},
		},
		Sources: []string{
			"https://www.rfc-editor.org/rfc/rfc5321",
			"https://www.rfc-editor.org/rfc/rfc8314",
			"https://www.rfc-editor.org/rfc/rfc3834",
		},
	}
}
