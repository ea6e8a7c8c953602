package inventory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/arm"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/secret"
	"keyturn/simulator/world"
	"keyturn/target"
	"keyturn/target/apiconnection"
	"keyturn/target/automationvariable"
	"keyturn/target/keyvaultsecret"
	"keyturn/vault"
)

// told is a finding in one line.
func told(findings []inventory.Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s %s %s", f.Confidence, f.Kind, f.Title))
	}
	return lines
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got  %s\n want %s", what, strings.Join(got, "\n      "), strings.Join(want, "\n      "))
	}
}

func TestDiscoverFindsEveryPlaceOfProvisionAssist(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	report := r.discover(t)
	equal(t, "findings", told(report.Findings), []string{
		"guess keyVaultSecret kv-provassist/appSecret",
		"sure apiConnection provisionassist-automation",
		"sure apiConnection provisionassist-kv",
		"guess automationVariable provisionassist-auto/appSecret",
	})
	if report.LongestRecurrence() != 7*24*time.Hour {
		t.Errorf("the longest recurrence is %s, want a week", report.LongestRecurrence())
	}
	var readers []string
	for _, c := range report.Findings[0].Consumers {
		readers = append(readers, c.Name+", "+c.Trigger)
	}
	equal(t, "who reads the vault's secret", readers, []string{"ProcessProvisionRequest, every 1h"})
	if len(report.Findings[1].Consumers) != 3 || len(report.Findings[2].Consumers) != 7 {
		t.Errorf("the connections are used by %d and %d logic apps, want 3 and 7", len(report.Findings[1].Consumers), len(report.Findings[2].Consumers))
	}
	if len(report.Notes) != 0 {
		t.Errorf("notes: %q", report.Notes)
	}
	for _, line := range r.requests(t) {
		if !strings.HasPrefix(line, "GET ") && !strings.HasSuffix(line, "/token") {
			t.Errorf("discovery only reads, yet sent %s", line)
		}
	}
}

func TestDiscoverReadsNoValueWhenToldNotTo(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	report, err := r.finder().Discover(t.Context(), inventory.Query{App: r.app})
	if err != nil {
		t.Fatal(err)
	}
	last := report.Findings[len(report.Findings)-1]
	if last.Kind != inventory.KindVault || last.Confidence != inventory.Candidate || !strings.Contains(last.Why, "not read") {
		t.Errorf("last finding: %+v", last)
	}
	for _, line := range r.requests(t) {
		if strings.Contains(line, "vault.azure.net/secrets/") {
			t.Errorf("a secret was read: %s", line)
		}
	}
}

func TestDiscoverWhereClientIDsAreHidden(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	r.lever(t, "/_sim/switch", `{"name":"connection-parameters-hidden","value":"on"}`)
	report := r.discover(t)
	equal(t, "findings", told(report.Findings), []string{
		"guess keyVaultSecret kv-provassist/appSecret",
		"guess automationVariable provisionassist-auto/appSecret",
		"candidate apiConnection provisionassist-automation",
		"candidate apiConnection provisionassist-kv",
	})
	for _, f := range report.Findings[2:] {
		if !strings.HasPrefix(f.Why, "client ID unreadable") {
			t.Errorf("%s: %s", f.Title, f.Why)
		}
	}
	if lines := report.Findings[3].Block.Lines(); lines[len(lines)-1] != "      vaultName: kv-provassist" {
		t.Errorf("the vault of the hidden connection is known from its group, yet the block is %q", lines)
	}
}

func TestDiscoverToldOfTheVault(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	vaults := vault.New(r.session)
	value := secret.New("zzz-a-value-that-is-no-secret-of-the-app")
	tagged := vault.Draft{Value: value, Tags: map[string]string{vault.TagApp: strings.ToUpper(r.app.ClientID)}}
	if _, err := vaults.Set(t.Context(), "kv-provassist", "appSecret", tagged); err != nil {
		t.Fatal(err)
	}
	if _, err := vaults.Set(t.Context(), "kv-provassist", "other-secret", vault.Draft{Value: value}); err != nil {
		t.Fatal(err)
	}
	noted := map[string]string{"used by": "app " + r.app.ClientID}
	if _, err := vaults.Set(t.Context(), "kv-provassist", "plain", vault.Draft{Value: value, Tags: noted}); err != nil {
		t.Fatal(err)
	}
	typed := vault.Draft{Value: value, ContentType: "secret of " + r.app.ClientID}
	if _, err := vaults.Set(t.Context(), "kv-provassist", "by-type", typed); err != nil {
		t.Fatal(err)
	}
	report := r.discover(t)
	equal(t, "findings", told(report.Findings), []string{
		"sure keyVaultSecret kv-provassist/appSecret",
		"guess keyVaultSecret kv-provassist/by-type",
		"sure keyVaultSecret kv-provassist/plain",
		"sure apiConnection provisionassist-automation",
		"sure apiConnection provisionassist-kv",
		"guess automationVariable provisionassist-auto/appSecret",
		"candidate keyVaultSecret kv-provassist/other-secret",
	})
	if why := report.Findings[6].Why; !strings.Contains(why, "begins like none of its present secrets") {
		t.Errorf("a stale value is told as %q", why)
	}
	alone, err := r.finder().Discover(t.Context(), inventory.Query{App: r.app, Scopes: []string{"/subscriptions/" + r.Sample().Subscription + "/resourceGroups/elsewhere"}, Vaults: []string{"kv-provassist"}, Values: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(alone.Findings) == 0 || alone.Findings[0].Title != "kv-provassist/appSecret" {
		t.Errorf("a vault that a person names is looked into wherever it lies, yet: %q, notes %q", told(alone.Findings), alone.Notes)
	}
}

func TestPackSaysWhatTheManualForgets(t *testing.T) {
	for sample, c := range map[string]struct {
		forgotten []string
		absent    bool
	}{
		"provision-assist":    {[]string{"provisionassist-automation"}, false},
		"provision-assist-v2": {[]string{"provisionassist-automation"}, true},
	} {
		r := start(t, sample, world.Settings{})
		pack, ok := inventory.FindPack("Provision-Assist")
		if !ok {
			t.Fatal("the pack is gone")
		}
		judged := pack.Judge(r.discover(t))
		var forgotten []string
		for _, f := range judged.Findings {
			if f.Forgotten {
				forgotten = append(forgotten, f.Title)
			}
			if f.Manual == "" {
				t.Errorf("%s: %s is not judged", sample, f.Title)
			}
		}
		equal(t, sample+": places that the manual doesn't mention", forgotten, c.forgotten)
		absent := slices.ContainsFunc(judged.Notes, func(n string) bool { return strings.Contains(n, "only releases of 2023 have it") })
		if absent != c.absent {
			t.Errorf("%s: notes %q", sample, judged.Notes)
		}
	}
}

// What discovery proposes is a configuration that the strict reader takes and that makes targets.
func TestBlocksAreConfiguration(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	pack, _ := inventory.FindPack("provision-assist")
	report := pack.Judge(r.discover(t))
	text := "tenant: contoso.onmicrosoft.com\napplications:\n  provision-assist:\n    clientId: " + r.app.ClientID + "\n    targets:\n"
	for _, f := range report.Findings {
		for _, line := range f.Block.Lines() {
			text += "      " + line + "\n"
		}
	}
	kinds := []target.Descriptor{keyvaultsecret.Descriptor(), apiconnection.Descriptor(), automationvariable.Descriptor()}
	read, err := config.Parse("keyturn.yaml", []byte(text), kinds)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var probed apiconnection.Config
	if err := read.Applications[0].Targets[2].Decode(&probed); err != nil {
		t.Fatal(err)
	}
	if probed.Probe == nil || probed.Probe.Workflow != "CheckSiteExists" || probed.Parameters["vaultName"] != "kv-provassist" {
		t.Errorf("the connection that the manual names is proposed as %+v", probed)
	}
	var variable automationvariable.Config
	if err := read.Applications[0].Targets[3].Decode(&variable); err != nil {
		t.Fatal(err)
	}
	made, err := automationvariable.New(variable, arm.New(r.session), "")
	if err != nil {
		t.Fatal(err)
	}
	place := made.Place()
	open := report.Unconfirmed([]string{place.ID}, []string{strings.ToUpper(report.Findings[1].Resource)})
	equal(t, "unconfirmed", told(open), []string{"guess keyVaultSecret kv-provassist/appSecret", "sure apiConnection provisionassist-kv"})
}
