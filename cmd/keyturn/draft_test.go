package main

import (
	"strings"
	"testing"

	"keyturn/config"
	"keyturn/credential"
	"keyturn/inventory"
)

// What init writes is read by the strict decoder, whatever other people called their things.
func TestADraftIsAGoodConfiguration(t *testing.T) {
	t.Parallel()
	const id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Web/connections/"
	place := func(confidence inventory.Confidence, name string) inventory.Finding {
		return inventory.Finding{
			Kind: inventory.KindConnection, Title: name + "\n- evil: true", Resource: id + name, Confidence: confidence, Why: "because\ntargets: []",
			Block: inventory.Block{Kind: inventory.KindConnection, Fields: []inventory.Field{{Name: "resourceId", Text: id + name}}},
		}
	}
	settings := config.Default()
	settings.Tenant = "contoso.onmicrosoft.com"
	settings.Network = config.Network{Proxy: "http://127.0.0.1:8080", CAFile: `C:\ca "x".pem`}
	text := configurationText(draft{
		settings: settings, app: credential.App{ClientID: "7f0d7f0d-1111-2222-3333-444444444444", Name: "My: App #1\n  evil: 1"},
		report: inventory.Report{
			Findings: []inventory.Finding{place(inventory.Sure, "one"), place(inventory.Candidate, "two")},
			Notes:    []string{"a note\nover two lines"},
		},
	})
	read, err := config.Parse("f", []byte(text), descriptors())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(read.Applications) != 1 || read.Applications[0].Name != "my-app-1-evil-1" || len(read.Applications[0].Targets) != 1 {
		t.Errorf("read as %+v", read.Applications)
	}
	if read.Network.CAFile != settings.Network.CAFile {
		t.Errorf("the CA file became %q", read.Network.CAFile)
	}
	if !strings.Contains(text, "# - apiConnection:") {
		t.Errorf("the candidate isn't commented out:\n%s", text)
	}
}
