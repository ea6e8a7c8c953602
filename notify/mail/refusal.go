package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/textproto"
	"strings"

	smtp "github.com/wneessen/go-mail"

	"keyturn/problem"
	"keyturn/secret"
)

// classify turns what the library gives into a problem. A server's answer is judged by its code.
// Source: https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1, https://www.rfc-editor.org/rfc/rfc4954#section-6 (read
// 2026-11-25).
func (m *Mail) classify(err error) error {
	found := &problem.Error{
		Class: problem.Retry, Code: "mail.unreachable", Subject: "mail server " + m.Host, Message: m.scrub(err),
		Fix: "check host and port below notify.mail, and whether this machine may reach them",
	}
	var answer *textproto.Error
	var sending *smtp.SendError
	switch {
	case errors.As(err, &answer) && isSignIn(answer.Code):
		found.Class, found.Code = problem.Person, "mail.signin"
		found.Fix = "check username and password below notify.mail, and whether the account may send by SMTP"
	case errors.As(err, &sending), answer != nil:
		found.Code, found.Fix = "mail.refused", "read the reason: mostly from or to below notify.mail isn't allowed"
		if answer != nil && answer.Code >= 500 || sending.ErrorCode() >= 500 {
			found.Class = problem.Person
		}
	case isTLS(err):
		found.Class, found.Code = problem.Person, "mail.tls"
		found.Fix = "check host and tls below notify.mail; a company authority belongs into network.caFile"
	}
	return found
}

// isSignIn reports whether a code says that who signs in isn't let in.
func isSignIn(code int) bool {
	switch code {
	case 454, 530, 534, 535, 538:
		return true
	}
	return false
}

func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var alert tls.AlertError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &alert) || errors.As(err, &unknown)
}

// scrub is the text of err on one line, without the password that a server might repeat.
func (m *Mail) scrub(err error) string {
	text := oneLine(err.Error())
	if value := m.Password.Reveal(); value != "" {
		text = strings.ReplaceAll(text, value, secret.Redacted)
	}
	return text
}
