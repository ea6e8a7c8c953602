package config

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(kinds(), ways()...)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("keyturn.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("keyturn.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchemaAgreesWithTheDecoder(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	tests := map[string]struct {
		change []string
		good   bool
	}{
		"the sample":                {good: true},
		"an unknown key":            {change: []string{"cloud:", "clowd:"}},
		"an unknown cloud":          {change: []string{"cloud: public", "cloud: moon"}},
		"a duration in words":       {change: []string{"180d", "half a year"}},
		"a bare zero":               {change: []string{"over: 60s", "over: 0"}, good: true},
		"an unknown target":         {change: []string{"keyVaultSecret", "keyVault"}},
		"a target without its name": {change: []string{", secret: appSecret", ""}},
		"no tenant":                 {change: []string{"tenant: contoso.onmicrosoft.com", ""}},
		"a window":                  {change: []string{"store:", "window: x\nstore:"}},
		"people who are told":       {change: []string{"store:", notified("host: s, port: 25, to: [ a ], tls: none, password: \"${env:X}\"")}, good: true},
		"a heartbeat":               {change: []string{"store:", "notify: { heartbeat: https://beat.example/x }\nstore:"}, good: true},
		"nobody to tell":            {change: []string{"store:", notified("host: s, to: []")}},
		"a secret in the file":      {change: []string{"store:", notified("host: s, to: [ a ], password: hunter2")}},
		"an unknown protection":     {change: []string{"store:", notified("host: s, to: [ a ], tls: ssl")}},
		"a port in words":           {change: []string{"store:", notified("host: s, to: [ a ], port: smtp")}},
		"an unknown notifier":       {change: []string{"store:", "notify: { pigeon: {} }\nstore:"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := sample
			if len(test.change) == 2 {
				text = strings.Replace(text, test.change[0], test.change[1], 1)
			}
			var document any
			if err := yaml.Unmarshal([]byte(text), &document); err != nil {
				t.Fatal(err)
			}
			_, refused := Parse("f", []byte(text), kinds(), ways()...)
			if err := schema.Validate(document); (err == nil) != test.good || (refused == nil) != test.good {
				t.Errorf("want good %v, schema says %v, decoder says %v", test.good, err, refused)
			}
		})
	}
}

// notified is what stands before the store in a file that names a mail server.
func notified(settings string) string { return "notify: { mail: { " + settings + " } }\nstore:" }
