package mail

import (
	"bytes"
	"crypto/x509"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"keyturn/notify/notifytest"
	"keyturn/notify/notifytest/mailtest"
	"keyturn/problem"
	"keyturn/secret"
)

func config(s *mailtest.Server, way string) Config {
	return Config{
		Host: s.Host, Port: s.Port, TLS: way, From: "keyturn@contoso.com", To: []string{"Anna <anna@contoso.com>"},
		Username: mailtest.User, Password: secret.New(mailtest.Password),
	}
}

func parts(s *mailtest.Server) Parts {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA)
	return Parts{Roots: roots, Now: time.Now, Log: slog.New(slog.DiscardHandler), Tenant: "contoso.onmicrosoft.com"}
}

func made(t *testing.T, c Config, p Parts) *Mail {
	t.Helper()
	m, err := New(c, p)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExercise(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]string{"with STARTTLS": startTLS, "with TLS from the first byte": implicit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notifytest.Exercise(t, func(t *testing.T) notifytest.Bench {
				s := mailtest.Start(t, way == implicit, false)
				return notifytest.Bench{
					Notifier: made(t, config(s, way), parts(s)), Secrets: []string{mailtest.Password},
					Received: func() []notifytest.Received { return received(t, s) },
					Refuse:   func(refuse bool) { s.Refuse("", refuse) },
					Hang:     func() { s.Hold() },
					Vanish:   s.Vanish,
				}
			})
		})
	}
}

func TestDescribes(t *testing.T) { t.Parallel(); notifytest.Describes(t, Descriptor()) }

// received reads what the server took as a mail program would.
func received(t *testing.T, s *mailtest.Server) []notifytest.Received {
	t.Helper()
	var list []notifytest.Received
	for _, taken := range s.Taken() {
		if !taken.TLS || taken.User == "" {
			t.Errorf("it came without protection or sign-in: %+v", taken)
		}
		head, body := read(t, taken.Data)
		list = append(list, notifytest.Received{ID: head.Get("Message-Id"), Text: head.Get("Subject") + "\n" + body, Raw: taken.Data})
	}
	return list
}

func read(t *testing.T, data string) (netmail.Header, string) {
	t.Helper()
	message, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(data, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d characters", len(line))
		}
	}
	if got := message.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
		t.Fatalf("the text is written as %s", got)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	message.Header["Subject"] = []string{subject}
	return message.Header, string(body)
}

func TestAMessageIsOneThatPeopleLikeToRead(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false, false)
	n := notifytest.Sample()
	if err := made(t, config(s, startTLS), parts(s)).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	head, body := read(t, s.Taken()[0].Data)
	for name, want := range map[string]string{
		"From": `"Keyturn" <keyturn@contoso.com>`, "To": `"Anna" <anna@contoso.com>`, "Auto-Submitted": "auto-generated",
		"Message-Id": "<" + n.ID + "@contoso.com>", "Subject": "Keyturn: " + n.Title,
	} {
		if got := head.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	const want = `The Automation variable appSecret was changed by somebody else.

Second paragraph, für alle.

What to do:

    keyturn resume provision-assist --overwrite

By when: 20 December 2026, 00:00 UTC

-- 
Keyturn, which renews client secrets of contoso.onmicrosoft.com. You are told once, and again when it is over.
`
	if got := strings.ReplaceAll(body, "\r\n", "\n"); !strings.HasPrefix(got, want) {
		t.Errorf("it reads\n%s", got)
	}
}

func TestOneSubjectIsOneConversation(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false, false)
	m := made(t, config(s, startTLS), parts(s))
	other := notifytest.Sample()
	other.Subject = "app other"
	for _, n := range []struct{ subject string }{{"app a"}, {"app a"}, {"app b"}} {
		sample := notifytest.Sample()
		sample.Subject = n.subject
		if err := m.Send(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
	}
	var threads []string
	for _, taken := range s.Taken() {
		head, _ := read(t, taken.Data)
		threads = append(threads, head.Get("References"))
	}
	if threads[0] != threads[1] || threads[0] == threads[2] || threads[0] == "" {
		t.Errorf("the messages belong to %q", threads)
	}
}

func TestOneWrongAddressKeepsNobodyFromBeingTold(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false, false)
	s.Refuse("gone@contoso.com", true)
	c, p := config(s, startTLS), parts(s)
	c.To = []string{"gone@contoso.com", "anna@contoso.com"}
	var log bytes.Buffer
	p.Log = slog.New(slog.NewTextHandler(&log, nil))
	if err := made(t, c, p).Send(t.Context(), notifytest.Sample()); err != nil {
		t.Fatal(err)
	}
	if taken := s.Taken(); len(taken) != 1 || taken[0].To[0] != "anna@contoso.com" {
		t.Errorf("taken %+v", taken)
	}
	if !strings.Contains(log.String(), "gone@contoso.com") {
		t.Errorf("the log doesn't name the address: %s", log.String())
	}
}

func TestWhatGoesWrongIsToldByItsCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		implicit bool
		change   func(*Config, *Parts)
		code     string
	}{
		"a wrong password":          {false, func(c *Config, _ *Parts) { c.Password = secret.New("another-password-of-mine") }, "mail.signin"},
		"no sign-in where one must": {false, func(c *Config, _ *Parts) { c.Username, c.Password = "", secret.Value{} }, "mail.refused"},
		"an unknown authority":      {false, func(_ *Config, p *Parts) { p.Roots = x509.NewCertPool() }, "mail.tls"},
		"an unknown authority, implicit": {true, func(c *Config, p *Parts) {
			c.TLS, p.Roots = implicit, x509.NewCertPool()
		}, "mail.tls"},
		"TLS where none is spoken": {false, func(c *Config, _ *Parts) { c.TLS = implicit }, "mail.tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.Start(t, c.implicit, false)
			settings, p := config(s, startTLS), parts(s)
			c.change(&settings, &p)
			err := made(t, settings, p).Send(t.Context(), notifytest.Sample())
			if !problem.Is(err, c.code) || strings.Contains(err.Error(), "password-of-mine") {
				t.Errorf("error %v, code %q", err, problem.Of(err).Code)
			}
		})
	}
}

func TestAServerOfThisMachineNeedsNoTLS(t *testing.T) {
	t.Parallel()
	s := mailtest.Start(t, false, true)
	c := Config{Host: s.Host, Port: s.Port, TLS: none, From: "keyturn@localhost.example", To: []string{"root@localhost.example"}}
	if err := made(t, c, parts(s)).Send(t.Context(), notifytest.Sample()); err != nil || len(s.Taken()) != 1 {
		t.Errorf("taken %d: %v", len(s.Taken()), err)
	}
}

func TestSettingsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	good := Config{Host: "smtp.contoso.com", From: "keyturn@contoso.com", To: []string{"anna@contoso.com"}}
	if m := made(t, good, Parts{}); m.TLS != startTLS || m.Port != 587 {
		t.Errorf("by default %s at port %d", m.TLS, m.Port)
	}
	for name, change := range map[string]func(*Config){
		"no protection to another machine": func(c *Config) { c.TLS = none },
		"a port that isn't one":            func(c *Config) { c.Port = 70000 },
		"a sender that isn't one":          func(c *Config) { c.From = "keyturn" },
		"a receiver that isn't one":        func(c *Config) { c.To = []string{"anna@contoso.com", "bob\r\nBcc: eve@contoso.com"} },
		"a password without a name":        func(c *Config) { c.Password = secret.New("x") },
	} {
		c := good
		change(&c)
		if _, err := New(c, Parts{}); !problem.Is(err, "mail.setting") || problem.Of(err).Subject == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
