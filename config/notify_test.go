package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keyturn/notify"
	"keyturn/secret"
)

func ways() []notify.Descriptor {
	return []notify.Descriptor{{Code: "mail", Fields: []notify.Field{
		{Name: "host", Kind: notify.Text, Required: true, Example: "smtp"},
		{Name: "port", Kind: notify.Number},
		{Name: "tls", Kind: notify.Text, Choices: []string{"starttls", "none"}},
		{Name: "to", Kind: notify.List, Required: true, Example: "[ a@b ]"},
		{Name: "password", Kind: notify.Secret},
	}}}
}

type mailBlock struct {
	Host     string       `yaml:"host"`
	Port     int          `yaml:"port"`
	TLS      string       `yaml:"tls"`
	To       []string     `yaml:"to"`
	Password secret.Value `yaml:"password"`
}

const goodNotify = `tenant: contoso.onmicrosoft.com
notify:
  heartbeat: ${env:BEAT}
  mail:
    host: smtp.contoso.com
    port: 587
    to: [ anna@contoso.com ]
    password: ${file:secrets/mail}
`

func TestSecretsComeFromElsewhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "keyturn.yaml")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("keyturn.yaml", goodNotify)
	write("secrets/mail", "the password\r\n")
	loaded, err := Load(path, nil, ways()...)
	if err != nil {
		t.Fatal(err)
	}
	var got mailBlock
	environment := func(name string) string { return map[string]string{"BEAT": "https://beat/x"}[name] }
	if err := loaded.Notify.Notifiers[0].Fetch(environment, &got); err != nil {
		t.Fatal(err)
	}
	for _, saved := range []string{"\xEF\xBB\xBFthe password\r\n", "\xFF\xFEt\x00h\x00e\x00 \x00\xFC\x00\r\x00\n\x00"} { // by Notepad; by PowerShell's >
		write("secrets/mail", saved)
		var again mailBlock
		if err := loaded.Notify.Notifiers[0].Fetch(environment, &again); err != nil || again.Password.Reveal() != "the password" && again.Password.Reveal() != "the ü" {
			t.Errorf("%q is read as %q: %v", saved, again.Password.Reveal(), err)
		}
	}
	if got.Password.Reveal() != "the password" || got.Host != "smtp.contoso.com" || got.Port != 587 || got.To[0] != "anna@contoso.com" {
		t.Errorf("read %+v, password %q", got, got.Password.Reveal())
	}
	beat, err := loaded.Notify.Heartbeat.Address(environment)
	if err != nil || beat.Reveal() != "https://beat/x" || !loaded.Notify.On() {
		t.Errorf("the heartbeat goes to %q: %v", beat.Reveal(), err)
	}
	if err := loaded.Notify.Notifiers[0].Decode(&got); err != nil {
		t.Errorf("the form alone: %v", err)
	}

	_, missing := loaded.Notify.Heartbeat.Address(func(string) string { return "" })
	wantAt(t, missing, 3, 14, "the variable BEAT of the environment isn't set")
	write("secrets/mail", "\n")
	wantAt(t, loaded.Notify.Notifiers[0].Fetch(environment, &got), 8, 15, "is empty")
	if err := os.Remove(filepath.Join(folder, "secrets", "mail")); err != nil {
		t.Fatal(err)
	}
	wantAt(t, loaded.Notify.Notifiers[0].Fetch(environment, &got), 8, 15, "can't be read")
}

func wantAt(t *testing.T, err error, line, column int, message string) {
	t.Helper()
	var told *Problems
	if !errors.As(err, &told) || len(told.List) != 1 {
		t.Fatalf("error %v isn't one problem", err)
	}
	if got := told.List[0]; got.Line != line || got.Column != column || !strings.Contains(got.Message, message) {
		t.Errorf("problem %+v, want %d:%d %s", got, line, column, message)
	}
}

func TestWhatIsWrongBelowNotify(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"a notifier that isn't one":   {"slack: { url: x }", `unknown key "slack" in notify; known here: heartbeat, mail`},
		"a setting that isn't one":    {"mail: { host: s, to: [ a ], pasword: x }", `unknown key "pasword" in notify.mail; did you mean "password"?`},
		"a setting that is missing":   {"mail: { host: s }", `"to" is missing in mail; add to: [ a@b ]`},
		"a list without an entry":     {"mail: { host: s, to: [] }", `"to" is empty`},
		"a value that isn't taken":    {"mail: { host: s, to: [ a ], tls: ssl }", `"ssl" isn't a value of "tls"; one of starttls, none`},
		"a number that isn't one":     {"mail: { host: s, to: [ a ], port: smtp }", "isn't a whole number"},
		"a secret in the file":        {`mail: { host: s, to: [ a ], password: hunter2hunter2 }`, "a secret doesn't stand in this file; write ${env:NAME}"},
		"a reference with words":      {`mail: { host: s, to: [ a ], password: "x${env:hunter2hunter2}" }`, "a secret doesn't stand in this file"},
		"a reference to nothing":      {`mail: { host: s, to: [ a ], password: "${env:}" }`, "a secret doesn't stand in this file"},
		"a reference of no kind":      {`mail: { host: s, to: [ a ], password: "${vault:x}" }`, "a secret doesn't stand in this file"},
		"a list in a secret's place":  {`mail: { host: s, to: [ a ], password: [ hunter2hunter2 ] }`, "expected a reference to a secret here"},
		"a reference where none fits": {`mail: { host: "${env:HOST}", to: [ a ] }`, "are read only where a secret of Keyturn's own stands"},
		"nothing":                     {"mail:", "expected keys with values here, found nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("f", []byte("tenant: contoso.com\nnotify:\n  "+test.text+"\n"), nil, ways()...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the secret is repeated: %v", err)
			}
		})
	}
	if parsed, err := Parse("f", []byte("tenant: contoso.com\nnotify: { heartbeat: https://beat.example/x }\n"), nil, ways()...); err != nil || parsed.Notify.On() {
		t.Errorf("a heartbeat alone: %v", err)
	}
}
