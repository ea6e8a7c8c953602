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
	if got := scrub(strings.Repeat("word ", 200)); len(got) > longest+3 {
		t.Errorf("%d characters are too many", len(got))
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
