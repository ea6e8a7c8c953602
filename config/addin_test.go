package config

import (
	"strings"
	"testing"
	"time"
)

// addInFile is a configuration with one add-in, whose sharePoint block and more lines are given.
func addInFile(lines ...string) string {
	text := "tenant: t\napplications:\n  helpdesk:\n    clientId: 7f0d7f0d-1111-2222-3333-444444444444\n    targets:\n      - keyVaultSecret: { vault: v, secret: s }\n"
	for _, line := range lines {
		text += "    " + line + "\n"
	}
	return text
}

func TestAnAddInsBlock(t *testing.T) {
	t.Parallel()
	const site = "site: https://contoso.sharepoint.com"
	for name, c := range map[string]struct {
		lines   []string
		keep    time.Duration
		forUser bool
		refused string
	}{
		"only a site":             {lines: []string{"issuer: sharepoint", "sharePoint: { " + site + " }"}, keep: 7 * 24 * time.Hour},
		"all that there is":       {lines: []string{"issuer: sharepoint", "sharePoint: { " + site + ", keep: 30d, appOnly: false }"}, keep: 30 * 24 * time.Hour, forUser: true},
		"appOnly, as it is":       {lines: []string{"issuer: sharepoint", "sharePoint: { " + site + ", appOnly: true }"}, keep: 7 * 24 * time.Hour},
		"kept for too short":      {lines: []string{"issuer: sharepoint", "sharePoint: { " + site + ", keep: 1h }"}, refused: "an old secret can't be kept for 1h after its end; write from 1d to 90d"},
		"kept for too long":       {lines: []string{"issuer: sharepoint", "sharePoint: { " + site + ", keep: 91d }"}, refused: "write from 1d to 90d"},
		"no block":                {lines: []string{"issuer: sharepoint"}, refused: "doesn't say on which site the add-in is"},
		"a block of an Entra app": {lines: []string{"sharePoint: { " + site + " }"}, refused: "sharePoint is for add-ins alone"},
		"a life of four years":    {lines: []string{"issuer: sharepoint", "sharePoint: { " + site + " }", "policy: { lifetime: 1460d }"}, refused: "an add-in's secret lives three years at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, err := Parse("keyturn.yaml", []byte(addInFile(c.lines...)), kinds())
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("%v, want %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			app := read.Applications[0]
			if app.Keep != c.keep || app.ForUser != c.forUser || app.Site != "https://contoso.sharepoint.com" {
				t.Errorf("%+v", app)
			}
		})
	}
}
