package inventory_test

import (
	"strings"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/simulator/world"
	"keyturn/vault"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	day  = 24 * time.Hour
	soon = 30 * day
)

func certificate(thumbprint string, days int) credential.Credential {
	return credential.Credential{
		KeyID: "id-" + thumbprint, Thumbprint: thumbprint, Kind: credential.Certificate,
		Start: noon.Add(-300 * day), End: noon.Add(time.Duration(days) * day),
	}
}

func version(thumbprint string, made, days int) inventory.VaultCertificateVersion {
	return inventory.VaultCertificateVersion{
		Thumbprint: thumbprint, Created: noon.Add(time.Duration(made) * day), End: noon.Add(time.Duration(days) * day),
	}
}

func codes(checks []check.Check) []string {
	var found []string
	for _, c := range checks {
		found = append(found, c.Code)
	}
	return found
}

func TestCheckCertificates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		app   []credential.Credential
		vault inventory.VaultCertificate
		want  []string
	}{
		"no certificate at all":     {nil, inventory.VaultCertificate{}, nil},
		"fine":                      {[]credential.Credential{certificate("AA", 200)}, inventory.VaultCertificate{Versions: []inventory.VaultCertificateVersion{version("aa", -10, 200)}, AutoRenew: 90 * day}, []string{"ok"}},
		"ends soon":                 {[]credential.Credential{certificate("AA", 20)}, inventory.VaultCertificate{}, []string{inventory.CertExpiring}},
		"has expired":               {[]credential.Credential{certificate("AA", -1)}, inventory.VaultCertificate{}, []string{inventory.CertExpired}},
		"one has, another works":    {[]credential.Credential{certificate("AA", -1), certificate("BB", 200)}, inventory.VaultCertificate{}, []string{"ok"}},
		"the vault has a newer one": {[]credential.Credential{certificate("AA", 80)}, inventory.VaultCertificate{Versions: []inventory.VaultCertificateVersion{version("BB", -5, 300), version("AA", -300, 80)}}, []string{inventory.CertUnregistered}},
		"the vault renews it soon":  {[]credential.Credential{certificate("AA", 110)}, inventory.VaultCertificate{Versions: []inventory.VaultCertificateVersion{version("AA", -255, 110)}, AutoRenew: 90 * day}, []string{inventory.CertAutoRenew}},
		"the vault renews it later": {[]credential.Credential{certificate("AA", 130)}, inventory.VaultCertificate{Versions: []inventory.VaultCertificateVersion{version("AA", -235, 130)}, AutoRenew: 90 * day}, []string{"ok"}},
		"another's certificate":     {[]credential.Credential{certificate("AA", 200)}, inventory.VaultCertificate{Versions: []inventory.VaultCertificateVersion{version("ZZ", -5, 300)}}, []string{"ok"}},
		"only dates show, and fit":  {[]credential.Credential{certificate("AA", 200)}, inventory.VaultCertificate{Versions: []inventory.VaultCertificateVersion{version("", -5, 200)}}, []string{"ok"}},
		"only dates show, newer":    {[]credential.Credential{certificate("AA", 80)}, inventory.VaultCertificate{Versions: []inventory.VaultCertificateVersion{version("", -5, 300), version("", -300, 80)}}, []string{inventory.CertUnregistered}},
		"a version without end":     {[]credential.Credential{certificate("AA", 80)}, inventory.VaultCertificate{Name: "empty"}, []string{"ok"}},
	} {
		app := credential.App{Name: "Provision Assist", ClientID: "c1", Credentials: c.app}
		got := inventory.CheckCertificates(app, []inventory.VaultCertificate{c.vault}, noon, soon)
		if strings.Join(codes(got), " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if len(check.Failed(got)) != 0 {
			t.Errorf("%s: a certificate stops no renewal of a secret, yet %v", name, check.Failed(got))
		}
	}
}

// The vault renews the certificate by itself and the app doesn't know: seen by thumbprint, and by dates alone where the
// vault's certificates are closed to us.
func TestCertificateRenewedByTheVaultIsFound(t *testing.T) {
	r := start(t, "provision-assist-expired", world.Settings{})
	certificates := inventory.NewCertificates(r.session, vault.New(r.session))
	before, err := certificates.In(t.Context(), "kv-provassist")
	if err != nil {
		t.Fatal(err)
	}
	now := r.World().Now()
	if got := codes(inventory.CheckCertificates(r.app, before, now, soon)); strings.Join(got, " ") != "ok" {
		t.Errorf("before: %v", got)
	}
	r.lever(t, "/_sim/switch", `{"name":"certificate-renewed","value":"on"}`)
	after, err := certificates.In(t.Context(), "kv-provassist")
	if err != nil {
		t.Fatal(err)
	}
	got := inventory.CheckCertificates(r.truth(t), after, now, soon)
	if len(got) != 1 || got[0].Code != inventory.CertUnregistered || !strings.Contains(got[0].Fix, "provisionassist-cert") {
		t.Errorf("after: %+v", got)
	}
}
