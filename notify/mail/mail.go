package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"strings"
	"time"

	smtp "github.com/wneessen/go-mail"

	"keyturn/notice"
	"keyturn/notify"
	"keyturn/problem"
	"keyturn/secret"
)

// Config is the block below notify.mail.
type Config struct {
	Host     string       `yaml:"host"`
	Port     int          `yaml:"port"`
	TLS      string       `yaml:"tls"`
	From     string       `yaml:"from"`
	To       []string     `yaml:"to"`
	Username string       `yaml:"username"`
	Password secret.Value `yaml:"password"`
}

// Parts are what the notifier is built on.
type Parts struct {
	Roots  *x509.CertPool   // authorities that are trusted; nil = the machine's
	Now    func() time.Time // the machine's clock, for the date of a message
	Log    *slog.Logger     // hears of addresses that were refused beside others that weren't
	Tenant string           // whose applications the notices speak of
}

// Mail hands notices to one mail server.
type Mail struct {
	Config
	Parts
	from *mail.Address
	to   []*mail.Address
}

var (
	_ notify.Notifier = (*Mail)(nil)
	_ notify.Digester = (*Mail)(nil)
)

// step is how long the server may take for one step of the conversation. RFC 5321 wants minutes; a server that needs
// them is asked again later.
const step = 20 * time.Second

// New checks the settings and contacts nobody. What they can't mean is a Person problem.
func New(c Config, parts Parts) (*Mail, error) {
	c.TLS = cmp.Or(c.TLS, startTLS)
	c.Port = cmp.Or(c.Port, map[string]int{startTLS: 587, implicit: 465, none: 25}[c.TLS])
	m := &Mail{Config: c, Parts: parts}
	switch {
	case c.Port < 1 || c.Port > 65535:
		return nil, setting("port", "there is no such port")
	case c.TLS == none && !notify.OnThisMachine(c.Host):
		return nil, setting("tls", "none is for a mail server on this machine alone: write starttls or implicit")
	case c.Username == "" && !c.Password.IsZero():
		return nil, setting("username", "a password is of no use without it")
	}
	var err error
	if m.from, err = address(c.From); err != nil {
		return nil, setting("from", err.Error())
	}
	m.from.Name = cmp.Or(m.from.Name, "Keyturn")
	for _, text := range c.To {
		one, err := address(text)
		if err != nil {
			return nil, setting("to", err.Error())
		}
		m.to = append(m.to, one)
	}
	return m, nil
}

func setting(name, why string) error {
	return problem.NeedsPerson("mail.setting", name, why, "see docs/notices.md")
}

func address(text string) (*mail.Address, error) {
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return nil, fmt.Errorf("%q isn't a mail address", text)
	}
	return parsed, nil
}

// Code implements [notify.Notifier].
func (m *Mail) Code() string { return Code }

// Send implements [notify.Notifier].
func (m *Mail) Send(ctx context.Context, n notice.Notice) error {
	return m.carry(ctx, letter{id: n.ID, thread: n.Subject, title: n.Title, body: body(n, m.Tenant)})
}

// Digest implements [notify.Digester]. The message bears the first notice's id.
func (m *Mail) Digest(ctx context.Context, notices []notice.Notice) error {
	return m.carry(ctx, digest(notices, m.Tenant))
}

// carry sends one letter to everybody over one connection. It went well when the server took it for anybody: sending it
// to all again for the sake of one wrong address would help nobody.
func (m *Mail) carry(ctx context.Context, l letter) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	client, err := m.client(ctx)
	if err != nil {
		return m.classify(err)
	}
	var messages []*smtp.Msg
	for _, to := range m.to {
		message, err := m.message(l, to)
		if err != nil {
			return m.classify(err)
		}
		messages = append(messages, message)
	}
	err = client.DialAndSendWithContext(ctx, messages...)
	taken := 0
	for i, message := range messages {
		if message.IsDelivered() {
			taken++
		} else if message.HasSendError() {
			m.Log.Warn("a mail address was refused", "recipient", m.to[i].Address, "error", m.scrub(message.SendError()))
		}
	}
	if taken > 0 {
		return nil // what failed after that, such as the good-bye, changes nothing
	}
	return m.classify(errors.Join(err, context.Cause(ctx)))
}

// client is one conversation with the server, which ends with ctx.
func (m *Mail) client(ctx context.Context) (*smtp.Client, error) {
	secured := &tls.Config{ServerName: m.Host, RootCAs: m.Roots, MinVersion: tls.VersionTLS12}
	options := []smtp.Option{
		smtp.WithPort(m.Port), smtp.WithTimeout(step), smtp.WithTLSConfig(secured), smtp.WithDialContextFunc(m.dialer(ctx, secured)),
	}
	switch m.TLS {
	case startTLS:
		options = append(options, smtp.WithTLSPolicy(smtp.TLSMandatory))
	default:
		options = append(options, smtp.WithTLSPolicy(smtp.NoTLS)) // the connection is as it is to be from its beginning
	}
	if m.Username != "" {
		options = append(options, smtp.WithUsername(m.Username), smtp.WithPassword(m.Password.Reveal()),
			smtp.WithOpportunisticSMTPAuth(smtp.SMTPAuthSCRAMSHA256, smtp.SMTPAuthPlain, smtp.SMTPAuthLogin, smtp.SMTPAuthCramMD5))
	}
	return smtp.NewClient(m.Host, options...)
}

// dialer opens connections that are cut when whole ends: the library looks at a context while it connects alone.
func (m *Mail) dialer(whole context.Context, secured *tls.Config) smtp.DialContextFunc {
	return func(ctx context.Context, network, to string) (net.Conn, error) {
		plain, err := (&net.Dialer{Timeout: step}).DialContext(ctx, network, to)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(whole, func() { _ = plain.Close() })
		if m.TLS != implicit {
			return plain, nil
		}
		conn := tls.Client(plain, secured)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		return conn, nil
	}
}

// message is l for one person.
func (m *Mail) message(l letter, to *mail.Address) (*smtp.Msg, error) {
	message := smtp.NewMsg(smtp.WithNoDefaultUserAgent())
	if err := message.From(m.from.String()); err != nil {
		return nil, err
	}
	if err := message.To(to.String()); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	message.SetMessageIDWithValue(l.id + "@" + domain)
	message.SetGenHeader(smtp.HeaderReferences, "<"+threadOf(l.thread)+"@"+domain+">") // one conversation for each subject
	message.SetGenHeader("Auto-Submitted", "auto-generated")                           // RFC 3834: nobody's holiday reply comes back
	message.SetDateWithValue(m.Now())
	message.Subject("Keyturn: " + oneLine(l.title))
	message.SetBodyString(smtp.TypeTextPlain, l.body)
	return message, nil
}
