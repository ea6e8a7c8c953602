package cloud

import (
	"strings"
	"testing"
)

func TestScrubHidesValuesAndKeepsIds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cannot read abc8Q~planted-value-that-must-not-show.":         "cannot read [redacted]",
		"value 'bm90LWEtc2VjcmV0LWJ1dC1sb25nLWVub3VnaA==' is bad":     "value '[redacted]' is bad",
		"app 7f0d0a3e-1111-4222-8333-444455556666 has no right":       "app 7f0d0a3e-1111-4222-8333-444455556666 has no right",
		"DecisionReason: 'DeniedWithNoValidRBAC'":                     "DecisionReason: 'DeniedWithNoValidRBAC'",
		"two\r\nlines  here.":                                         "two lines here",
		"AADSTS1: Bad. Trace ID: 1 Correlation ID: 2 Timestamp: 3":    "AADSTS1: Bad",
		"Vault kv-provassist.vault.azure.net in /subscriptions/s/x":   "Vault kv-provassist.vault.azure.net in /subscriptions/s/x",
		"action 'Microsoft.KeyVault/vaults/secrets/setSecret/action'": "action 'Microsoft.KeyVault/vaults/secrets/setSecret/action'",
	} {
		if got := scrub(text); got != want {
			t.Errorf("scrub(%q) = %q, want %q", text, got, want)
		}
	}
	if got := scrub(strings.Repeat("word ", 200)); len(got) > longest+3 || !strings.HasSuffix(got, "...") {
		t.Errorf("%d characters are too many, or nothing says that there were more: %s", len(got), got)
	}
	scope := "/subscriptions/86f5a821-ad96-40fd-ae04-4a5df8d7cee5/resourceGroups/" + strings.Repeat("g", 90) + "/providers/Microsoft.Web/connections/" + strings.Repeat("c", 80)
	missing := "The client '9e9ff543-a676-4db8-a33a-d8adaa5f86de' with object id '0f1c73d6-6ce7-4f93-9264-bb603c8a3e60' does not have authorization to perform " +
		"action 'Microsoft.Web/connections/read' over scope '" + scope + "' or the scope is invalid. If access was recently granted, please refresh your credentials."
	if !strings.Contains(scrub(missing), "'"+scope+"'") {
		t.Errorf("where the right is missing isn't told: %s", scrub(missing))
	}
}

func FuzzReadingARefusalNeverFails(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"code":"x","innerError":{"code":"y"}}}`, `{"Code":1,"Details":{"Code":"z"}}`, `{"error":"invalid_client","error_codes":["x"]}`, `[]`, ``, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &Refusal{Status: 400}
		r.read(body)
		if classifyRefusal(r, "x") == nil || strings.ContainsAny(r.Text, "\n\r") {
			t.Errorf("%q", body)
		}
	})
}
