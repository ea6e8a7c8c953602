package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keyturn/check"
	"keyturn/credential"
)

// VaultCertificate is a certificate in a Key Vault.
type VaultCertificate struct {
	Vault    string
	Name     string
	Versions []VaultCertificateVersion
	// AutoRenew is so long before its end the vault renews it by itself; 0 = it doesn't, or that can't be read.
	AutoRenew time.Duration
}

// VaultCertificateVersion is one version of a certificate.
type VaultCertificateVersion struct {
	Thumbprint   string // SHA-1, hex, upper case; "" = the vault lets us see dates only
	Created, End time.Time
}

// latest is the version that the vault hands out.
func (c VaultCertificate) latest() VaultCertificateVersion {
	return slices.MaxFunc(c.Versions, func(a, b VaultCertificateVersion) int { return a.Created.Compare(b.Created) })
}

// on returns the app's certificate that is this version: by thumbprint, else by the end, which no two share in practice.
func (v VaultCertificateVersion) on(app credential.App) (credential.Credential, bool) {
	for _, c := range app.Certificates() {
		if v.Thumbprint != "" && c.Thumbprint != "" && strings.EqualFold(v.Thumbprint, c.Thumbprint) {
			return c, true
		}
		if (v.Thumbprint == "" || c.Thumbprint == "") && v.End.Sub(c.End).Abs() < time.Minute {
			return c, true
		}
	}
	return credential.Credential{}, false
}

// belongsTo reports whether any version of the certificate was ever made known to the app.
func (c VaultCertificate) belongsTo(app credential.App) bool {
	return slices.ContainsFunc(c.Versions, func(v VaultCertificateVersion) bool { _, ok := v.on(app); return ok })
}

// CheckCertificates compares the app's certificates with those of the vaults in which its secret lies. It gives warnings
// only: nothing here stops the renewal of a secret, yet each breaks sign-ins that a fresh secret doesn't mend. An app
// without certificates gives nothing.
func CheckCertificates(app credential.App, vaults []VaultCertificate, now time.Time, within time.Duration) []check.Check {
	found := checkRegistered(app, now, within)
	for _, c := range vaults {
		if len(c.Versions) > 0 && c.belongsTo(app) {
			found = append(found, checkVault(app, c, now, within)...)
		}
	}
	if len(found) == 0 && len(app.Certificates()) > 0 {
		last := slices.MaxFunc(app.Certificates(), func(a, b credential.Credential) int { return a.End.Compare(b.End) })
		found = append(found, check.Pass("cert", app.Name, "the app's certificate ends on "+day(last.End)))
	}
	return found
}

// checkRegistered looks at the directory's side alone.
func checkRegistered(app credential.App, now time.Time, within time.Duration) []check.Check {
	var found []check.Check
	certificates := app.Certificates()
	for _, c := range certificates {
		if StateOf(c, now, within) == Due {
			found = append(found, check.Warn("cert", subjectOf(c), CertExpiring,
				fmt.Sprintf("this certificate of %s ends on %s; a fresh secret doesn't help what signs in with it", app.Name, day(c.End)),
				"make a new certificate and add it to the app before that day, then put it where the old one is used"))
		}
	}
	if len(certificates) > 0 && !anyWorks(app, credential.Certificate, now) {
		last := slices.MaxFunc(certificates, func(a, b credential.Credential) int { return a.End.Compare(b.End) })
		found = append(found, check.Warn("cert", app.Name, CertExpired,
			"every certificate of the app has expired, the last on "+day(last.End)+": what signs in with one fails now",
			"make a new certificate and add it to the app, then put it where the old one is used"))
	}
	return found
}

// checkVault looks at one certificate of a vault that the app knows a version of.
func checkVault(app credential.App, c VaultCertificate, now time.Time, within time.Duration) []check.Check {
	subject := "certificate " + c.Name + " in vault " + c.Vault
	latest := c.latest()
	if _, registered := latest.on(app); !registered {
		return []check.Check{check.Warn("cert.vault", subject, CertUnregistered, fmt.Sprintf(
			"its newest version, made on %s, isn't registered on %s: whatever reads it from the vault fails to sign in (AADSTS700027)%s",
			day(latest.Created), app.Name, byDates(latest)),
			fmt.Sprintf("add the public part of the newest version to the app: az ad app credential reset --id %s --cert %s --keyvault %s --append", app.ClientID, c.Name, c.Vault))}
	}
	renewal := latest.End.Add(-c.AutoRenew)
	if c.AutoRenew > 0 && !now.Before(renewal.Add(-within)) && now.Before(latest.End) {
		return []check.Check{check.Warn("cert.vault", subject, CertAutoRenew, fmt.Sprintf(
			"the vault renews it by itself on %s, %s before its end, and tells nobody: from then on its newest version isn't registered on %s",
			day(renewal), span(c.AutoRenew), app.Name),
			fmt.Sprintf("add the new version to the app as soon as it is there: az ad app credential reset --id %s --cert %s --keyvault %s --append", app.ClientID, c.Name, c.Vault))}
	}
	return nil
}

func byDates(v VaultCertificateVersion) string {
	if v.Thumbprint != "" {
		return ""
	}
	return " (judged by its dates, since this identity may not read the vault's certificates)"
}

func subjectOf(c credential.Credential) string {
	if c.DisplayName == "" {
		return string(c.Kind) + " " + c.KeyID
	}
	return fmt.Sprintf("%s %q (%s)", c.Kind, c.DisplayName, c.KeyID)
}
